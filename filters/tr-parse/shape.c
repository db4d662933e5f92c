/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers shapes, those that are met often first. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit.h"
#include "json/json_scan.h"
#include "json/string_bytes.h"

void
shapes_begin(struct shapes *shapes, bool portable)
{
	*shapes = (struct shapes){ .fit = fit_portable };
#if defined(__x86_64__)
	if (!portable && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
		shapes->fit = fit_avx2;
#endif
	(void)portable;
}

/* Shapes that are met often come to the front. */
static void
move_up(struct shapes *shapes, size_t i)
{
	struct shape *shape = shapes->list[i];

	if (i == 0)
		return;
	shapes->list[i] = shapes->list[i - 1];
	shapes->list[i - 1] = shape;
}

const struct shape *
shapes_read(struct shapes *shapes, struct slice event, void *places, size_t size)
{
	for (size_t i = 0; i < shapes->count; i++) {
		struct shape *shape = shapes->list[i];

		if (!shape->wanted || shapes->fit(shape, event, true, places, size) !=
		    event.bytes + event.length)
			continue;
		move_up(shapes, i);
		return shape;
	}
	return NULL;
}

const struct shape *
shapes_find(struct shapes *shapes, struct slice text, void *places, size_t size,
    struct slice *event)
{
	/* Byte by byte, the scan is quicker. */
	if (!STRING_VECTOR)
		return NULL;
	for (size_t i = 0; i < shapes->count; i++) {
		struct shape *shape = shapes->list[i];
		const char *end = shapes->fit(shape, text, false, places, size);

		if (end == NULL)
			continue;
		move_up(shapes, i);
		*event = (struct slice){ text.bytes, (size_t)(end - text.bytes) };
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
	shape->values[shape->count].first = json_is_digit(*value.bytes) ? '0' : *value.bytes;
	shape->values[shape->count].length = (uint16_t)(shape->length - begin);
	shape->values[shape->count++].place = (int16_t)place;
	draft->at = value.bytes + value.length;
}

struct shape *
shape_end(struct shape_draft *draft, struct shapes *shapes, struct slice event)
{
	struct shape *shape = draft->shape;

	shape->end = (uint16_t)shape->length;
	add_text(draft, event.bytes + event.length);
	if (draft->full || shape->count == 0 || shape->length < shape->end + 1u) {
		shape_drop(draft);
		return NULL;
	}
	if (shapes->count == SHAPES)
		free(shapes->list[--shapes->count]);
	shapes->list[shapes->count++] = shape;
	draft->shape = NULL;
	return shape;
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
