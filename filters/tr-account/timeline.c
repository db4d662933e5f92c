/* SPDX-License-Identifier: Apache-2.0 */
/* Starts and ends in one order; instants at which nothing changes are left out. */
#include <stdlib.h>

#include "base/memory.h"
#include "timeline.h"

struct change {
	int64_t time;
	int8_t step; /* 1: begins */
	uint8_t work;
};

static int
compare_changes(const void *left, const void *right)
{
	const struct change *a = left, *b = right;

	return a->time < b->time ? -1 : a->time > b->time;
}

static void
add_instant(struct timeline *timeline, int64_t time, const size_t *running)
{
	uint8_t kinds = 0;

	for (int work = 0; work < WORK_COUNT; work++)
		kinds |= (uint8_t)((running[work] > 0) << work);
	if (timeline->count > 0 && timeline->list[timeline->count - 1].kinds == kinds)
		return;
	timeline->list[timeline->count++] = (struct instant){ time, kinds };
}

struct timeline
timeline_open(const struct device *device)
{
	struct timeline timeline = { 0 };
	struct change *changes = memory_alloc(2 * device->count * sizeof(*changes));
	size_t running[WORK_COUNT] = { 0 }, count = 0;

	timeline.list = memory_alloc((2 * device->count + 1) * sizeof(*timeline.list));
	for (size_t i = 0; i < device->count; i++) {
		const struct piece *piece = &device->pieces[i];

		if (piece->end <= piece->start)
			continue;
		changes[count++] = (struct change){ piece->start, 1, piece->work };
		changes[count++] = (struct change){ piece->end, -1, piece->work };
	}
	if (count > 0)
		qsort(changes, count, sizeof(*changes), compare_changes);
	for (size_t i = 0; i < count; i++) {
		running[changes[i].work] += (size_t)changes[i].step;
		if (i + 1 == count || changes[i + 1].time > changes[i].time)
			add_instant(&timeline, changes[i].time, running);
	}
	free(changes);
	return timeline;
}

void
timeline_close(struct timeline *timeline)
{
	free(timeline->list);
	*timeline = (struct timeline){ 0 };
}

/* The last instant at or before `time`; the first when there is none. */
static size_t
find_instant(const struct timeline *timeline, int64_t time)
{
	size_t low = 0, high = timeline->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (timeline->list[middle].time <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? low - 1 : 0;
}

static void
add_time(struct times *times, uint8_t kinds, int64_t length)
{
	bool taken = false;

	for (int work = 0; work < WORK_COUNT; work++) {
		if ((kinds >> work & 1) == 0)
			continue;
		times->all[work] += length;
		if (!taken) {
			times->exclusive[work] += length;
			times->busy += length;
		}
		taken = true;
	}
	if ((kinds >> WORK_COMPUTE & 1) && (kinds >> WORK_COMM & 1))
		times->overlapped += length;
}

struct times
timeline_times(const struct timeline *timeline, int64_t start, int64_t end)
{
	struct times times = { 0 };

	for (size_t i = find_instant(timeline, start); i + 1 < timeline->count &&
	    timeline->list[i].time < end; i++) {
		const struct instant *at = &timeline->list[i];
		int64_t from = at->time > start ? at->time : start;
		int64_t to = at[1].time < end ? at[1].time : end;

		if (to > from)
			add_time(&times, at->kinds, to - from);
	}
	return times;
}
