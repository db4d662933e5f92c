/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of the runtime that gave work to the GPU, and what a trace says of the CPU beside
 * them: threads and nn.Module calls. */
#ifndef WARPIPE_LAUNCHES_H
#define WARPIPE_LAUNCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/text.h"
#include "trace/trace_record.h"

struct launch {
	int64_t correlation; /* one of its process alone */
	int64_t ts;       /* ns */
	uint32_t process;
	uint32_t thread;
	bool graph;       /* replays a graph: many kernels share it */
	bool kernel;      /* launches one kernel */
	const char *name; /* interned */
};

/* The key that was asked for last, and its number. */
struct launches_last {
	char key[48];
	size_t length;
	uint32_t number;
	bool known;
};

/* All zero is valid. */
struct launches {
	struct launch *list; /* by process and correlation, once sorted */
	size_t count, capacity;
	struct map threads;  /* "rank pid tid" to index + 1 */
	struct map processes; /* "rank" to index + 1 */
	struct launches_last last_process, last_thread;
	struct text key;
};

/* The process of any record, from 0: traces of several ranks may be merged in one file, and
 * what tells them apart is the `rank` of each record. */
uint32_t launches_process(struct launches *launches, const struct trace_record *record);

/* The thread of any record that has pid and tid, from 0. Threads are told apart by their
 * spelling: Kineto has words for some. */
uint32_t launches_thread(struct launches *launches, const struct trace_record *record);

/* Keep a launch record; NULL, and nothing kept, when it has no correlation, or a time that
 * nanoseconds cannot tell. Valid until the next call. */
const struct launch *launches_add(struct launches *launches, const struct trace_record *record);

void launches_sort(struct launches *launches);

/* The launch of that process with this correlation, the first of several; NULL when there is
 * none. */
const struct launch *launches_find(const struct launches *launches, uint32_t process,
    int64_t correlation);

/* Forget all; the list's memory is kept. */
void launches_clear(struct launches *launches);
void launches_free(struct launches *launches);

/* "Qwen3DecoderLayer" of "Qwen3DecoderLayer_0": Kineto numbers the instances of a class. */
struct slice module_class(struct slice name);

#endif
