/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of a rank: events by thread, the calls that block, allocate or wait, and
 * which call launched which piece of work. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "device.h"

static int
compare_intervals(const void *left, const void *right)
{
	const struct interval *a = left, *b = right;

	return a->start != b->start ? (a->start < b->start ? -1 : 1)
	    : a->end < b->end ? -1 : a->end > b->end;
}

void
intervals_unite(struct intervals *intervals)
{
	struct interval *list = intervals->list;
	size_t kept = 0;

	if (intervals->count > 0)
		qsort(list, intervals->count, sizeof(*list), compare_intervals);
	for (size_t i = 0; i < intervals->count; i++) {
		if (kept > 0 && list[i].start <= list[kept - 1].end) {
			if (list[i].end > list[kept - 1].end)
				list[kept - 1].end = list[i].end;
		} else if (list[i].end > list[i].start) {
			list[kept++] = list[i];
		}
	}
	intervals->count = kept;
}

int64_t
intervals_cover(const struct intervals *intervals, int64_t start, int64_t end)
{
	size_t low = 0, high = intervals->count;
	int64_t sum = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (intervals->list[middle].end <= start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < intervals->count && intervals->list[low].start < end; low++) {
		const struct interval *each = &intervals->list[low];

		sum += (each->end < end ? each->end : end) -
		    (each->start > start ? each->start : start);
	}
	return sum;
}

static void
add_interval(struct intervals *intervals, const struct host_event *event)
{
	intervals->list = memory_grow(intervals->list, intervals->count, &intervals->capacity,
	    sizeof(*intervals->list));
	intervals->list[intervals->count++] = (struct interval){ event->start, event->end };
}

static void
add_call(struct blocking *calls, const struct host_event *event)
{
	calls->list = memory_grow(calls->list, calls->count, &calls->capacity,
	    sizeof(*calls->list));
	calls->list[calls->count++] = event;
}

