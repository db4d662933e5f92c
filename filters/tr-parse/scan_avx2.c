/* SPDX-License-Identifier: Apache-2.0 */
/* The scan with AVX2: two compares of 32 bytes for each class. */
#include "scan_classes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define SCAN_RUN scan_run_avx2
#define SCAN_TARGET __attribute__((__target__("avx2,bmi,bmi2,popcnt,pclmul")))

SCAN_TARGET INLINE __m256i
load(const char *bytes)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)bytes);
}

SCAN_TARGET INLINE uint64_t
join(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) |
	    (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

SCAN_TARGET INLINE uint64_t
equal(__m256i low, __m256i high, char byte)
{
	__m256i bytes = _mm256_set1_epi8(byte);

	return join(_mm256_cmpeq_epi8(low, bytes), _mm256_cmpeq_epi8(high, bytes));
}

SCAN_TARGET INLINE __m256i
find_digits(__m256i bytes)
{
	__m256i number = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));

	return _mm256_cmpeq_epi8(_mm256_min_epu8(number, _mm256_set1_epi8(9)), number);
}

/* At the place of each white space character's low half: the character; elsewhere one with
 * another low half. A byte is white space when a look-up by it gives itself. */
SCAN_TARGET INLINE __m256i
find_spaces(__m256i bytes)
{
	__m256i spaces = _mm256_setr_epi8(
	    ' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, 0,
	    ' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, 0);

	return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(spaces, bytes), bytes);
}

SCAN_TARGET INLINE void
classify_strings(const char *bytes, struct string_classes *is)
{
	__m256i low = load(bytes), high = load(bytes + 32);

	is->quote = equal(low, high, '"');
	is->backslash = equal(low, high, '\\');
	/* As signed numbers, bytes that are not ASCII are below 0. */
	is->unlikely = join(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), low),
	    _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), high));
}

SCAN_TARGET INLINE void
classify_tokens(const char *bytes, struct token_classes *is)
{
	__m256i low = load(bytes), high = load(bytes + 32), bit = _mm256_set1_epi8(0x20);
	__m256i low_curly = _mm256_or_si256(low, bit), high_curly = _mm256_or_si256(high, bit);

	/* Square and curly brackets are 0x20 apart. */
	is->open = equal(low_curly, high_curly, '{');
	is->close = equal(low_curly, high_curly, '}');
	is->curly = join(_mm256_slli_epi16(low, 2), _mm256_slli_epi16(high, 2));
	is->colon = equal(low, high, ':');
	is->comma = equal(low, high, ',');
	is->space = join(find_spaces(low), find_spaces(high));
	is->digit = join(find_digits(low), find_digits(high));
	is->zero = equal(low, high, '0');
	is->dot = equal(low, high, '.');
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
