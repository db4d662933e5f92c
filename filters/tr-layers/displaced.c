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

static int
compare_kernels(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
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
	size_t i;

	*count = 0;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_stream[i]];

		if (kernel->correlation != NO_CORRELATION)
			places[(*count)++] = (struct launched){ kernel->correlation,
				kernel->stream, (uint32_t)i };
	}
	if (*count > 0)
		qsort(places, *count, sizeof(*places), compare_places);
	return places;
}

/* How many of the kernels are in order at most: the longest ascending subsequence. */
static size_t
longest_in_order(const uint32_t *kernels, size_t count, uint32_t *lasts)
{
	size_t length = 0, i;

	for (i = 0; i < count; i++) {
		size_t low = 0, high = length;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (lasts[middle] < kernels[i])
				low = middle + 1;
			else
				high = middle;
		}
		lasts[low] = kernels[i];
		length += low == length;
	}
	return length;
}

/* Give the places of one launch to its kernels in the order of the file. */
static void
mend_launch(struct trace *trace, const struct launched *places, size_t count)
{
	uint32_t *kernels = memory_alloc(count * sizeof(*kernels));
	uint32_t *lasts = memory_alloc(count * sizeof(*lasts));
	size_t moved, i;

	for (i = 0; i < count; i++)
		kernels[i] = trace->by_stream[places[i].at];
	moved = count - longest_in_order(kernels, count, lasts);
	if (moved > 0 && moved * MOST_MOVED <= count) {
		qsort(kernels, count, sizeof(*kernels), compare_kernels);
		for (i = 0; i < count; i++)
			trace->by_stream[places[i].at] = kernels[i];
		trace->displaced_count += moved;
	}
	free(kernels);
	free(lasts);
}

void
displaced_find(struct trace *trace)
{
	struct launched *places;
	size_t count, begin, end;

	if (!is_any_out_of_order(trace))
		return;
	places = list_places(trace, &count);
	for (begin = 0; begin < count; begin = end) {
		for (end = begin + 1; end < count && places[end].stream == places[begin].stream &&
		     places[end].correlation == places[begin].correlation; end++)
			;
		if (end - begin >= LEAST_KERNELS)
			mend_launch(trace, places + begin, end - begin);
	}
	free(places);
}
