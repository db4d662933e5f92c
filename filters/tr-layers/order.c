/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the kernels: by time over all, and on each stream. */
#include <stdlib.h>

#include "base/memory.h"
#include "evidence.h"

/* Stable merge sort of the kernels' indexes; most traces are sorted already. */
static void
sort_kernels(struct trace *trace)
{
	const struct kernel *kernels = trace->kernels;
	size_t count = trace->kernel_count, width, i;
	uint32_t *from, *into;
	bool sorted = true;

	trace->by_time = memory_resize(trace->by_time, count, sizeof(*trace->by_time));
	for (i = 0; i < count; i++) {
		trace->by_time[i] = (uint32_t)i;
		sorted = sorted && (i == 0 || kernels[i - 1].ts <= kernels[i].ts);
	}
	if (sorted)
		return;
	from = trace->by_time;
	into = memory_alloc(count * sizeof(*into));
	for (width = 1; width < count; width *= 2) {
		uint32_t *swap;
		size_t begin;

		for (begin = 0; begin < count; begin += 2 * width) {
			size_t middle = begin + width < count ? begin + width : count;
			size_t end = begin + 2 * width < count ? begin + 2 * width : count;
			size_t a = begin, b = middle, at = begin;

			while (at < end)
				into[at++] = a < middle &&
				    (b >= end || kernels[from[a]].ts <= kernels[from[b]].ts)
				    ? from[a++] : from[b++];
		}
		swap = from;
		from = into;
		into = swap;
	}
	trace->by_time = from;
	free(into);
}

static int
compare_copies(const void *left, const void *right)
{
	const struct copy *a = left, *b = right;

	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	return a->dur < b->dur ? -1 : a->dur > b->dur;
}

static uint32_t
group_of(const struct trace *trace, uint32_t kernel, bool devices)
{
	return devices ? trace_device(trace, &trace->kernels[kernel])
	               : trace->kernels[kernel].stream;
}

/* by_time, device by device or stream by stream. */
static void
list_groups(const struct trace *trace, bool devices, uint32_t **list, size_t **begins)
{
	size_t groups = devices ? trace->device_count : trace->stream_count;
	size_t count = trace->kernel_count, i, *begin;

	*list = memory_resize(*list, count, sizeof(**list));
	*begins = begin = memory_resize(*begins, groups + 2, sizeof(**begins));
	for (i = 0; i < groups + 2; i++)
		begin[i] = 0;
	for (i = 0; i < count; i++)
		begin[group_of(trace, (uint32_t)i, devices) + 2]++;
	for (i = 2; i < groups + 2; i++)
		begin[i] += begin[i - 1];
	for (i = 0; i < count; i++) {
		uint32_t kernel = trace->by_time[i];

		(*list)[begin[group_of(trace, kernel, devices) + 1]++] = kernel;
	}
}

void
order_find(struct trace *trace)
{
	sort_kernels(trace);
	if (trace->copy_count > 0)
		qsort(trace->copies, trace->copy_count, sizeof(*trace->copies), compare_copies);
	list_groups(trace, false, &trace->by_stream, &trace->stream_begin);
	list_groups(trace, true, &trace->by_device, &trace->device_begin);
	free(trace->renumbered);
	trace->renumbered = memory_alloc_zero(trace->class_count, sizeof(*trace->renumbered));
}
