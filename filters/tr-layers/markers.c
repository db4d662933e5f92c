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

/* The collective that precedes position `at` with only neutral kernels between, or NONE.
 * *start tells whether a start norm is among those. */
static int64_t
collective_before(const struct trace *trace, size_t at, size_t begin, bool *start)
{
	size_t back;

	*start = false;
	for (back = 1; back <= LOOK_BACK && back <= at - begin; back++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[at - back]];
		unsigned roles = trace_class(trace, kernel)->roles;

		if (roles & ROLE_COMMUNICATION)
			return (int64_t)(at - back);
		if (!is_neutral(trace, kernel))
			return NONE;
		*start = *start || roles & ROLE_START;
	}
	return NONE;
}

/* Where the layer begins whose boundary stands at `at`; NONE when there is no boundary. */
static int64_t
boundary(const struct trace *trace, size_t at, size_t begin, bool first)
{
	const struct kernel_class *class =
	    trace_class(trace, &trace->kernels[trace->by_time[at]]);
	bool start;
	int64_t collective = collective_before(trace, at, begin, &start);

	if (class->roles & ROLE_START)
		return collective != NONE ? collective : first ? (int64_t)at : NONE;
	return class->type == TYPE_LINEAR && collective != NONE && !start ? collective : NONE;
}

/* An attention layer without MLP and an MLP layer without attention behind it are one. */
static void
merge_halves(struct trace *trace)
{
	enum { MIXES = ROLE_ATTENTION | ROLE_MLA | ROLE_GDN, FEEDS = ROLE_MOE | ROLE_FC };
	size_t count = trace->layer_count, kept = 0, i;
	int32_t *merged = memory_alloc(count * sizeof(*merged));
	unsigned *roles = memory_alloc_zero(count, sizeof(*roles));
	bool half_open = false;

	for (i = 0; i < trace->kernel_count; i++)
		if (trace->kernels[i].layer != NONE)
			roles[trace->kernels[i].layer] |=
			    trace_class(trace, &trace->kernels[i])->roles;
	for (i = 0; i < count; i++) {
		bool second = half_open && roles[i] & FEEDS && !(roles[i] & MIXES);

		merged[i] = (int32_t)(second ? kept - 1 : kept++);
		half_open = !second && roles[i] & MIXES && !(roles[i] & FEEDS);
		trace->layers[merged[i]] = trace->layers[i];
	}
	for (i = 0; i < trace->kernel_count; i++)
		if (trace->kernels[i].layer != NONE)
			trace->kernels[i].layer = merged[trace->kernels[i].layer];
	trace->layer_count = kept;
	free(merged);
	free(roles);
}

size_t
markers_find(struct trace *trace, bool split)
{
	int32_t layer = NONE, pass = NONE;
	size_t begin = 0, i;

	for (i = 0; i < trace->kernel_count; i++) {
		int64_t from = boundary(trace, i, begin, layer == NONE);

		if (from != NONE) {
			if (pass == NONE)
				pass = trace_add_pass(trace, METHOD_MARKERS);
			layer = trace_add_layer(trace, METHOD_MARKERS);
			trace->layers[layer].pass = pass;
			for (begin = (size_t)from; begin < i; begin++)
				trace->kernels[trace->by_time[begin]].layer = layer;
			begin = i;
		}
		trace->kernels[trace->by_time[i]].layer = layer;
	}
	if (!split && trace->layer_count > 0)
		merge_halves(trace);
	for (i = 0; i < trace->kernel_count; i++) {
		struct kernel *kernel = &trace->kernels[i];

		if (kernel->layer != NONE) {
			kernel->pass = pass;
			kernel->place = PLACE_LAYER;
		}
	}
	return trace->layer_count;
}
