/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps times that cannot be true out of the sums: kernels at zero, long before all others,
 * and kernels that last far into the next ones of their stream. What was done is counted, for
 * the report to say. */
#include <stdlib.h>

#include "base/memory.h"
#include "evidence.h"

/* A time of zero is none where the device's other work begins this much later. */
enum { FAR_FROM_ZERO = 100000000 };

/* Two kernels of a stream may overlap this much, as programmatic launches do. */
enum { MOST_OVERLAP = 10000 };

/* By device: when its work begins that is not at zero; INT64_MAX when none is. */
static int64_t *
first_starts(const struct trace *trace)
{
	int64_t *first = memory_alloc(trace->device_count * sizeof(*first));
	size_t i;

	for (i = 0; i < trace->device_count; i++)
		first[i] = INT64_MAX;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[i];

		if (kernel->ts > 0 && kernel->ts < first[trace_device(trace, kernel)])
			first[trace_device(trace, kernel)] = kernel->ts;
	}
	return first;
}

void
zeros_leave_out(struct trace *trace)
{
	int64_t *first = first_starts(trace);
	size_t *left_out = NULL, left = 0, known = 0, capacity = 0, kept = 0, place = 0, i;

	for (i = 0; i < trace->kernel_count; i++, place++) {
		const struct kernel *kernel = &trace->kernels[i];
		int64_t start = first[trace_device(trace, kernel)];

		for (; known < trace->left_out_count && trace->left_out[known] == place; place++) {
			left_out = memory_grow(left_out, left, &capacity, sizeof(*left_out));
			left_out[left++] = trace->left_out[known++];
		}
		if (kernel->ts == 0 && start != INT64_MAX && start > FAR_FROM_ZERO) {
			left_out = memory_grow(left_out, left, &capacity, sizeof(*left_out));
			left_out[left++] = place;
			trace->duration -= kernel->dur;
			continue;
		}
		if (trace->wants_shapes)
			trace->shapes[kept] = trace->shapes[i];
		trace->kernels[kept++] = *kernel;
	}
	free(first);
	if (kept == trace->kernel_count) {
		free(left_out);
		return;
	}
	for (; known < trace->left_out_count; known++) {
		left_out = memory_grow(left_out, left, &capacity, sizeof(*left_out));
		left_out[left++] = trace->left_out[known];
	}
	free(trace->left_out);
	trace->left_out = left_out;
	trace->left_out_count = left;
	trace->left_out_capacity = capacity;
	trace->kernel_count = kept;
}

/* How long a class's kernels last. */
struct duration {
	uint32_t class;
	int64_t dur;
};

static int
compare_durations(const void *left, const void *right)
{
	const struct duration *a = left, *b = right;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return a->dur < b->dur ? -1 : a->dur > b->dur;
}

/* By how much the kernel at that place of by_stream lasts into the next one of its stream; 0 where
 * that is too little, or both are of one launch. */
static int64_t
overrun_at(const struct trace *trace, size_t place)
{
	const struct kernel *kernel = &trace->kernels[trace->by_stream[place]];
	const struct kernel *next = &trace->kernels[trace->by_stream[place + 1]];
	int64_t over = kernel->ts + kernel->dur - next->ts;

	return kernel->stream != next->stream || over <= MOST_OVERLAP ||
	    (kernel->correlation == next->correlation &&
	    kernel->correlation != NO_CORRELATION) ? 0 : over;
}

/* The durations of the classes that have kernels which do; *count: how many. */
static struct duration *
sort_durations(const struct trace *trace, size_t *count)
{
	bool *overruns = memory_alloc_zero(trace->class_count, sizeof(*overruns));
	struct duration *durations = NULL;
	size_t i;

	*count = 0;
	for (i = 0; i + 1 < trace->kernel_count; i++)
		if (overrun_at(trace, i) > 0)
			overruns[trace->kernels[trace->by_stream[i]].class] = true;
	for (i = 0; i < trace->kernel_count; i++)
		*count += overruns[trace->kernels[i].class];
	durations = memory_alloc(*count * sizeof(*durations));
	*count = 0;
	for (i = 0; i < trace->kernel_count; i++)
		if (overruns[trace->kernels[i].class])
			durations[(*count)++] = (struct duration){ trace->kernels[i].class,
				trace->kernels[i].dur };
	if (*count > 0)
		qsort(durations, *count, sizeof(*durations), compare_durations);
	free(overruns);
	return durations;
}

/* Where durations of this class or a later one begin. */
static size_t
class_begin(const struct duration *durations, size_t count, uint32_t class)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (durations[middle].class < class)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The median duration of a class; 0 where it is seen less than three times. */
static int64_t
median_of(const struct duration *durations, size_t count, uint32_t class)
{
	size_t begin = class_begin(durations, count, class);
	size_t size = class_begin(durations, count, class + 1) - begin;

	return size < 3 ? 0 : (durations[begin + (size - 1) / 2].dur +
	    durations[begin + size / 2].dur + 1) / 2;
}

void
overruns_clip(struct trace *trace)
{
	struct duration *durations;
	size_t count, i;

	durations = sort_durations(trace, &count);
	for (i = 0; i + 1 < trace->kernel_count; i++) {
		struct kernel *kernel = &trace->kernels[trace->by_stream[i]];
		int64_t over = overrun_at(trace, i);

		if (over == 0 || over <= median_of(durations, count, kernel->class))
			continue;
		kernel->dur -= over;
		trace->clipped_count++;
		trace->clipped += over;
	}
	free(durations);
}
