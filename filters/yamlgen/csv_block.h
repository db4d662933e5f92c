/* SPDX-License-Identifier: Apache-2.0 */
/* Which of 64 bytes end a plain field: the one place in yamlgen that knows of vector units. */
#ifndef WARPIPE_YAMLGEN_CSV_BLOCK_H
#define WARPIPE_YAMLGEN_CSV_BLOCK_H

#include <stdint.h>

enum { CSV_BLOCK = 64 };

/* One bit for each comma and newline of `block`, which has CSV_BLOCK bytes; the first byte's
 * is the lowest. */
static inline uint64_t block_ends(const char *block);

#if defined(__SSE2__)

#include <emmintrin.h>

static inline uint64_t
block_ends(const char *block)
{
	const __m128i comma = _mm_set1_epi8(','), newline = _mm_set1_epi8('\n');
	uint64_t ends = 0;

	for (int at = 0; at < CSV_BLOCK; at += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + at));
		__m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, comma),
		    _mm_cmpeq_epi8(bytes, newline));

		ends |= (uint64_t)(uint32_t)_mm_movemask_epi8(found) << at;
	}
	return ends;
}

#else

static inline uint64_t
block_ends(const char *block)
{
	uint64_t ends = 0;

	for (int at = 0; at < CSV_BLOCK; at++)
		ends |= (uint64_t)(block[at] == ',' || block[at] == '\n') << at;
	return ends;
}

#endif

#endif
