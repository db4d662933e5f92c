/* SPDX-License-Identifier: Apache-2.0 */
/* Prefix compare at the speed of memcmp: 256 bytes a step, vectors as wide as the
 * processor has, chosen at run time. */
#include <string.h>

#include "radix.h"

#if defined(__x86_64__)
#define RADIX_X86 1
#include <immintrin.h>
#endif

/* The first differing byte of two 8-byte words that differ. */
static size_t
first_difference(uint64_t a, uint64_t b)
{
	uint64_t difference = a ^ b;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(difference) / 8;
#else
	return (size_t)__builtin_clzll(difference) / 8;
#endif
}

/* From `at` on, eight bytes a step. Also finds the place inside a block that differs. */
static size_t
match_words(const unsigned char *a, const unsigned char *b, size_t at, size_t length)
{
	for (; length - at >= 8; at += 8) {
		uint64_t x, y;

		memcpy(&x, a + at, 8);
		memcpy(&y, b + at, 8);
		if (x != y)
			return at + first_difference(x, y);
	}
	while (at < length && a[at] == b[at])
		at++;
	return at;
}

static size_t
match_portable(const unsigned char *a, const unsigned char *b, size_t length)
{
	size_t at = 0;

	for (; length - at >= 128; at += 128) {
		uint64_t x[16], y[16], difference = 0;

		memcpy(x, a + at, sizeof(x));
		memcpy(y, b + at, sizeof(y));
		for (int i = 0; i < 16; i++)
			difference |= x[i] ^ y[i];
		if (difference != 0)
			break;
	}
	return match_words(a, b, at, length);
}

#ifdef RADIX_X86

__attribute__((target("avx2"))) static inline __m256i
difference_avx2(const unsigned char *a, const unsigned char *b)
{
	return _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)a),
	    _mm256_loadu_si256((const __m256i *)(const void *)b));
}

__attribute__((target("avx2"))) static size_t
match_avx2(const unsigned char *a, const unsigned char *b, size_t length)
{
	size_t at = 0;

	for (; length - at >= 128; at += 128) {
		__m256i low = _mm256_or_si256(difference_avx2(a + at, b + at),
		    difference_avx2(a + at + 32, b + at + 32));
		__m256i high = _mm256_or_si256(difference_avx2(a + at + 64, b + at + 64),
		    difference_avx2(a + at + 96, b + at + 96));
		__m256i all = _mm256_or_si256(low, high);

		if (!_mm256_testz_si256(all, all))
			break;
	}
	for (; length - at >= 32; at += 32) {
		__m256i equal = _mm256_cmpeq_epi8(
		    _mm256_loadu_si256((const __m256i *)(const void *)(a + at)),
		    _mm256_loadu_si256((const __m256i *)(const void *)(b + at)));
		unsigned mask = (unsigned)_mm256_movemask_epi8(equal);

		if (mask != 0xffffffff)
			return at + (size_t)__builtin_ctz(~mask);
	}
	return match_words(a, b, at, length);
}

__attribute__((target("avx512f,avx512bw"))) static inline __m512i
difference_avx512(const unsigned char *a, const unsigned char *b)
{
	return _mm512_xor_si512(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
}

/* From this length on the loads of `a` are put on cache lines: across a line's end each of
 * 64 bytes takes two, which costs a tenth to a quarter past the L1. */
enum { ALIGN_FROM = 4096 };

__attribute__((target("avx512f,avx512bw"))) static size_t
match_avx512(const unsigned char *a, const unsigned char *b, size_t length)
{
	size_t at = 0;

	if (length >= ALIGN_FROM) {
		__m512i first = difference_avx512(a, b);

		/* A difference there is found by the search after the loop. */
		if (_mm512_test_epi64_mask(first, first) == 0)
			at = 64 - (uintptr_t)a % 64;
	}
	for (; length - at >= 256; at += 256) {
		__m512i all = _mm512_or_si512(
		    _mm512_or_si512(difference_avx512(a + at, b + at),
		        difference_avx512(a + at + 64, b + at + 64)),
		    _mm512_or_si512(difference_avx512(a + at + 128, b + at + 128),
		        difference_avx512(a + at + 192, b + at + 192)));

		if (_mm512_test_epi64_mask(all, all) != 0)
			break;
	}
	/* The rest, and the place inside a block that differs. */
	for (; length - at >= 64; at += 64) {
		__mmask64 differ = _mm512_cmpneq_epu8_mask(_mm512_loadu_si512(a + at),
		    _mm512_loadu_si512(b + at));

		if (differ != 0)
			return at + (size_t)__builtin_ctzll(differ);
	}
	if (at < length) {
		__mmask64 part = ((__mmask64)1 << (length - at)) - 1;
		__mmask64 differ = _mm512_mask_cmpneq_epu8_mask(part,
		    _mm512_maskz_loadu_epi8(part, a + at), _mm512_maskz_loadu_epi8(part, b + at));

		if (differ != 0)
			return at + (size_t)__builtin_ctzll(differ);
	}
	return length;
}

#endif

bool
radix_has(enum radix_variant variant)
{
#ifdef RADIX_X86
	if (variant == RADIX_AVX512)
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
	if (variant == RADIX_AVX2)
		return __builtin_cpu_supports("avx2");
#endif
	return variant == RADIX_PORTABLE;
}

const char *
radix_variant_name(enum radix_variant variant)
{
	static const char *const names[RADIX_VARIANTS] = { "portable", "avx2", "avx512" };

	return names[variant];
}

enum radix_variant
radix_best(void)
{
	enum radix_variant variant = RADIX_AVX512;

	while (!radix_has(variant))
		variant--;
	return variant;
}

size_t
radix_match_by(enum radix_variant variant, const void *a, const void *b, size_t length)
{
	switch (variant) {
#ifdef RADIX_X86
	case RADIX_AVX512:
		return match_avx512(a, b, length);
	case RADIX_AVX2:
		return match_avx2(a, b, length);
#endif
	default:
		return match_portable(a, b, length);
	}
}

/* radix_match_by(radix_best(), ...) in a few instructions: short sequences must not pay for
 * the choice. */
size_t
radix_match_bytes(const void *a, const void *b, size_t length)
{
#ifdef RADIX_X86
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512f"))
		return match_avx512(a, b, length);
	if (__builtin_cpu_supports("avx2"))
		return match_avx2(a, b, length);
#endif
	return match_portable(a, b, length);
}

size_t
radix_match_int32(const int32_t *a, size_t a_length, const int32_t *b, size_t b_length)
{
	size_t length = a_length < b_length ? a_length : b_length;

	return radix_match_bytes(a, b, length * sizeof(*a)) / sizeof(*a);
}

size_t
radix_match_int64(const int64_t *a, size_t a_length, const int64_t *b, size_t b_length)
{
	size_t length = a_length < b_length ? a_length : b_length;

	return radix_match_bytes(a, b, length * sizeof(*a)) / sizeof(*a);
}
