/* SPDX-License-Identifier: Apache-2.0 */
/* A run of bytes that somebody else owns. */
#ifndef WARPIPE_SLICE_H
#define WARPIPE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

/* Whether the bytes are the same, of which there are `length`, 4 or more. Where they are few and
 * the length is known to no compiler, a call of memcmp takes longer. */
static inline bool
bytes_same(const char *a, const char *b, size_t length)
{
	uint64_t left, right;
	uint32_t small, other;

	if (length < sizeof(left)) {
		memcpy(&small, a, sizeof(small));
		memcpy(&other, b, sizeof(other));
		if (small != other)
			return false;
		memcpy(&small, a + length - sizeof(small), sizeof(small));
		memcpy(&other, b + length - sizeof(other), sizeof(other));
		return small == other;
	}
	/* The last words overlap the ones before them. */
	for (size_t at = 0;; at += sizeof(left)) {
		if (at > length - sizeof(left))
			at = length - sizeof(left);
		memcpy(&left, a + at, sizeof(left));
		memcpy(&right, b + at, sizeof(right));
		if (left != right || at == length - sizeof(left))
			return left == right;
	}
}

#endif
