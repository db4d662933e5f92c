/* SPDX-License-Identifier: Apache-2.0 */
/* Why a gap is there: one cause for the whole of it, and what its time is made of. The rules
 * are tried in the order of the man page's table. */
#include "device.h"

/* Longer than this between a launch call's return and the start is no latency; up to that
 * long a gap is the device's own. */
enum { QUEUED_NS = 100000, DISPATCH_NS = 30000 };

const char *const part_names[PART_COUNT] = { "blocked", "alloc", "profiler", "host", "call",
	"latency", "device", "unknown" };

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How many of the calls begin before `time`. */
static size_t
begun(const struct blocking *calls, int64_t time, bool at_it_too)
{
	size_t low = 0, high = calls->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int64_t start = calls->list[middle]->start;

		if (start < time || (at_it_too && start == time))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The last blocking call that had begun at `time` and had not returned. */
static const struct host_event *
blocking_at(const struct blocking *calls, int64_t time)
{
	for (size_t i = begun(calls, time, true); i > 0 && calls->latest[i - 1] > time; i--)
		if (calls->list[i - 1]->end > time)
			return calls->list[i - 1];
	return NULL;
}

/* The blocking call with the largest part of [start, end); the first of equal ones. */
static const struct host_event *
longest_blocking(const struct blocking *calls, int64_t start, int64_t end)
{
	const struct host_event *best = NULL;
	int64_t most = -1;

	for (size_t i = begun(calls, end, false); i > 0 && calls->latest[i - 1] > start; i--) {
		const struct host_event *call = calls->list[i - 1];
		int64_t part = least(call->end, end) - (call->start > start ? call->start : start);

		if (call->end > start &&
		    (part > most || (part == most && call->order < best->order))) {
			best = call;
			most = part;
		}
	}
	return best;
}

/* The last call before the launch that made a stream wait, if it came after the launch onto
 * the same stream before. */
static const struct host_event *
stream_wait(const struct host *host, const struct piece *piece, const struct host_event *launch)
{
	const struct blocking *waits = &host->waits[launch->thread];
	size_t count = begun(waits, launch->start, false);

	return count > 0 && waits->list[count - 1]->start > piece->launched_before ?
	    waits->list[count - 1] : NULL;
}

static const char *
why_no_launch(const struct device *device, const struct piece *piece)
{
	if (!device->host->has_calls)
		return "no host events in this rank";
	if (piece->correlation == NO_CORRELATION || piece->correlation == 0)
		return "no correlation";
	if (piece->start < device->first_launched[piece->stream])
		return "launched before the trace";
	return "no launch call with this correlation";
}

/* The launch call began when the device was idle already. */
static enum cause
launched_late(const struct device *device, struct gap *gap, const struct host_event *launch)
{
	const struct host *host = device->host;
	const struct blocking *blocking = &host->blocking[launch->thread];
	const struct host_event *covers = blocking_at(blocking, gap->start);
	int64_t length = gap->end - gap->start, late = launch->start - gap->start;
	int64_t blocked, allocating, profiler, overhead, returns = least(gap->end, launch->end);
	int64_t *parts = gap->parts, rest = gap->end - returns, delay = gap->end - launch->start;

	blocked = intervals_cover(&host->blocked[launch->thread], gap->start, launch->start);
	allocating = least(intervals_cover(&host->allocating[launch->thread], gap->start,
	    launch->start), late - blocked);
	overhead = intervals_cover(&host->overheads, gap->start, launch->start);
	profiler = least(overhead, late - blocked - allocating);
	parts[PART_BLOCKED] = blocked;
	parts[PART_ALLOC] = allocating;
	parts[PART_PROFILER] = profiler;
	parts[PART_HOST] = late - blocked - allocating - profiler;
	parts[PART_CALL] = returns - launch->start;
	parts[rest > QUEUED_NS ? PART_UNKNOWN : PART_LATENCY] = rest;
	if (2 * parts[PART_UNKNOWN] > length)
		return CAUSE_QUEUED;
	if (2 * overhead > late && late > 0)
		return CAUSE_PROFILER;
	if (2 * blocked > length) {
		gap->sync = longest_blocking(blocking, gap->start, launch->start);
		gap->drained = covers != NULL;
		return CAUSE_SYNC;
	}
	if (2 * allocating > length)
		return CAUSE_ALLOC;
	gap->sync = covers;
	gap->drained = true;
	if (delay > late && (delay > 2 * device->floor || covers == NULL))
		return is_graph_launch(launch) ? CAUSE_GRAPH_LAUNCH : CAUSE_LAUNCH;
	return covers != NULL ? CAUSE_AFTER_SYNC : CAUSE_HOST;
}

/* The device had been given the work before it ran out of other. */
static enum cause
launched_in_time(const struct device *device, struct gap *gap, const struct host_event *launch)
{
	int64_t length = gap->end - gap->start, call = least(gap->end, launch->end) - gap->start;
	int64_t *parts = gap->parts, rest;

	parts[PART_CALL] = call > 0 ? call : 0;
	rest = length - parts[PART_CALL];
	if (launch->end >= gap->end && (is_blocking(launch) || (gap->after->work == WORK_COPY &&
	    (gap->after->name->flags & WORD_PAGEABLE) != 0))) {
		parts[PART_CALL] = 0;
		parts[PART_BLOCKED] = length;
		gap->sync = launch;
		gap->drained = true;
		return CAUSE_BLOCKED_COPY;
	}
	if (gap->before->stream != gap->after->stream &&
	    (gap->wait = stream_wait(device->host, gap->after, launch)) != NULL) {
		parts[PART_DEVICE] = rest;
		return CAUSE_STREAM_WAIT;
	}
	if (2 * parts[PART_CALL] > length) {
		parts[rest <= QUEUED_NS ? PART_LATENCY : PART_UNKNOWN] += rest;
		return is_graph_launch(launch) ? CAUSE_GRAPH_LAUNCH : CAUSE_LAUNCH;
	}
	if (gap->end - launch->start <= 2 * device->floor) {
		parts[PART_LATENCY] = rest;
		return is_graph_launch(launch) ? CAUSE_GRAPH_LAUNCH : CAUSE_LAUNCH;
	}
	if (length <= DISPATCH_NS) {
		parts[PART_DEVICE] = rest;
		return CAUSE_DISPATCH;
	}
	parts[PART_UNKNOWN] = rest;
	return CAUSE_QUEUED;
}

static enum cause
find_cause(const struct device *device, struct gap *gap)
{
	const struct host_event *launch = launch_of(device->rank, gap->after);
	int64_t length = gap->end - gap->start;

	if (!gap->after->first) {
		gap->parts[PART_DEVICE] = length;
		return CAUSE_GRAPH;
	}
	if (launch == NULL) {
		gap->parts[PART_UNKNOWN] = length;
		gap->reason = why_no_launch(device, gap->after);
		return CAUSE_NO_LAUNCH;
	}
	if (launch->start > gap->end) {
		gap->parts[PART_UNKNOWN] = length;
		return CAUSE_CLOCK;
	}
	return launch->start >= gap->start ? launched_late(device, gap, launch) :
	    launched_in_time(device, gap, launch);
}

void
device_find_causes(struct device *device)
{
	for (size_t i = 0; i < device->gap_count; i++)
		device->gaps[i].cause = find_cause(device, &device->gaps[i]);
}
