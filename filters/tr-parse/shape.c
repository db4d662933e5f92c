/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what stands between the values, and finds their ends. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "json/json_scan.h"
#include "json/plain.h"
#include "shape.h"

/* Whether the event is of this shape; fills `places` as far as it is. */
static bool
fits(const struct shape *shape, struct slice event, void *places)
{
	const char *at = event.bytes, *end = at + event.length, *after;
	size_t rest = shape->length - shape->end;

	for (size_t i = 0; i < shape->count; i++) {
		size_t length = shape->values[i].length;

		if ((size_t)(end - at) <= length ||
		    !bytes_same(at, shape->text + shape->values[i].begin, length))
			return false;
		at += length;
		after = json_plain_value(at, end + SHAPE_SLACK);
		if (after == NULL)
			after = json_known_value_end(at, end);
		if (shape->values[i].place >= 0)
			*(struct slice *)(void *)((char *)places + shape->values[i].place) =
			    (struct slice){ at, (size_t)(after - at) };
		at = after;
	}
	return (size_t)(end - at) == rest && memcmp(at, shape->text + shape->end, rest) == 0;
}

const struct shape *
shapes_read(struct shapes *shapes, struct slice event, void *places)
{
	for (size_t i = 0; i < shapes->count; i++) {
		struct shape *shape = shapes->list[i];

		if (!fits(shape, event, places))
			continue;
		if (i > 0) {
			shapes->list[i] = shapes->list[i - 1];
			shapes->list[i - 1] = shape;
		}
		return shape;
	}
	return NULL;
}

void
shape_begin(struct shape_draft *draft, struct slice event)
{
	draft->shape = memory_alloc_zero(1, sizeof(*draft->shape));
	draft->at = event.bytes;
	draft->full = false;
}

/* Takes up the bytes from the last value to here. */
static void
add_text(struct shape_draft *draft, const char *end)
{
	struct shape *shape = draft->shape;
	size_t length = (size_t)(end - draft->at);

	draft->full = draft->full || length > SHAPE_BYTES - shape->length;
	if (draft->full)
		return;
	memcpy(shape->text + shape->length, draft->at, length);
	shape->length += length;
}

void
shape_add(struct shape_draft *draft, struct slice value, int place)
{
	struct shape *shape = draft->shape;
	size_t begin = shape->length;

	add_text(draft, value.bytes);
	/* What is compared has a key in it, and so four bytes. */
	draft->full = draft->full || shape->count == SHAPE_VALUES || shape->length < begin + 4;
	if (draft->full)
		return;
	shape->values[shape->count].begin = (uint16_t)begin;
	shape->values[shape->count].length = (uint16_t)(shape->length - begin);
	shape->values[shape->count++].place = (int16_t)place;
	draft->at = value.bytes + value.length;
}

void
shape_end(struct shape_draft *draft, struct shapes *shapes, struct slice event, int category)
{
	struct shape *shape = draft->shape;

	shape->end = (uint16_t)shape->length;
	shape->category = category;
	add_text(draft, event.bytes + event.length);
	if (draft->full || shape->count == 0) {
		shape_drop(draft);
		return;
	}
	if (shapes->count == SHAPES)
		free(shapes->list[--shapes->count]);
	shapes->list[shapes->count++] = shape;
	draft->shape = NULL;
}

void
shape_drop(struct shape_draft *draft)
{
	free(draft->shape);
	draft->shape = NULL;
}

void
shapes_free(struct shapes *shapes)
{
	for (size_t i = 0; i < shapes->count; i++)
		free(shapes->list[i]);
	shapes->count = 0;
}
