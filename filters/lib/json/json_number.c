/* SPDX-License-Identifier: Apache-2.0 */
/* The values of numbers as they are spelled in JSON: read from the bytes where that is exact. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "json/json_scan.h"

/* Any number at all: strtod wants a NUL after it. */
static double
number_by_library(struct slice number)
{
	char small[64], *copy = small;
	double value;

	if (number.length >= sizeof(small))
		copy = memory_alloc(number.length + 1);
	memcpy(copy, number.bytes, number.length);
	copy[number.length] = '\0';
	value = strtod(copy, NULL);
	if (copy != small)
		free(copy);
	return value;
}

double
json_scan_number(struct slice number)
{
	/* A significand below 2^53 and a power of ten up to 10^22 are both exact doubles, so
	 * that one division rounds correctly (Clinger 1990). Times and durations are such. */
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	const char *at = number.bytes, *end = at + number.length, *point = NULL;
	bool negative = number.length > 0 && *at == '-';
	uint64_t significand = 0;
	size_t places;

	if (number.length > 18)
		return number_by_library(number);
	for (at += negative; at < end; at++) {
		if (json_is_digit(*at))
			significand = significand * 10 + (uint64_t)(*at - '0');
		else if (*at == '.')
			point = at;
		else
			return number_by_library(number);
	}
	places = point != NULL ? (size_t)(end - point - 1) : 0;
	if (significand > UINT64_C(1) << 53)
		return number_by_library(number);
	return (negative ? -1.0 : 1.0) * (double)significand / powers[places];
}

/* The exponent of a number, 0 without one; enough for what fits and what does not. */
static int
scan_exponent(const char *at, const char *end)
{
	bool negative = false;
	int exponent = 0;

	if (at == end || (*at != 'e' && *at != 'E'))
		return 0;
	at++;
	if (*at == '-' || *at == '+')
		negative = *at++ == '-';
	for (; at < end && exponent < 100000; at++)
		exponent = exponent * 10 + (*at - '0');
	return negative ? -exponent : exponent;
}

/* Eight digits at once: pairs, then fours, then all (in little-endian bytes the first digit is
 * lowest). False when one of the bytes is no digit. */
static bool
eight_digits(const char *at, uint64_t *value)
{
	uint64_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	bytes ^= UINT64_C(0x3030303030303030);
	if (((bytes + UINT64_C(0x7676767676767676)) | bytes) & UINT64_C(0x8080808080808080))
		return false;
	bytes = bytes * 10 + (bytes >> 8);
	bytes = (bytes & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
	    (bytes >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001);
	*value = bytes >> 32;
	return true;
}

/* As most times are spelled: up to 18 digits, of which up to three are after the point. */
static bool
plain_thousandths(struct slice number, int64_t *value)
{
	static const int64_t scales[] = { 1000, 100, 10, 1 };
	const char *at = number.bytes, *end = at + number.length;
	uint64_t sum = 0, eight;
	size_t places = 0;

	if (number.length > 18)
		return false;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (; end - at >= 8 && eight_digits(at, &eight); at += 8)
		sum = sum * 100000000 + eight;
#else
	(void)eight;
#endif
	for (; at < end && json_is_digit(*at); at++)
		sum = sum * 10 + (uint64_t)(*at - '0');
	if (at < end && *at == '.')
		for (at++; at < end && json_is_digit(*at) && places < 3; at++, places++)
			sum = sum * 10 + (uint64_t)(*at - '0');
	/* Far from the limit, that is: the digits of what is near it are counted below. */
	if (at < end || sum > UINT64_C(3000000000000000000) / (uint64_t)scales[places])
		return false;
	*value = (int64_t)sum * scales[places];
	return true;
}

bool
json_scan_thousandths(struct slice number, int64_t *value)
{
	static const int64_t most = INT64_C(4000000000000000000);
	const char *end = number.bytes + number.length, *first = number.bytes, *point, *last, *at;
	bool negative = *first == '-';
	int64_t sum = 0;
	int keep; /* digits that remain before the point, leading zeros among them */

	if (plain_thousandths(number, value))
		return true;
	first += negative;
	for (point = first; point < end && *point >= '0' && *point <= '9'; point++)
		;
	for (last = point; last < end && *last != 'e' && *last != 'E'; last++)
		;
	keep = (int)(point - first) + 3 + scan_exponent(last, end);
	for (at = first; at < last && keep >= 0; at++) {
		if (*at == '.')
			continue;
		if (keep-- == 0) {
			sum += *at >= '5';
			break;
		}
		if (sum > most / 10)
			return false;
		sum = sum * 10 + (*at - '0');
	}
	for (; sum > 0 && keep > 0; keep--) {
		if (sum > most / 10)
			return false;
		sum *= 10;
	}
	*value = negative ? -sum : sum;
	return true;
}

/* Up to 18 digits. */
static bool
plain_integer(struct slice number, int64_t *value)
{
	bool negative = *number.bytes == '-';
	int64_t sum = 0;
	size_t at = negative;

	if (number.length - at > 18 || at == number.length)
		return false;
	for (; at < number.length && json_is_digit(number.bytes[at]); at++)
		sum = sum * 10 + (number.bytes[at] - '0');
	if (at < number.length)
		return false;
	*value = negative ? -sum : sum;
	return true;
}

bool
json_scan_integer(struct slice number, int64_t *value)
{
	char copy[24], *end;
	long long parsed;

	if (number.bytes == NULL || number.length == 0 || number.length >= sizeof(copy))
		return false;
	if (plain_integer(number, value))
		return true;
	memcpy(copy, number.bytes, number.length);
	copy[number.length] = '\0';
	errno = 0;
	parsed = strtoll(copy, &end, 10);
	if (errno != 0 || *end != '\0' || (copy[0] != '-' && !json_is_digit(copy[0])))
		return false;
	*value = parsed;
	return true;
}
