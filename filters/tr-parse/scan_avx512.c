/* SPDX-License-Identifier: Apache-2.0 */
/* The scan with AVX-512: one compare of 64 bytes for each class. */
#include "scan_classes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define SCAN_RUN scan_run_avx512
#define SCAN_TARGET __attribute__((__target__("avx512bw,avx2,bmi,bmi2,popcnt,pclmul")))

SCAN_TARGET INLINE uint64_t
equal(__m512i bytes, char byte)
{
	return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte));
}

/* At the place of each white space character's low half: the character; elsewhere one with
 * another low half. A byte is white space when a look-up by it gives itself. */
SCAN_TARGET INLINE __m128i
scan_spaces(void)
{
	return _mm_setr_epi8(' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, 0);
}

SCAN_TARGET INLINE void
classify_strings(const char *bytes, struct string_classes *is)
{
	__m512i block = _mm512_loadu_si512(bytes);

	is->quote = equal(block, '"');
	is->backslash = equal(block, '\\');
	/* As signed numbers, bytes that are not ASCII are below 0. */
	is->unlikely = _mm512_cmplt_epi8_mask(block, _mm512_set1_epi8(0x20));
}

SCAN_TARGET INLINE void
classify_tokens(const char *bytes, struct token_classes *is)
{
	__m512i block = _mm512_loadu_si512(bytes);
	__m512i curly = _mm512_or_si512(block, _mm512_set1_epi8(0x20));
	__m512i spaces = _mm512_broadcast_i32x4(scan_spaces());

	/* Square and curly brackets are 0x20 apart. */
	is->open = equal(curly, '{');
	is->close = equal(curly, '}');
	is->curly = _mm512_test_epi8_mask(block, _mm512_set1_epi8(0x20));
	is->colon = equal(block, ':');
	is->comma = equal(block, ',');
	is->space = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(spaces, block), block);
	is->digit = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(block, _mm512_set1_epi8('0')),
	    _mm512_set1_epi8(10));
	is->zero = equal(block, '0');
	is->dot = equal(block, '.');
}

/* Bit i is the exclusive or of bits 0 to i: a product without carries by all ones. */
SCAN_TARGET INLINE uint64_t
running_xor(uint64_t bits)
{
	return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(
	    _mm_set_epi64x(0, (long long)bits), _mm_set1_epi8(-1), 0));
}

/* The bits of `bits` where `mask` has ones, pushed together; and back. */
SCAN_TARGET INLINE uint64_t
gather(uint64_t bits, uint64_t mask)
{
	return _pext_u64(bits, mask);
}

SCAN_TARGET INLINE uint64_t
scatter(uint64_t bits, uint64_t mask)
{
	return _pdep_u64(bits, mask);
}

#include "scan_loop.h"

#endif
