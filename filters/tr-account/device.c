/* SPDX-License-Identifier: Apache-2.0 */
/* A device's work in order: the first of each launch, what overruns the next, the gaps. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "device.h"

/* The latency of a launch where fewer than FLOOR_LEAST met an idle device. */
enum { FLOOR_NS = 10000, FLOOR_LEAST = 5 };

/* An end that lies after the start of the next on its stream by more than this, and by more
 * than such work usually lasts, is not believed. */
enum { OVERRUN_NS = 10000, OVERRUN_SEEN = 3 };

/* What a piece lasted at first, by name. */
struct length {
	const struct word *name;
	int64_t ns;
};

static int
compare_lengths(const void *left, const void *right)
{
	const struct length *a = left, *b = right;

	if (a->name != b->name)
		return (uintptr_t)a->name < (uintptr_t)b->name ? -1 : 1;
	return a->ns < b->ns ? -1 : a->ns > b->ns;
}

static struct length *
sort_lengths(const struct device *device)
{
	struct length *lengths = memory_alloc(device->count * sizeof(*lengths));

	for (size_t i = 0; i < device->count; i++)
		lengths[i] = (struct length){ device->pieces[i].name,
			device->pieces[i].end - device->pieces[i].start };
	qsort(lengths, device->count, sizeof(*lengths), compare_lengths);
	return lengths;
}

/* The median of a name that was seen often enough, else 0. */
static int64_t
usual_length(const struct length *lengths, size_t count, const struct word *name)
{
	size_t low = 0, high = count, end, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if ((uintptr_t)lengths[middle].name < (uintptr_t)name)
			low = middle + 1;
		else
			high = middle;
	}
	/* The end, too, so that a name of many is not walked over. */
	for (end = count, high = low; high < end;) {
		middle = high + (end - high) / 2;
		if (lengths[middle].name == name)
			high = middle + 1;
		else
			end = middle;
	}
	if (end - low < OVERRUN_SEEN)
		return 0;
	middle = low + (end - low - 1) / 2;
	if ((end - low) % 2 == 1)
		return lengths[middle].ns;
	return lengths[middle].ns + (lengths[middle + 1].ns - lengths[middle].ns + 1) / 2;
}

/* Take back the ends that are not believed. */
static void
clip_overruns(struct device *device)
{
	uint64_t *odd = device->rank->oddities;
	struct piece **last = memory_alloc_zero(device->rank->streams.count + 1,
	    sizeof(struct piece *));
	struct length *lengths = NULL;

	for (size_t i = 0; i < device->count; i++) {
		struct piece *next = &device->pieces[i], *piece = last[next->stream];
		int64_t over = piece != NULL ? piece->end - next->start : 0;

		last[next->stream] = next;
		if (over <= 0)
			continue;
		/* Parallel nodes of a graph carry one stream. */
		if (piece->correlation != NO_CORRELATION &&
		    piece->correlation == next->correlation) {
			odd[ODD_OVERLAP_IN_GRAPH]++;
			continue;
		}
		odd[ODD_OVERLAP]++;
		if ((uint64_t)over > odd[ODD_OVERLAP_MOST])
			odd[ODD_OVERLAP_MOST] = (uint64_t)over;
		if (over <= OVERRUN_NS)
			continue;
		if (lengths == NULL)
			lengths = sort_lengths(device);
		if (over <= usual_length(lengths, device->count, piece->name))
			continue;
		piece->end = next->start;
		odd[ODD_OVERRUN]++;
		odd[ODD_OVERRUN_NS] += (uint64_t)over;
	}
	free(lengths);
	free(last);
}

static void
find_gaps(struct device *device)
{
	const struct piece *last = &device->pieces[0];
	int64_t end = last->end;

	for (size_t i = 1; i < device->count; i++) {
		const struct piece *piece = &device->pieces[i];

		if (piece->start > end) {
			device->gaps = memory_grow(device->gaps, device->gap_count,
			    &device->gap_capacity, sizeof(*device->gaps));
			device->gaps[device->gap_count++] = (struct gap){ .start = end,
				.end = piece->start, .before = last, .after = piece };
		}
		if (piece->end >= end) {
			end = piece->end;
			last = piece;
		}
	}
	device->first = device->pieces[0].start;
	device->last = end;
}

/* One that shares its correlation; to find the first. */
struct sharer {
	int64_t correlation;
	size_t place;
};

