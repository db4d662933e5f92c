/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream says of the things that budgets limit. Times are whole nanoseconds. */
#ifndef WARPIPE_MEASURE_H
#define WARPIPE_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "names/names.h"

/* All kernels of one name; by stage, as tr-layers or tr-classify said it. */
struct kernel_sum {
	const char *type; /* one of the names of names.h, "" where the stream has none */
	int64_t ns[STAGE_COUNT];
	int64_t in_passes_ns[STAGE_COUNT];
	uint64_t calls[STAGE_COUNT];
};

/* One pass or one layer. */
struct span_time {
	int64_t ns;    /* a pass's wall time, a layer's busy time */
	int64_t index; /* of a layer within its pass */
	enum stage stage;
};

struct span_list {
	struct span_time *spans;
	size_t count, capacity;
};

/* All zero is empty. */
struct measures {
	struct map kernels;         /* name -> struct kernel_sum, owned */
	int64_t gpu_ns;             /* durations of kernels, copies and fills, added */
	uint64_t left_out;          /* of these, with a negative duration: in no sum */
	struct span_list passes, layers;
	struct map idle_ns;         /* cause -> int64_t, owned; from whole-trace accounts */
	int64_t window_ns, all_idle_ns, exposed_communication_ns, exposed_copies_ns;
	size_t accounts;            /* records of kind account over a whole device */
	int64_t layer_count;        /* of `summary`; several traces must agree */
	size_t summaries;
	double explained, joined;   /* us; of `join` */
	size_t joins, streams;
};

/* Reads all records of `files` (NULL-terminated; none: stdin). Ends the program on a
 * stream that is cut or whose fields are wrong. */
void measure_read(struct measures *measures, char *const *files);
void measure_free(struct measures *measures);

/* The median duration of the spans that are of `stage` (-1: all) and `index` (-1: all);
 * the lower of two. False where there are none. */
bool measure_median(const struct span_list *list, int stage, int64_t index, int64_t *ns);

size_t measure_count(const struct span_list *list, int stage);

#endif
