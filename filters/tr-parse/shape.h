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
enum { SHAPES = 24, SHAPE_VALUES = 48, SHAPE_BYTES = 1024 };

/* Bytes after a text that can be read, whatever they are. */
enum { SHAPE_SLACK = 64 };

/* The form of the number that was seen last. */
struct shape_form {
	uint8_t length;  /* bytes, of which `digits` has a bit for each digit */
	uint8_t point;   /* where the point stands; 0: it has none */
	uint8_t steady;  /* numbers before it that had this form, up to a few */
	uint32_t digits;
};

struct shape_value {
	uint16_t begin;  /* of what stands before it, in the shape's text */
	uint16_t length;
	int16_t place;   /* of its slice in what is filled; -1: nobody wants it */
	char first;      /* byte of the value that was seen; '0' for any digit */
	struct shape_form form;
};

struct shape {
	int category;        /* the caller's number for it */
	bool wanted;         /* has places; of others only the end is to be found */
	uint64_t *counter;   /* of those that are not wanted; or NULL */
	size_t count;        /* values */
	size_t length;       /* of `text` */
	char text[SHAPE_BYTES + SHAPE_SLACK]; /* what stands before each value, and after the last */
	struct shape_value values[SHAPE_VALUES];
	uint16_t end;        /* of the text after the last value: where it begins */
};

struct shapes {
	/* As in fit.h. */
	const char *(*fit)(struct shape *shape, struct slice text, bool checked, void *places,
	    size_t size);
	struct shape *list[SHAPES]; /* those found lately first */
	size_t count;
};

/* `portable`: use no vector units. */
void shapes_begin(struct shapes *shapes, bool portable);

/* Fills the slices in `places`, a structure of `size` bytes, from an event that has been checked
 * and has SHAPE_SLACK readable bytes after it; the other bytes are 0 then. Returns its shape, or
 * NULL, with anything in `places`, when it has none. */
const struct shape *shapes_read(struct shapes *shapes, struct slice event, void *places,
    size_t size);

/* The same for the event that begins where `text` does, which nobody has checked and whose end is
 * not known: *event is the whole of it. What has a shape is JSON. */
const struct shape *shapes_find(struct shapes *shapes, struct slice text, void *places,
    size_t size, struct slice *event);

/* Tell one value after another, as they stand in the event, then the end of it; the shape is
 * remembered if it has room, and returned for the caller to fill in what is his. */
struct shape_draft {
	struct shape *shape;
	const char *at; /* after the last value */
	bool full;
};

void shape_begin(struct shape_draft *draft, struct slice event);
void shape_add(struct shape_draft *draft, struct slice value, int place);
struct shape *shape_end(struct shape_draft *draft, struct shapes *shapes, struct slice event);

/* Forget what was told. */
void shape_drop(struct shape_draft *draft);

void shapes_free(struct shapes *shapes);

#endif
