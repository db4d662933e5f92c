/* SPDX-License-Identifier: Apache-2.0 */
/* Which of sixteen bytes of JSON end a run of plain text or of digits: the one place in the
 * library that knows of vector units. */
#ifndef WARPIPE_STRING_BYTES_H
#define WARPIPE_STRING_BYTES_H

#include <stdint.h>

enum { STRING_BYTES = 16 };

/* One bit a byte, the first byte lowest: quotes, backslashes and, with string_stops, control
 * characters and bytes that are not ASCII. `at` has STRING_BYTES bytes. */
static inline uint32_t string_ends(const char *at);
static inline uint32_t string_stops(const char *at);

/* The same for digits. */
static inline uint32_t string_digits(const char *at);

/* Whether these are found at once, or byte by byte. */
#if defined(__SSE2__)
enum { STRING_VECTOR = 1 };
#else
enum { STRING_VECTOR = 0 };
#endif

#if defined(__SSE2__)

#include <emmintrin.h>

static inline __m128i
string_load(const char *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline __m128i
string_find_ends(__m128i bytes)
{
	return _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
	    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}

static inline uint32_t
string_ends(const char *at)
{
	return (uint32_t)_mm_movemask_epi8(string_find_ends(string_load(at)));
}

static inline uint32_t
string_stops(const char *at)
{
	__m128i bytes = string_load(at);
	/* As signed numbers, bytes that are not ASCII are below 0. */
	__m128i unlikely = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));

	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(string_find_ends(bytes), unlikely));
}

static inline uint32_t
string_digits(const char *at)
{
	__m128i numbers = _mm_sub_epi8(string_load(at), _mm_set1_epi8('0'));

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(
	    _mm_min_epu8(numbers, _mm_set1_epi8(9)), numbers));
}

#else

static inline uint32_t
string_ends(const char *at)
{
	uint32_t found = 0;

	for (int i = 0; i < STRING_BYTES; i++)
		found |= (uint32_t)(at[i] == '"' || at[i] == '\\') << i;
	return found;
}

static inline uint32_t
string_stops(const char *at)
{
	uint32_t found = 0;

	for (int i = 0; i < STRING_BYTES; i++)
		found |= (uint32_t)(at[i] < 0x20 || (unsigned char)at[i] >= 0x80) << i;
	return found | string_ends(at);
}

static inline uint32_t
string_digits(const char *at)
{
	uint32_t found = 0;

	for (int i = 0; i < STRING_BYTES; i++)
		found |= (uint32_t)(at[i] >= '0' && at[i] <= '9') << i;
	return found;
}

#endif

#endif
