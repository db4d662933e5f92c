/* SPDX-License-Identifier: Apache-2.0 */
/* What the records of one kind look like: the programs that write them give each the same
 * fields in the same order, so that most keys need no more than a comparison. */
#ifndef WARPIPE_TRACE_LAYOUT_H
#define WARPIPE_TRACE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Kinds and fields that are remembered, and how long their names may be: the rest is read as
 * any JSON. */
enum { LAYOUT_KINDS = 24, LAYOUT_FIELDS = 48, LAYOUT_LONGEST = 30 };

/* Where the field is that was asked for by this address. */
enum { LAYOUT_ASKED = 1 << 6 };
struct layout_asked {
	const char *key;
	size_t place; /* the number of fields: there is none */
};

struct layout {
	char begin[LAYOUT_LONGEST + 12]; /* {"kind":"kernel" */
	size_t begin_length;
	int kind;                        /* the reader's number for it */
	bool twice;                      /* a field may come twice */
	const void *owned;               /* who asked last whether it has fields of theirs, */
	bool has_owned;                  /* and the answer, of a record that is as expected */
	struct layout_asked asked[LAYOUT_ASKED];
	size_t count;
	struct {
		char text[LAYOUT_LONGEST + 4]; /* ,"name": */
		uint8_t length;                /* 0: not known */
	} fields[LAYOUT_FIELDS];
};

/* All zero is valid. */
struct layouts {
	struct layout list[LAYOUT_KINDS];
	size_t count, last; /* the one found last */
};

/* The layout of the line's kind, if the line begins as its records do; else NULL. */
struct layout *layouts_find(struct layouts *layouts, struct slice line);

/* Remember a kind that has none yet; NULL when there is no room. `name` is between quotes. */
struct layout *layouts_add(struct layouts *layouts, struct slice name, int kind);

/* Remember that the field comes at that place, and, after the last, how many there are. */
void layout_learn(struct layout *layout, size_t place, struct slice key);
void layout_learned(struct layout *layout, size_t count);

/* Where it is remembered what was asked for by this address: valid if its key is the same. */
static inline struct layout_asked *
layout_asked(struct layout *layout, const char *key)
{
	return &layout->asked[(uint32_t)((uintptr_t)key * 0x9e3779b1u) >> 26];
}

/* The byte after the field's colon if `at` points to the comma before the field that is
 * expected at that place, else NULL; the key is then in *key. */
static inline const char *
layout_expect(const struct layout *layout, size_t place, const char *at, const char *end,
    struct slice *key)
{
	size_t length = place < layout->count ? layout->fields[place].length : 0;

	if (length == 0 || (size_t)(end - at) < length ||
	    !bytes_same(at, layout->fields[place].text, length))
		return NULL;
	*key = (struct slice){ at + 2, length - 4 };
	return at + length;
}

#endif
