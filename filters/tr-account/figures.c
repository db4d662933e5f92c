/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over a device's work and gaps, and the queue of its launches. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "figures.h"

/* A launch call that finds this many waiting, and lasts this long and this many times the
 * usual of its name, was blocked by a full queue. */
enum { FULL_DEPTH = 512, FULL_NS = 20000, FULL_TIMES = 5 };

struct spread
spread_of(int64_t *numbers, size_t count)
{
	struct spread spread = { .count = count };

	if (count == 0)
		return spread;
	statistics_sort(numbers, count);
	spread.min = numbers[0];
	spread.p50 = statistics_quantile(numbers, count, 500);
	spread.p90 = statistics_quantile(numbers, count, 900);
	spread.p99 = statistics_quantile(numbers, count, 990);
	spread.max = numbers[count - 1];
	return spread;
}

/* A launch and the first piece of work that came of it. */
struct launched {
	const struct host_event *launch;
	int64_t start; /* of the work */
	int64_t depth; /* work launched and not begun when the call began */
};

static int
compare_launched(const void *left, const void *right)
{
	const struct launched *a = left, *b = right;

	if (a->launch->start != b->launch->start)
		return a->launch->start < b->launch->start ? -1 : 1;
	return a->launch->order < b->launch->order ? -1 : a->launch->order > b->launch->order;
}

static int
compare_names(const void *left, const void *right)
{
	const struct host_event *a = ((const struct launched *)left)->launch;
	const struct host_event *b = ((const struct launched *)right)->launch;
	int64_t a_length = a->end - a->start, b_length = b->end - b->start;

	if (a->name != b->name)
		return (uintptr_t)a->name < (uintptr_t)b->name ? -1 : 1;
	return a_length < b_length ? -1 : a_length > b_length;
}

static void
find_depths(struct launched *launched, size_t count)
{
	int64_t *starts = memory_alloc_zero(count + 1, sizeof(*starts));
	size_t calls = 0, begun = 0;

	for (size_t i = 0; i < count; i++)
		starts[i] = launched[i].start;
	statistics_sort(starts, count);
	for (size_t i = 0; i < count; i++) {
		int64_t time = launched[i].launch->start;

		while (calls < count && launched[calls].launch->start <= time)
			calls++;
		while (begun < count && starts[begun] <= time)
			begun++;
		launched[i].depth = (int64_t)calls - (int64_t)begun;
	}
	free(starts);
}

/* The calls of one name, by length: those that a full queue blocked. */
static void
add_full(const struct launched *launched, size_t count, struct figures *figures)
{
	int64_t *lengths = memory_alloc(count * sizeof(*lengths)), least;

	for (size_t i = 0; i < count; i++)
		lengths[i] = launched[i].launch->end - launched[i].launch->start;
	least = FULL_TIMES * statistics_quantile(lengths, count, 10);
	if (least < FULL_NS)
		least = FULL_NS;
	for (size_t i = 0; i < count; i++)
		if (launched[i].depth >= FULL_DEPTH && lengths[i] >= least &&
		    strstr(launched[i].launch->name->text, "aunch") != NULL) {
			figures->full_queue_calls++;
			figures->full_queue_ns += lengths[i];
		}
	free(lengths);
}

static void
find_queue(struct launched *launched, size_t count, struct figures *figures)
{
	int64_t *numbers = memory_alloc_zero(count + 1, sizeof(*numbers));
	size_t begin, end;

	for (size_t i = 0; i < count; i++) {
		numbers[i] = launched[i].start - launched[i].launch->start;
		figures->launched_before_call += numbers[i] < 0;
	}
	figures->launch_delay = spread_of(numbers, count);
	for (size_t i = 0; i < count; i++)
		numbers[i] = launched[i].start - launched[i].launch->end;
	figures->queue_delay = spread_of(numbers, count);
	find_depths(launched, count);
	for (size_t i = 0; i < count; i++) {
		numbers[i] = launched[i].depth;
		figures->into_empty_queue += numbers[i] <= 1;
	}
	figures->queue_depth = spread_of(numbers, count);
	free(numbers);
	if (count > 0)
		qsort(launched, count, sizeof(*launched), compare_names);
	for (begin = 0; begin < count; begin = end) {
		for (end = begin; end < count &&
		    launched[end].launch->name == launched[begin].launch->name; end++)
			;
		add_full(launched + begin, end - begin, figures);
	}
}

void
figures_find(const struct device *device, const struct timeline *timeline,
    struct figures *figures)
{
	struct launched *launched = memory_alloc(device->count * sizeof(*launched));
	int64_t *lengths = memory_alloc_zero(device->gap_count + 1, sizeof(*lengths));
	size_t count = 0;

	*figures = (struct figures){
		.times = timeline_times(timeline, device->first, device->last)
	};
	for (size_t i = 0; i < device->count; i++) {
		const struct piece *piece = &device->pieces[i];

		figures->pieces[piece->work]++;
		figures->sums[piece->work] += piece->end - piece->start;
		if (piece->launch != NO_LAUNCH && piece->first)
			launched[count++] = (struct launched){ launch_of(device->rank, piece),
				piece->start, 0 };
	}
	for (size_t i = 0; i < device->gap_count; i++) {
		const struct gap *gap = &device->gaps[i];

		lengths[i] = gap->end - gap->start;
		figures->idle += lengths[i];
		figures->idle_by_cause[gap->cause] += lengths[i];
		figures->gaps_by_cause[gap->cause]++;
		figures->gaps_over_1us += lengths[i] > 1000;
		for (int part = 0; part < PART_COUNT; part++)
			figures->idle_by_part[part] += gap->parts[part];
	}
	figures->gaps = spread_of(lengths, device->gap_count);
	if (count > 0)
		qsort(launched, count, sizeof(*launched), compare_launched);
	find_queue(launched, count, figures);
	free(lengths);
	free(launched);
}
