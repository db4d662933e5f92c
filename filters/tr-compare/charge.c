/* SPDX-License-Identifier: Apache-2.0 */
/* Sweeps over the events of each pass and gives every instant to one row. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "charge.h"
#include "base/statistics.h"

static int
by_pass_and_start(const void *a, const void *b)
{
	const struct event *first = a, *second = b;

	if (first->pass != second->pass)
		return first->pass < second->pass ? -1 : 1;
	if (first->start != second->start)
		return first->start < second->start ? -1 : 1;
	return (first->index > second->index) - (first->index < second->index);
}

static int
by_pass_and_index(const void *a, const void *b)
{
	const struct event *first = a, *second = b;

	if (first->pass != second->pass)
		return first->pass < second->pass ? -1 : 1;
	return (first->index > second->index) - (first->index < second->index);
}

static int
gaps_by_device(const void *a, const void *b)
{
	const struct gap *first = a, *second = b;

	if (first->device != second->device)
		return first->device < second->device ? -1 : 1;
	return (first->start > second->start) - (first->start < second->start);
}

static int
by_time(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

	return (first > second) - (first < second);
}

/* Time by row while one pass is swept; `taken` is zero between passes. */
struct purse {
	int64_t *taken; /* by row */
	bool *touched;
	uint32_t *list; /* the rows that were touched */
	size_t count;
};

static void
give(struct purse *purse, uint32_t row, int64_t ns)
{
	if (ns == 0)
		return;
	if (!purse->touched[row]) {
		purse->touched[row] = true;
		purse->list[purse->count++] = row;
	}
	purse->taken[row] += ns;
}

/* The event that `time` belongs to, or NULL. `heads` are the first events of each class that
 * have not ended: the events lie in order of their start, so that no earlier one is live. */
static const struct event *
runs_at(const struct event *events, size_t count, const struct rows *rows,
    size_t heads[ROW_IDLE], int64_t time)
{
	for (int class = 0; class < ROW_IDLE; class++) {
		size_t *head = &heads[class];

		while (*head < count && ((int)rows->rows[events[*head].row].class != class ||
		    events[*head].end <= time) && events[*head].start <= time)
			++*head;
		if (*head < count && events[*head].start <= time)
			return &events[*head];
	}
	return NULL;
}

/* The busy instants; returns how many nanoseconds they are. */
static int64_t
sweep(const struct event *events, size_t count, const struct rows *rows, struct purse *purse)
{
	int64_t *times = memory_alloc(2 * count * sizeof(*times)), busy = 0;
	size_t heads[ROW_IDLE] = { 0 };

	for (size_t i = 0; i < count; i++) {
		times[2 * i] = events[i].start;
		times[2 * i + 1] = events[i].end;
	}
	qsort(times, 2 * count, sizeof(*times), by_time);
	for (size_t i = 0; i + 1 < 2 * count; i++) {
		const struct event *event;

		if (times[i] == times[i + 1])
			continue;
		event = runs_at(events, count, rows, heads, times[i]);
		if (event == NULL)
			continue;
		give(purse, event->row, times[i + 1] - times[i]);
		busy += times[i + 1] - times[i];
	}
	free(times);
	return busy;
}

