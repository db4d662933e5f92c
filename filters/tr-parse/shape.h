/* SPDX-License-Identifier: Apache-2.0 */
/* What the events of one profiler look like: it gives those of a kind the same fields in the same
 * order, so that what stands between two values needs no more than a comparison. */
#ifndef TR_PARSE_SHAPE_H
#define TR_PARSE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Shapes that are remembered, values in one, and bytes that stand between them: an event that has
 * more is read as any other. */
enum { SHAPES = 16, SHAPE_VALUES = 48, SHAPE_BYTES = 1024 };

struct shape {
	int category;        /* the caller's number for it */
	size_t count;        /* values */
	size_t length;       /* of `text` */
	char text[SHAPE_BYTES]; /* what stands before each value, and after the last */
	struct {
		uint16_t begin;  /* of what stands before it, in `text` */
		uint16_t length;
		int16_t place;   /* of its slice in what is filled; -1: nobody wants it */
	} values[SHAPE_VALUES];
	uint16_t end;        /* of the text after the last value: where it begins */
};

/* All zero is valid. */
struct shapes {
	struct shape *list[SHAPES]; /* those found lately first */
	size_t count;
};

/* Fills the slices in `places`, a structure whose slices are NULL, from an event that has been
 * checked and has SHAPE_SLACK readable bytes after it. Returns its shape, or NULL, with anything
 * in `places`, when it has none. */
enum { SHAPE_SLACK = 64 };
const struct shape *shapes_read(struct shapes *shapes, struct slice event, void *places);

/* Tell one value after another, as they stand in the event, then the end of it; the shape is
 * remembered if it has room. */
struct shape_draft {
	struct shape *shape;
	const char *at; /* after the last value */
	bool full;
};

void shape_begin(struct shape_draft *draft, struct slice event);
void shape_add(struct shape_draft *draft, struct slice value, int place);
void shape_end(struct shape_draft *draft, struct shapes *shapes, struct slice event,
    int category);

/* Forget what was told. */
void shape_drop(struct shape_draft *draft);

void shapes_free(struct shapes *shapes);

#endif
