/* SPDX-License-Identifier: Apache-2.0 */
/* Where values end that are spelled as nearly all in traces and records are: strings of ASCII
 * without escapes, numbers without exponent, null, true, false, and lists of these. Whoever has
 * another value asks json_skip_value. */
#ifndef WARPIPE_JSON_PLAIN_H
#define WARPIPE_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "json/string_bytes.h"

/* Each gets a value's first byte and returns the byte after the value, or NULL where it is not
 * plain or reaches beyond `end`. Bytes before `end` are read, whatever they are. */
static inline const char *json_plain_string(const char *at, const char *end);
static inline const char *json_plain_number(const char *at, const char *end);
static inline const char *json_plain_scalar(const char *at, const char *end);
static inline const char *json_plain_value(const char *at, const char *end);

static inline const char *
json_plain_string(const char *at, const char *end)
{
	for (at++; end - at >= STRING_BYTES; at += STRING_BYTES) {
		uint32_t stops = string_stops(at);

		if (stops == 0)
			continue;
		at += __builtin_ctz(stops);
		return *at == '"' ? at + 1 : NULL;
	}
	return NULL;
}

/* After the digits at `at`; NULL when `end` is too near to tell. */
static inline const char *
json_plain_digits(const char *at, const char *end)
{
	for (; end - at >= STRING_BYTES; at += STRING_BYTES) {
		uint32_t others = ~string_digits(at) & ((1u << STRING_BYTES) - 1);

		if (others != 0)
			return at + __builtin_ctz(others);
	}
	return NULL;
}

static inline const char *
json_plain_number(const char *at, const char *end)
{
	const char *first, *point;

	at += *at == '-';
	first = at;
	at = json_plain_digits(at, end);
	if (at == NULL || at == first || (*first == '0' && at - first > 1))
		return NULL;
	if (*at == '.') {
		point = at;
		at = json_plain_digits(at + 1, end);
		if (at == NULL || at == point + 1)
			return NULL;
	}
	return *at == 'e' || *at == 'E' ? NULL : at;
}

static inline const char *
json_plain_scalar(const char *at, const char *end)
{
	if (*at == '"')
		return json_plain_string(at, end);
	if (*at == '-' || (unsigned char)(*at - '0') < 10)
		return json_plain_number(at, end);
	if (end - at > 5 && (memcmp(at, "null", 4) == 0 || memcmp(at, "true", 4) == 0))
		return at + 4;
	return end - at > 5 && memcmp(at, "false", 5) == 0 ? at + 5 : NULL;
}

static inline const char *
json_plain_value(const char *at, const char *end)
{
	if (*at != '[')
		return json_plain_scalar(at, end);
	if (*++at == ']')
		return at + 1;
	for (;;) {
		at = json_plain_scalar(at, end);
		if (at == NULL || *at == ']')
			return at != NULL ? at + 1 : NULL;
		if (*at++ != ',')
			return NULL;
		at += *at == ' ';
	}
}

#endif
