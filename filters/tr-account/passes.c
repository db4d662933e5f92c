/* SPDX-License-Identifier: Apache-2.0 */
/* Each pass's share of the device's time. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "figures.h"

static int
compare_passes(const void *left, const void *right)
{
	const struct pass *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

static struct pass *
find_starts(const struct device *device, size_t *count)
{
	struct map seen = { 0 };
	struct pass *passes = NULL;
	size_t capacity = 0;

	*count = 0;
	for (size_t i = 0; i < device->count; i++) {
		const struct piece *piece = &device->pieces[i];
		uint64_t key = (uint64_t)(uint32_t)piece->pass << 32 | piece->stage;
		void **place;

		if (piece->pass == NO_PASS)
			continue;
		place = map_put(&seen, (const char *)&key, sizeof(key));
		if (*place != NULL)
			continue; /* pieces come by start */
		*place = &seen;
		passes = memory_grow(passes, *count, &capacity, sizeof(*passes));
		passes[(*count)++] = (struct pass){ .number = piece->pass, .stage = piece->stage,
			.start = piece->start };
	}
	map_free(&seen);
	if (*count > 0)
		qsort(passes, *count, sizeof(*passes), compare_passes);
	return passes;
}

static int64_t
overlap(const struct gap *gap, int64_t start, int64_t end)
{
	int64_t from = gap->start > start ? gap->start : start;
	int64_t to = gap->end < end ? gap->end : end;

	return to > from ? to - from : 0;
}

static void
add_gaps(const struct device *device, struct pass *pass)
{
	int64_t end = pass->own_end > pass->tile_end ? pass->own_end : pass->tile_end;
	size_t low = 0, high = device->gap_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (device->gaps[middle].end <= pass->start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < device->gap_count && device->gaps[low].start < end; low++) {
		const struct gap *gap = &device->gaps[low];

		pass->idle_by_cause[gap->cause] += overlap(gap, pass->start, pass->tile_end);
		pass->idle_own_by_cause[gap->cause] += overlap(gap, pass->start, pass->own_end);
	}
}

struct pass *
passes_find(const struct device *device, const struct timeline *timeline, size_t *count)
{
	struct pass *passes = find_starts(device, count);
	size_t piece = 0;

	for (size_t i = 0; i < *count; i++) {
		struct pass *pass = &passes[i];
		bool last = i + 1 == *count;

		pass->tile_end = last ? device->last : passes[i + 1].start;
		pass->own_end = INT64_MIN;
		while (piece < device->count && device->pieces[piece].start < pass->start)
			piece++;
		for (; piece < device->count &&
		    (last || device->pieces[piece].start < pass->tile_end); piece++) {
			pass->pieces++;
			if (device->pieces[piece].end > pass->own_end)
				pass->own_end = device->pieces[piece].end;
		}
		if (pass->own_end == INT64_MIN)
			pass->own_end = pass->start;
		pass->tile = timeline_times(timeline, pass->start, pass->tile_end);
		pass->own = timeline_times(timeline, pass->start, pass->own_end);
		add_gaps(device, pass);
	}
	return passes;
}

static int64_t
own_time(const struct pass *pass)
{
	return pass->own_end - pass->start;
}

/* The spread of the stage's passes from its `skip`-th on. */
static struct spread
own_spread(const struct pass *passes, size_t count, uint32_t stage, size_t skip)
{
	int64_t *numbers = memory_alloc_zero(count + 1, sizeof(*numbers));
	struct spread spread;
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (passes[i].stage != stage)
			continue;
		if (skip > 0)
			skip--;
		else
			numbers[used++] = own_time(&passes[i]);
	}
	spread = spread_of(numbers, used);
	free(numbers);
	return spread;
}

/* Leading passes are warm-up while they last more than 1.2 of the median of those after
 * them and more than 3 remain. */
static size_t
find_warm(const struct pass *passes, size_t count, uint32_t stage, size_t in_stage)
{
	size_t skip = 0;

	for (size_t i = 0; i < count && in_stage - skip > 3; i++) {
		if (passes[i].stage != stage)
			continue;
		if (5 * own_time(&passes[i]) <= 6 * own_spread(passes, count, stage, skip + 1).p50)
			break;
		skip++;
	}
	return skip;
}

struct stage_figures *
stages_find(const struct load *load, struct pass *passes, size_t count, size_t *stage_count)
{
	struct stage_figures *stages = memory_alloc_zero(load->stages.count + 1, sizeof(*stages));

	*stage_count = 0;
	for (size_t number = 0; number < load->stages.count; number++) {
		struct stage_figures stage = { .stage = (uint32_t)number };
		size_t seen = 0, place = *stage_count;

		for (size_t i = 0; i < count; i++)
			stage.passes += passes[i].stage == number;
		if (stage.passes == 0)
			continue;
		stage.warm_from = find_warm(passes, count, stage.stage, stage.passes);
		for (size_t i = 0; i < count; i++)
			if (passes[i].stage == number)
				passes[i].warm = seen++ >= stage.warm_from;
		stage.own = own_spread(passes, count, stage.stage, 0);
		stage.warm_own = own_spread(passes, count, stage.stage, stage.warm_from);
		for (; place > 0 && strcmp(load_stage(load, stages[place - 1].stage),
		    load_stage(load, stage.stage)) > 0; place--)
			stages[place] = stages[place - 1];
		stages[place] = stage;
		++*stage_count;
	}
	return stages;
}
