/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels of one graph launch run on a stream in one order, and the profiler writes them so.
 * Where some have times that belong elsewhere, the order of the file is the right one. */
#include <stdlib.h>

#include "base/memory.h"
#include "evidence.h"

/* A launch of fewer kernels is left alone; so is one in which more than a quarter would have
 * to move: that file is in another order. */
enum { LEAST_KERNELS = 8, MOST_MOVED = 4 };

/* A kernel's place in by_stream, by stream and correlation. */
struct launched {
	int64_t correlation;
	uint32_t stream, at;
};

static int
compare_places(const void *left, const void *right)
{
	const struct launched *a = left, *b = right;

	if (a->stream != b->stream)
		return a->stream < b->stream ? -1 : 1;
	if (a->correlation != b->correlation)
		return a->correlation < b->correlation ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* Where a kernel goes: to the place `at` of by_stream, before, on or after the one that has it. */
struct target {
	uint32_t at;
	int side;
	uint32_t kernel;
};

static int
compare_targets(const void *left, const void *right)
{
	const struct target *a = left, *b = right;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->side != b->side)
		return a->side < b->side ? -1 : 1;
	return a->kernel < b->kernel ? -1 : a->kernel > b->kernel;
}

static int
compare_kernels(const void *left, const void *right)
{
	const struct target *a = left, *b = right;

	return a->kernel < b->kernel ? -1 : a->kernel > b->kernel;
}

/* Whether any kernel of a stream begins before one that the file has before it. */
static bool
is_any_out_of_order(const struct trace *trace)
{
	size_t i;

	for (i = 1; i < trace->kernel_count; i++)
		if (trace->by_stream[i] < trace->by_stream[i - 1] &&
		    trace->kernels[trace->by_stream[i]].stream ==
		        trace->kernels[trace->by_stream[i - 1]].stream)
			return true;
	return false;
}

static struct launched *
list_places(const struct trace *trace, size_t *count)
{
	struct launched *places = memory_alloc(trace->kernel_count * sizeof(*places));
	bool sorted = true;
	size_t i;

	*count = 0;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_stream[i]];

		if (kernel->correlation == NO_CORRELATION)
			continue;
		places[(*count)++] = (struct launched){ kernel->correlation,
			kernel->stream, (uint32_t)i };
		sorted = sorted && (*count == 1 ||
		    compare_places(&places[*count - 2], &places[*count - 1]) <= 0);
	}
	if (!sorted)
		qsort(places, *count, sizeof(*places), compare_places);
	return places;
}

/* Marks the most kernels that are in order with side 0, all others with 1; how many are. */
static size_t
mark_in_order(struct target *targets, size_t count)
{
	size_t *lasts = memory_alloc((count + 1) * sizeof(*lasts));  /* by length: where it ends */
	size_t *before = memory_alloc((count + 1) * sizeof(*before)); /* the one before it, + 1 */
	size_t length = 0, i;

	for (i = 0; i < count; i++) {
		size_t low = 0, high = length;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (targets[lasts[middle]].kernel < targets[i].kernel)
				low = middle + 1;
			else
				high = middle;
		}
		lasts[low] = i;
		before[i] = low > 0 ? lasts[low - 1] + 1 : 0;
		length += low == length;
		targets[i].side = 1;
	}
	for (i = length > 0 ? lasts[length - 1] + 1 : 0; i > 0; i = before[i - 1])
		targets[i - 1].side = 0;
	free(lasts);
	free(before);
	return length;
}

/* Kernels of one launch that are out of order go to the one that the file has before them, or
 * the first ones before the one that it has after them. Whether any does. */
static bool
mend_launch(struct trace *trace, const struct launched *places, size_t count,
    struct target *all)
{
	struct target *targets = memory_alloc(count * sizeof(*targets));
	size_t moved, first = 0, i;

	for (i = 0; i < count; i++)
		targets[i] = (struct target){ places[i].at, 0, trace->by_stream[places[i].at] };
	moved = count - mark_in_order(targets, count);
	if (moved == 0 || moved * MOST_MOVED > count) {
		free(targets);
		return false;
	}
	trace->displaced_count += moved;
	qsort(targets, count, sizeof(*targets), compare_kernels);
	while (targets[first].side != 0)
		first++;
	for (i = 0; i < count; i++) {
		struct target *target = &all[targets[i].at];

		if (targets[i].side == 0)
			first = i;
		else
			*target = (struct target){ targets[first].at, i < first ? -1 : 1,
				targets[i].kernel };
	}
	free(targets);
	return true;
}

static void
move_kernels(struct trace *trace, struct target *all)
{
	size_t i;

	qsort(all, trace->kernel_count, sizeof(*all), compare_targets);
	for (i = 0; i < trace->kernel_count; i++)
		trace->by_stream[i] = all[i].kernel;
}

void
displaced_find(struct trace *trace)
{
	struct launched *places;
	struct target *all;
	size_t count, begin, end, i;
	bool moves = false;

	if (!is_any_out_of_order(trace))
		return;
	places = list_places(trace, &count);
	all = memory_alloc(trace->kernel_count * sizeof(*all));
	for (i = 0; i < trace->kernel_count; i++)
		all[i] = (struct target){ (uint32_t)i, 0, trace->by_stream[i] };
	for (begin = 0; begin < count; begin = end) {
		for (end = begin + 1; end < count && places[end].stream == places[begin].stream &&
		     places[end].correlation == places[begin].correlation; end++)
			;
		if (end - begin >= LEAST_KERNELS)
			moves = mend_launch(trace, places + begin, end - begin, all) || moves;
	}
	if (moves)
		move_kernels(trace, all);
	free(all);
	free(places);
}
