/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over JSON text where it stands: checks it against the whole grammar (RFC 8259,
 * UTF-8 included) and says where things begin and end, without building anything. For
 * streams too fast for a tree; json.h is for everything else. */
#ifndef WARPIPE_JSON_SCAN_H
#define WARPIPE_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/text.h"

/* Deeper nesting than this is an error, here as in json.h. */
enum { JSON_SCAN_DEEPEST = 512 };

/* What was found wrong: `at` points at the offending byte, or to the end of the text when
 * it ends too early; `message` is a constant. */
struct json_fault {
	const char *at;
	const char *message;
};

/* The first byte at or after `at` that is no JSON white space. */
const char *json_skip_space(const char *at, const char *end);

/* `at` points to a value's first byte; returns the byte after the value, or NULL with
 * `fault` filled. */
const char *json_skip_value(const char *at, const char *end, struct json_fault *fault);

/* The same for a string; `at` points to its opening quote. *escaped tells whether a
 * backslash is in it. */
const char *json_skip_string(const char *at, const char *end, bool *escaped,
    struct json_fault *fault);

/* One member of an object. */
struct json_member {
	struct slice key;   /* between its quotes, as spelled */
	struct slice value; /* as spelled, with quotes or brackets */
	bool key_escaped;   /* a backslash is in the key: json_unescape tells what it says */
};

/* Steps through the members of an object. `at` points after its '{' for the first call
 * and then to where the last call stopped. Returns where to go on with `member` filled, or
 * the byte after the closing '}' with member->key.bytes NULL, or NULL with `fault`
 * filled. */
const char *json_next_member(const char *at, const char *end, bool first,
    struct json_member *member, struct json_fault *fault);

/* The same for text that json_skip_value or the like has passed before: it only looks for
 * where things end, which is several times as fast. */
const char *json_next_known_member(const char *at, const char *end, bool first,
    struct json_member *member);

/* The byte after the value, likewise. */
const char *json_known_value_end(const char *at, const char *end);

/* Append what the string between the quotes says, in UTF-8. A surrogate without its other
 * half becomes U+FFFD. The slice has passed one of the functions above. */
void json_unescape(struct text *text, struct slice string);

/* Append the bytes as a JSON string with its quotes. Bytes that are not UTF-8 become
 * U+FFFD. */
void json_escape(struct text *text, struct slice bytes);

static inline bool
json_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* The value of a number that has been checked; correctly rounded. */
double json_scan_number(struct slice number);

/* A thousand times the number, exactly: microseconds as whole nanoseconds. Digits that are
 * left over are rounded, half away from zero. False, and nothing stored, beyond 4e18. */
bool json_scan_thousandths(struct slice number, int64_t *value);

/* False when the number is not written as a whole number within int64. */
bool json_scan_integer(struct slice number, int64_t *value);

#endif