static int
compare_hosts(const void *left, const void *right)
{
	const struct host_event *a = left, *b = right;

	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int
compare_pieces(const void *left, const void *right)
{
	const struct piece *a = left, *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* A call with a correlation, for the search. */
struct caller {
	int64_t correlation, start;
	uint64_t order;
	ptrdiff_t place;
	bool gives_work;
};

static int
compare_callers(const void *left, const void *right)
{
	const struct caller *a = left, *b = right;

	if (a->correlation != b->correlation)
		return a->correlation < b->correlation ? -1 : 1;
	if (a->gives_work != b->gives_work)
		return a->gives_work ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static ptrdiff_t
find_caller(const struct caller *callers, size_t count, int64_t correlation)
{
	size_t low = 0, high = count;

	if (correlation == NO_CORRELATION || correlation == 0)
		return NO_LAUNCH;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (callers[middle].correlation < correlation)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && callers[low].correlation == correlation ? callers[low].place :
	    NO_LAUNCH;
}

static void
find_launches(struct host *host, struct rank *rank)
{
	struct caller *callers = memory_alloc((rank->host_count + 1) * sizeof(*callers));
	size_t count = 0;

	for (size_t i = 0; i < rank->host_count; i++) {
		const struct host_event *event = &rank->hosts[i];

		if (event->kind != HOST_CALL || event->correlation == NO_CORRELATION ||
		    event->correlation == 0)
			continue;
		callers[count++] = (struct caller){ event->correlation, event->start, event->order,
			(ptrdiff_t)i, (event->name->flags & WORD_GIVES_WORK) != 0 };
	}
	if (count > 0)
		qsort(callers, count, sizeof(*callers), compare_callers);
	host->has_calls = count > 0;
	for (size_t i = 0; i < rank->piece_count; i++)
		rank->pieces[i].launch = find_caller(callers, count, rank->pieces[i].correlation);
	free(callers);
}

/* A pageable copy to the host blocks its caller, whatever the call's name says. */
static void
add_pageable_copies(struct host *host, const struct rank *rank)
{
	for (size_t i = 0; i < rank->piece_count; i++) {
		const struct piece *piece = &rank->pieces[i];
		const struct host_event *launch = launch_of(rank, piece);

		if (piece->work == WORK_COPY && launch != NULL && !is_blocking(launch) &&
		    (piece->name->flags & WORD_PAGEABLE_TO_HOST) != 0) {
			add_call(&host->blocking[launch->thread], launch);
			add_interval(&host->blocked[launch->thread], launch);
		}
	}
}

static int
compare_calls(const void *left, const void *right)
{
	const struct host_event *a = *(const struct host_event *const *)left;
	const struct host_event *b = *(const struct host_event *const *)right;

	return a->start != b->start ? (a->start < b->start ? -1 : 1)
	    : a->order < b->order ? -1 : a->order > b->order;
}

static void
finish_calls(struct blocking *calls)
{
	if (calls->count > 0)
		qsort(calls->list, calls->count, sizeof(const struct host_event *), compare_calls);
	calls->latest = memory_alloc_zero(calls->count + 1, sizeof(*calls->latest));
	for (size_t i = 0; i < calls->count; i++) {
		int64_t before = i > 0 ? calls->latest[i - 1] : INT64_MIN;

		calls->latest[i] = calls->list[i]->end > before ? calls->list[i]->end : before;
	}
}

static void
find_calls(struct host *host, const struct rank *rank)
{
	for (size_t i = 0; i < rank->host_count; i++) {
		const struct host_event *event = &rank->hosts[i];

		if (event->kind != HOST_CALL)
			continue;
		if (is_blocking(event)) {
			add_call(&host->blocking[event->thread], event);
			add_interval(&host->blocked[event->thread], event);
		}
		if ((event->name->flags & WORD_ALLOCATES) != 0)
			add_interval(&host->allocating[event->thread], event);
		if ((event->name->flags & WORD_WAIT_EVENT) != 0)
			add_call(&host->waits[event->thread], event);
	}
	add_pageable_copies(host, rank);
	for (size_t t = 0; t < host->thread_count; t++) {
		finish_calls(&host->blocking[t]);
		finish_calls(&host->waits[t]);
		intervals_unite(&host->blocked[t]);
		intervals_unite(&host->allocating[t]);
	}
}

static void
sort_hosts(struct host *host, struct rank *rank)
{
	size_t thread = 0;

	if (rank->host_count > 0)
		qsort(rank->hosts, rank->host_count, sizeof(*rank->hosts), compare_hosts);
	host->latest = memory_alloc_zero(rank->host_count + 1, sizeof(*host->latest));
	for (size_t i = 0; i < rank->host_count; i++) {
		const struct host_event *event = &rank->hosts[i];
		bool begins = i == 0 || rank->hosts[i - 1].thread != event->thread;

		for (; thread <= event->thread; thread++)
			host->threads[thread] = i;
		host->latest[i] = begins || event->end > host->latest[i - 1] ? event->end :
		    host->latest[i - 1];
	}
	for (; thread <= host->thread_count; thread++)
		host->threads[thread] = rank->host_count;
}

void
host_open(struct host *host, struct rank *rank)
{
	size_t threads = rank->threads.count;

	*host = (struct host){ .rank = rank, .thread_count = threads };
	host->threads = memory_alloc_zero(threads + 1, sizeof(*host->threads));
	host->blocking = memory_alloc_zero(threads + 1, sizeof(*host->blocking));
	host->waits = memory_alloc_zero(threads + 1, sizeof(*host->waits));
	host->blocked = memory_alloc_zero(threads + 1, sizeof(*host->blocked));
	host->allocating = memory_alloc_zero(threads + 1, sizeof(*host->allocating));
	sort_hosts(host, rank);
	if (rank->piece_count > 0)
		qsort(rank->pieces, rank->piece_count, sizeof(*rank->pieces), compare_pieces);
	find_launches(host, rank);
	find_calls(host, rank);
	intervals_unite(&rank->overheads);
	host->overheads = rank->overheads;
}

void
host_close(struct host *host)
{
	for (size_t t = 0; t < host->thread_count; t++) {
		free(host->blocking[t].list);
		free(host->blocking[t].latest);
		free(host->waits[t].list);
		free(host->waits[t].latest);
		free(host->blocked[t].list);
		free(host->allocating[t].list);
	}
	free(host->threads);
	free(host->latest);
	free(host->blocking);
	free(host->waits);
	free(host->blocked);
	free(host->allocating);
}
