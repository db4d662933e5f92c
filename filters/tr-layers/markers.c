/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of the seed's analyzer: a layer begins at a start norm that follows an
 * all-reduce, or, in models whose norms are not fused, at the matrix product that does.
 * Where the reference counts kernels twice (those between the all-reduce and the norm) or
 * takes what precedes the first layer for one, this does not. */
#include <stdlib.h>

#include "evidence.h"
#include "base/memory.h"

enum { LOOK_BACK = 15 };

/* Neither a collective nor work of a layer: it may stand between the two kernels that make
 * a boundary. */
static bool
is_neutral(const struct trace *trace, const struct kernel *kernel)
{
	enum kernel_type type = trace_class(trace, kernel)->type;

	return type == TYPE_OTHER || type == TYPE_MEMORY;
}

/* The kernels of one device, by time. */
struct list {
	struct trace *trace;
	const uint32_t *kernel;
	size_t count;
};

static struct kernel *
list_kernel(const struct list *list, size_t at)
{
	return &list->trace->kernels[list->kernel[at]];
}

/* The collective that precedes position `at` with only neutral kernels between, or NONE.
 * *start tells whether a start norm is among those. */
static int64_t
collective_before(const struct list *list, size_t at, size_t begin, bool *start)
{
	size_t back;

	*start = false;
	for (back = 1; back <= LOOK_BACK && back <= at - begin; back++) {
		const struct kernel *kernel = list_kernel(list, at - back);
		unsigned roles = trace_class(list->trace, kernel)->roles;

		if (roles & ROLE_COMMUNICATION)
			return (int64_t)(at - back);
		if (!is_neutral(list->trace, kernel))
			return NONE;
		*start = *start || roles & ROLE_START;
	}
	return NONE;
}

/* Where the layer begins whose boundary stands at `at`; NONE when there is no boundary. */
static int64_t
boundary(const struct list *list, size_t at, size_t begin, bool first)
{
	const struct kernel_class *class = trace_class(list->trace, list_kernel(list, at));
	bool start;
	int64_t collective = collective_before(list, at, begin, &start);

	if (class->roles & ROLE_START)
		return collective != NONE ? collective : first ? (int64_t)at : NONE;
	return class->type == TYPE_LINEAR && collective != NONE && !start ? collective : NONE;
}

/* An attention layer without MLP and an MLP layer without attention after it are one. */
static void
merge_halves(const struct list *list, size_t first)
{
	enum { MIXES = ROLE_ATTENTION | ROLE_MLA | ROLE_GDN, FEEDS = ROLE_MOE | ROLE_FC };
	struct trace *trace = list->trace;
	size_t count = trace->layer_count - first, kept = first, i;
	int32_t *merged = memory_alloc(count * sizeof(*merged));
	unsigned *roles = memory_alloc_zero(count, sizeof(*roles));
	bool half_open = false;

	for (i = 0; i < list->count; i++)
		if (list_kernel(list, i)->layer != NONE)
			roles[(size_t)list_kernel(list, i)->layer - first] |=
			    trace_class(trace, list_kernel(list, i))->roles;
	for (i = 0; i < count; i++) {
		bool second = half_open && roles[i] & FEEDS && !(roles[i] & MIXES);

		merged[i] = (int32_t)(second ? kept - 1 : kept++);
		half_open = !second && roles[i] & MIXES && !(roles[i] & FEEDS);
		trace->layers[merged[i]] = trace->layers[first + i];
	}
	for (i = 0; i < list->count; i++)
		if (list_kernel(list, i)->layer != NONE)
			list_kernel(list, i)->layer =
			    merged[(size_t)list_kernel(list, i)->layer - first];
	trace->layer_count = kept;
	free(merged);
	free(roles);
}

static void
give(const struct list *list, size_t at, int32_t layer, int32_t pass)
{
	struct kernel *kernel = list_kernel(list, at);

	kernel->layer = layer;
	kernel->pass = pass;
	kernel->place = PLACE_LAYER;
}

static void
find_in_list(const struct list *list, uint32_t device)
{
	struct trace *trace = list->trace;
	int32_t layer = NONE, pass = NONE;
	size_t begin = 0, i;

	for (i = 0; i < list->count; i++) {
		int64_t from = boundary(list, i, begin, layer == NONE);

		if (from != NONE) {
			if (pass == NONE)
				pass = trace_add_pass(trace, METHOD_MARKERS, device);
			layer = trace_add_layer(trace, METHOD_MARKERS);
			trace->layers[layer].pass = pass;
			for (begin = (size_t)from; begin < i; begin++)
				give(list, begin, layer, pass);
			begin = i;
		}
		if (layer != NONE)
			give(list, i, layer, pass);
	}
}

static bool
has_layers(const struct list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list_kernel(list, i)->layer != NONE)
			return true;
	return false;
}

/* A collective and a matrix product alone are no sign of a layer. */
static bool
has_start(const struct list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (trace_class(list->trace, list_kernel(list, i))->roles & ROLE_START)
			return true;
	return false;
}

size_t
markers_find(struct trace *trace, bool split, bool asked)
{
	size_t before = trace->layer_count, i;

	for (i = 0; i < trace->device_count; i++) {
		size_t begin = trace->device_begin[i], first = trace->layer_count;
		struct list list = { trace, trace->by_device + begin,
			trace->device_begin[i + 1] - begin };

		if (has_layers(&list) || (!asked &&
		    (trace->devices[i].training || !has_start(&list))))
			continue;
		find_in_list(&list, (uint32_t)i);
		if (!split && trace->layer_count > first)
			merge_halves(&list, first);
	}
	return trace->layer_count - before;
}
