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
	/* Most comparisons end at the first byte, before the length is known. */
	if (slice.bytes == NULL || (slice.length > 0 && slice.bytes[0] != string[0]))
		return false;
	return slice.length == strlen(string) &&
	    memcmp(slice.bytes, string, slice.length) == 0;
}

static inline bool
slice_begins(struct slice slice, const char *prefix)
{
	size_t length = strlen(prefix);

	return slice.bytes != NULL && slice.length >= length &&
	    memcmp(slice.bytes, prefix, length) == 0;
}

#endif
