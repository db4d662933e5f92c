/* SPDX-License-Identifier: Apache-2.0 */
/* A run of bytes that somebody else owns. */
#ifndef WARPIPE_SLICE_H
#define WARPIPE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Not NUL-terminated. `bytes` is NULL when there is nothing, not even an empty string. */
struct slice {
	const char *bytes;
	size_t length;
};

static inline bool
slice_equals(struct slice slice, const char *string)
{
	size_t length = strlen(string);

	return slice.bytes != NULL && slice.length == length &&
	    memcmp(slice.bytes, string, length) == 0;
}

static inline bool
slice_begins(struct slice slice, const char *prefix)
{
	size_t length = strlen(prefix);

	return slice.bytes != NULL && slice.length >= length &&
	    memcmp(slice.bytes, prefix, length) == 0;
}

#endif
