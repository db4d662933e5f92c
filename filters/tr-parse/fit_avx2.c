/* SPDX-License-Identifier: Apache-2.0 */
/* Holds an event against a shape, 32 and 64 bytes at a time. A loop over fewer bytes would be left
 * after another round nearly every time, which costs more than all it does. For the same reason
 * a number is first held against the one that stood there before, which the processor need not
 * wait for. */
#include "fit.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((__target__("avx2,bmi,bmi2")))
#define INLINE static inline __attribute__((__always_inline__)) TARGET

/* Numbers of one form in a row after which the next is expected to be of it. */
enum { STEADY = 4 };

INLINE __m256i
load(const char *at)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* One bit a byte, the first byte lowest. */
INLINE uint64_t
bits(__m256i bytes)
{
	return (uint32_t)_mm256_movemask_epi8(bytes);
}

INLINE bool
same(const char *a, const char *b, size_t length)
{
	for (;; a += 32, b += 32, length -= 32) {
		uint64_t equal = bits(_mm256_cmpeq_epi8(load(a), load(b)));

		if (length <= 32)
			return _bzhi_u64(~equal, (unsigned)length) == 0;
		if (equal != UINT32_MAX)
			return false;
	}
}

/* Quotes, backslashes, control characters and what is not ASCII. */
INLINE uint64_t
find_stops(const char *at)
{
	__m256i bytes = load(at);

	/* As signed numbers, bytes that are not ASCII are below 0. */
	return bits(_mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes),
	    _mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"')),
	    _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\')))));
}

INLINE const char *
string_end(const char *at, const char *end)
{
	for (at++; at < end; at += 64) {
		uint64_t stops = find_stops(at) | find_stops(at + 32) << 32;

		if (stops == 0)
			continue;
		at += _tzcnt_u64(stops);
		return *at == '"' && at < end ? at + 1 : NULL;
	}
	return NULL;
}

INLINE uint64_t
find_digits(const char *at)
{
	__m256i numbers = _mm256_sub_epi8(load(at), _mm256_set1_epi8('0'));

	return bits(_mm256_cmpeq_epi8(_mm256_min_epu8(numbers, _mm256_set1_epi8(9)), numbers));
}

/* Whether the number is of the form that the one before it had. */
INLINE bool
is_expected(const struct shape_form *form, const char *at, uint64_t digits)
{
	return _bzhi_u64(digits, form->length + 1u) == form->digits &&
	    (form->point == 0 ? at[form->length] != '.' : at[form->point] == '.') &&
	    (form->point == 1 || form->length == 1 || *at != '0');
}

INLINE const char *
number_end(struct shape_form *form, const char *at, const char *end)
{
	uint64_t digits = find_digits(at), dots, point, number, length;

	if (form->steady >= STEADY && is_expected(form, at, digits)) {
		at += form->length;
		return at <= end ? at : NULL;
	}
	dots = bits(_mm256_cmpeq_epi8(load(at), _mm256_set1_epi8('.')));
	point = (digits + 1) & dots; /* of the first that is no digit, if that is a dot */
	number = digits | point;
	length = _tzcnt_u64(~number);
	number = _bzhi_u64(number, (unsigned)length);
	if (length == 32 || (digits & 1) == 0 || (point << 1 & ~digits) != 0 ||
	    ((digits & 2) != 0 && *at == '0') || (size_t)(end - at) < length)
		return NULL;
	digits &= number;
	form->steady = form->length != length || form->digits != digits ? 0 :
	    form->steady < STEADY ? form->steady + 1 : STEADY;
	form->length = (uint8_t)length;
	form->point = point != 0 ? (uint8_t)_tzcnt_u64(point) : 0;
	form->digits = (uint32_t)digits;
	return at + length;
}

TARGET const char *
fit_avx2(struct shape *shape, struct slice text, bool checked, void *places, size_t size)
{
	const char *at = text.bytes, *end = at + text.length, *after;
	size_t rest = shape->length - shape->end;

	for (size_t i = 0; i < shape->count; i++) {
		struct shape_value *value = &shape->values[i];

		if ((size_t)(end - at) <= value->length ||
		    !same(at, shape->text + value->begin, value->length))
			return NULL;
		if (i == 0 && shape->wanted)
			memset(places, 0, size);
		at += value->length;
		after = NULL;
		if (value->first == '"' && *at == '"')
			after = string_end(at, end);
		else if (value->first == '0')
			after = number_end(&value->form, at, end);
		if (after == NULL)
			after = fit_other(at, end, checked);
		if (after == NULL)
			return NULL;
		if (value->place >= 0)
			fit_store(places, value->place, at, after);
		at = after;
	}
	if ((size_t)(end - at) < rest || !same(at, shape->text + shape->end, rest))
		return NULL;
	return at + rest;
}

#endif