/* The first of the gaps, by device and time, that ends after an instant. */
static size_t
first_gap(const struct side *side, uint32_t device, int64_t after)
{
	size_t from = 0, to = side->gap_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct gap *gap = &side->gaps[middle];

		if (gap->device < device || (gap->device == device && gap->end <= after))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* What the gaps cover of the pass's own time. */
static int64_t
give_gaps(const struct side *side, const struct pass *pass, struct purse *purse)
{
	int64_t start = pass->start, end = start + pass->own, idle = 0;

	for (size_t at = first_gap(side, pass->device, start); at < side->gap_count; at++) {
		const struct gap *gap = &side->gaps[at];
		int64_t from = gap->start > start ? gap->start : start;
		int64_t to = gap->end < end ? gap->end : end;

		if (gap->device != pass->device || gap->start >= end)
			break;
		if (to > from) {
			give(purse, gap->row, to - from);
			idle += to - from;
		}
	}
	return idle;
}

static void
keep_shares(struct pass *pass, struct purse *purse)
{
	pass->shares = memory_alloc((purse->count + 1) * sizeof(*pass->shares));
	for (size_t i = 0; i < purse->count; i++) {
		uint32_t row = purse->list[i];

		pass->shares[pass->share_count++] = (struct share){ row, purse->taken[row] };
		purse->taken[row] = 0;
		purse->touched[row] = false;
	}
	purse->count = 0;
}

static void
set_times(struct pass *pass, const struct event *events)
{
	int64_t end = events[pass->first_event].end;

	for (size_t i = 0; i < pass->event_count; i++)
		if (events[pass->first_event + i].end > end)
			end = events[pass->first_event + i].end;
	pass->start = events[pass->first_event].start;
	pass->own = end - pass->start;
}

/* Passes that have records but no kernel stay empty and are told apart by event_count. */
static void
find_events(struct side *side)
{
	qsort(side->events, side->event_count, sizeof(*side->events), by_pass_and_start);
	for (size_t i = 0; i < side->event_count; i++) {
		struct pass *pass = &side->passes[side->events[i].pass];

		if (pass->event_count++ == 0)
			pass->first_event = i;
	}
}

struct order {
	uint32_t device, pass;
	int64_t start, end;
};

static int
by_device_and_start(const void *a, const void *b)
{
	const struct order *first = a, *second = b;

	if (first->device != second->device)
		return first->device < second->device ? -1 : 1;
	return (first->start > second->start) - (first->start < second->start);
}

/* What is in no pass, as copies are, belongs to the passes that it runs in, as far as it does:
 * it makes none longer. */
static void
place_loose(struct side *side)
{
	struct order *order = memory_alloc((side->pass_count + 1) * sizeof(*order));
	size_t count = 0, placed = side->event_count;

	for (uint32_t i = 0; i < side->pass_count; i++) {
		struct pass *pass = &side->passes[i];

		if (pass->event_count == 0)
			continue;
		set_times(pass, side->events);
		order[count++] = (struct order){ pass->device, i, pass->start,
			pass->start + pass->own };
	}
	qsort(order, count, sizeof(*order), by_device_and_start);
	for (size_t i = 0; i < side->loose_count; i++) {
		const struct loose *loose = &side->loose[i];
		size_t from = 0, to = count;

		while (from < to) { /* the first pass that begins after it ends */
			size_t middle = from + (to - from) / 2;

			if (order[middle].device < loose->device ||
			    (order[middle].device == loose->device &&
			    order[middle].start < loose->event.end))
				from = middle + 1;
			else
				to = middle;
		}
		/* Passes of one device follow each other. */
		while (from-- > 0 && order[from].device == loose->device &&
		    order[from].end > loose->event.start) {
			struct event event = loose->event;

			event.pass = order[from].pass;
			if (event.start < order[from].start)
				event.start = order[from].start;
			if (event.end > order[from].end)
				event.end = order[from].end;
			side->events = memory_grow(side->events, placed, &side->event_capacity,
			    sizeof(event));
			side->events[placed++] = event;
		}
	}
	if (placed > side->event_count) {
		side->event_count = placed;
		for (size_t i = 0; i < side->pass_count; i++)
			side->passes[i].event_count = 0;
		find_events(side);
	}
	free(order);
}

/* Passes of one stage in the order in which they were met, which is that of their device's
 * time: which of them are warm. */
static void
find_warm(struct side *side, enum stage stage)
{
	int64_t *times = memory_alloc((side->pass_count + 1) * sizeof(*times));
	size_t left = 0, seen = 0, cold = 0;

	for (size_t i = 0; i < side->pass_count; i++)
		if (side->passes[i].stage == stage && side->passes[i].event_count > 0)
			times[left++] = side->passes[i].own;
	while (left - cold > 3 && 5 * times[cold] >
	    6 * statistics_median_of(times + cold + 1, left - cold - 1))
		cold++;
	for (size_t i = 0; i < side->pass_count; i++)
		if (side->passes[i].stage == stage && side->passes[i].event_count > 0)
			side->passes[i].warm = seen++ >= cold;
	free(times);
}

void
charge_passes(struct side *side, const struct rows *rows, uint32_t rest)
{
	struct purse purse = {
		.taken = memory_alloc_zero(rows->count, sizeof(*purse.taken)),
		.touched = memory_alloc_zero(rows->count, sizeof(*purse.touched)),
		.list = memory_alloc(rows->count * sizeof(*purse.list)),
	};

	find_events(side);
	place_loose(side);
	if (side->gap_count > 0)
		qsort(side->gaps, side->gap_count, sizeof(*side->gaps), gaps_by_device);
	for (uint32_t i = 0; i < side->pass_count; i++) {
		struct pass *pass = &side->passes[i];
		int64_t busy, idle;

		if (pass->event_count == 0)
			continue;
		set_times(pass, side->events);
		busy = sweep(side->events + pass->first_event, pass->event_count, rows, &purse);
		idle = give_gaps(side, pass, &purse);
		if (idle > pass->own - busy)
			die("a pass has gaps while its kernels run: not one run's records");
		give(&purse, rest, pass->own - busy - idle);
		keep_shares(pass, &purse);
	}
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		find_warm(side, (enum stage)stage);
	qsort(side->events, side->event_count, sizeof(*side->events), by_pass_and_index);
	free(purse.taken);
	free(purse.touched);
	free(purse.list);
}
