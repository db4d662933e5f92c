/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON text as a tree (parsed by yajl) that remembers how everything was spelled. */
#ifndef WARPIPE_JSON_H
#define WARPIPE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A value. Lives in the arena it was parsed into; `raw` points into the parsed bytes and
 * is valid as long as they are. */
struct json {
	enum json_type type;
	const char *key;    /* of a member, decoded; NULL for elements and the root */
	size_t key_length;
	const char *text;   /* string: decoded; number, true, false, null: as spelled;
	                     * NUL-terminated. NULL for arrays and objects */
	size_t length;
	const char *raw;    /* the value as written, quotes and brackets included */
	size_t raw_length;
	struct json *child; /* first element or member */
	struct json *next;  /* next in the same array or object */
};

struct json_error {
	size_t offset;     /* byte of the text */
	char message[120];
};

/* Parse exactly one value (white space around it is allowed). NULL on error, with
 * `error` filled. Nesting deeper than 512 is an error. Integers of any size are kept as
 * text. Of two members with one key both are kept. */
struct json *json_parse(struct arena *arena, const char *bytes, size_t length,
    struct json_error *error);

/* The first member called `key`; NULL when absent or when `object` is NULL or no object. */
const struct json *json_get(const struct json *object, const char *key);

/* A string's text, or NULL when `value` is no string (or NULL). */
const char *json_string(const struct json *value);

/* The number's value; false, and *number untouched, when `value` is no number of that
 * type (or NULL). json_integer takes whole numbers within int64. */
bool json_number(const struct json *value, double *number);
bool json_integer(const struct json *value, int64_t *number);

size_t json_count(const struct json *array_or_object);

#endif