static int
compare_sharers(const void *left, const void *right)
{
	const struct sharer *a = left, *b = right;

	if (a->correlation != b->correlation)
		return a->correlation < b->correlation ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static void
find_firsts(struct device *device)
{
	struct sharer *sharers = memory_alloc(device->count * sizeof(*sharers));

	for (size_t i = 0; i < device->count; i++) {
		sharers[i] = (struct sharer){ device->pieces[i].correlation, i };
		device->pieces[i].first = true;
	}
	qsort(sharers, device->count, sizeof(*sharers), compare_sharers);
	for (size_t i = 1; i < device->count; i++)
		if (sharers[i].correlation == sharers[i - 1].correlation &&
		    sharers[i].correlation != 0 && sharers[i].correlation != NO_CORRELATION)
			device->pieces[sharers[i].place].first = false;
	free(sharers);
}

static void
find_floor(struct device *device)
{
	int64_t *delays = memory_alloc_zero(device->gap_count + 1, sizeof(*delays));
	size_t count = 0;

	for (size_t i = 0; i < device->gap_count; i++) {
		const struct gap *gap = &device->gaps[i];
		const struct host_event *launch = launch_of(device->rank, gap->after);

		if (gap->after->first && launch != NULL && gap->start <= launch->start &&
		    launch->start <= gap->end && !is_graph_launch(launch) && !is_blocking(launch))
			delays[count++] = gap->end - launch->start;
	}
	statistics_sort(delays, count);
	device->floor = count >= FLOOR_LEAST ? statistics_quantile(delays, count, 500) : FLOOR_NS;
	free(delays);
}

/* A stream runs what it is given in order: what begins so long before what was launched before
 * it, does so by a clock that was set back in between. */
enum { STEP_BACK_NS = 1000000 };

/* In the order of their launches. */
struct launched {
	int64_t start;
	uint64_t order;
	struct piece *piece;
};

static int
compare_launched(const void *left, const void *right)
{
	const struct launched *a = left, *b = right;

	return a->start != b->start ? (a->start < b->start ? -1 : 1)
	    : a->order < b->order ? -1 : a->order > b->order;
}

/* When the stream was given something before. */
static void
find_launches_before(struct device *device)
{
	struct launched *launched = memory_alloc(device->count * sizeof(*launched));
	size_t streams = device->rank->streams.count, count = 0;
	int64_t *last = memory_alloc((streams + 1) * sizeof(*last));
	int64_t *begun = memory_alloc((streams + 1) * sizeof(*begun));

	device->first_launched = memory_alloc((streams + 1) * sizeof(*last));
	for (size_t i = 0; i <= streams; i++) {
		last[i] = begun[i] = INT64_MIN;
		device->first_launched[i] = INT64_MAX;
	}
	for (size_t i = 0; i < device->count; i++) {
		struct piece *piece = &device->pieces[i];
		const struct host_event *launch = launch_of(device->rank, piece);

		piece->launched_before = INT64_MIN;
		if (launch == NULL)
			continue;
		if (device->first_launched[piece->stream] == INT64_MAX)
			device->first_launched[piece->stream] = piece->start;
		if (piece->first)
			launched[count++] = (struct launched){ launch->start, launch->order,
				piece };
	}
	if (count > 0)
		qsort(launched, count, sizeof(*launched), compare_launched);
	for (size_t i = 0; i < count; i++) {
		struct piece *piece = launched[i].piece;

		piece->launched_before = last[piece->stream];
		last[piece->stream] = launched[i].start;
		device->steps_back += begun[piece->stream] != INT64_MIN &&
		    piece->start < begun[piece->stream] - STEP_BACK_NS;
		begun[piece->stream] = piece->start;
	}
	free(begun);
	free(launched);
	free(last);
}

static int
compare_devices(const void *left, const void *right)
{
	const struct device *a = left, *b = right;
	size_t a_length = strlen(a->key), b_length = strlen(b->key);

	return a_length != b_length ? (a_length < b_length ? -1 : 1) : strcmp(a->key, b->key);
}

struct device *
devices_open(const struct host *host, struct rank *rank, size_t *count)
{
	struct device *devices = memory_alloc_zero(rank->devices.count + 1, sizeof(*devices));
	size_t begin = 0;

	*count = 0;
	while (begin < rank->piece_count) {
		struct device *device = &devices[(*count)++];
		uint32_t number = rank->pieces[begin].device;
		size_t end = begin;

		while (end < rank->piece_count && rank->pieces[end].device == number)
			end++;
		*device = (struct device){ .rank = rank, .host = host,
			.key = rank->devices.entries[number].key, .pieces = rank->pieces + begin,
			.count = end - begin };
		begin = end;
		find_firsts(device);
		clip_overruns(device);
		find_launches_before(device);
		find_gaps(device);
		find_floor(device);
	}
	if (*count > 0)
		qsort(devices, *count, sizeof(*devices), compare_devices);
	return devices;
}

void
devices_close(struct device *devices, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(devices[i].gaps);
		free(devices[i].first_launched);
	}
	free(devices);
}
