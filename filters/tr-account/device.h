/* SPDX-License-Identifier: Apache-2.0 */
/* One device of a rank: its work in order, its gaps, and what the host did for it. */
#ifndef TR_ACCOUNT_DEVICE_H
#define TR_ACCOUNT_DEVICE_H

#include "load.h"
#include "trace/kinds.h"

/* What the time of a gap is made of; why it is there: enum cause. */
enum part {
	PART_BLOCKED, PART_ALLOC, PART_PROFILER, PART_HOST, PART_CALL, PART_LATENCY, PART_DEVICE,
	PART_UNKNOWN, PART_COUNT
};

extern const char *const part_names[PART_COUNT];

/* [start, end) without any work. */
struct gap {
	int64_t start, end;
	const struct piece *before, *after;
	enum cause cause;
	int64_t parts[PART_COUNT];
	const struct host_event *sync; /* the blocking call of the cause, or NULL */
	const struct host_event *wait; /* the call that made the stream wait, or NULL */
	const char *reason;            /* of CAUSE_NO_LAUNCH, else NULL */
	bool drained;                  /* the blocking call had emptied the queue */
};

/* What was found of the host's events of a rank, once they are complete. */
struct host {
	const struct rank *rank;
	size_t thread_count;
	size_t *threads;       /* thread t has the events [threads[t], threads[t + 1]) */
	int64_t *latest;       /* of each event: the latest end of its thread's up to it */
	/* By thread: blocking calls by start, with the latest end up to each; their union; that
	 * of calls that allocate; calls that make a stream wait, by start. */
	struct blocking {
		const struct host_event **list;
		int64_t *latest;
		size_t count, capacity;
	} *blocking, *waits;
	struct intervals *blocked, *allocating;
	struct intervals overheads;
	bool has_calls;        /* with a correlation */
};

struct device {
	struct rank *rank;
	const struct host *host;
	const char *key;       /* as JSON spells it */
	struct piece *pieces;  /* by start; within rank->pieces */
	size_t count;
	struct gap *gaps;
	size_t gap_count, gap_capacity;
	int64_t first, last, floor; /* ns; the usual latency of a launch */
	size_t steps_back; /* work that begins long before what its stream was given before it */
	int64_t *first_launched;    /* by stream: start of the first whose launch is known */
};

/* Sort the rank's pieces by device and time, its host events by thread and time; find each
 * piece's launch; take back what overruns. To be called once. */
void host_open(struct host *host, struct rank *rank);
void host_close(struct host *host);

/* The rank's devices, in the order of their numbers; the caller frees the list. */
struct device *devices_open(const struct host *host, struct rank *rank, size_t *count);
void devices_close(struct device *devices, size_t count);

/* Sort, and join what touches. */
void intervals_unite(struct intervals *intervals);

/* How much of [start, end) they cover, once united. */
int64_t intervals_cover(const struct intervals *intervals, int64_t start, int64_t end);

/* Tell each gap's cause and parts. */
void device_find_causes(struct device *device);

static inline bool
is_graph_launch(const struct host_event *event)
{
	return (event->name->flags & WORD_GRAPH_LAUNCH) != 0;
}

static inline bool
is_blocking(const struct host_event *event)
{
	return (event->name->flags & WORD_BLOCKS) != 0;
}

static inline const struct host_event *
launch_of(const struct rank *rank, const struct piece *piece)
{
	return piece->launch == NO_LAUNCH ? NULL : &rank->hosts[piece->launch];
}

#endif
