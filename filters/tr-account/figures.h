/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of one device. */
#ifndef TR_ACCOUNT_FIGURES_H
#define TR_ACCOUNT_FIGURES_H

#include "timeline.h"

/* Of a list of numbers; all but `count` say nothing when it is 0. */
struct spread {
	size_t count;
	int64_t min, p50, p90, p99, max;
};

/* Sorts the numbers. */
struct spread spread_of(int64_t *numbers, size_t count);

struct figures {
	size_t pieces[WORK_COUNT];
	int64_t sums[WORK_COUNT];  /* ns; what overlaps counts twice */
	struct times times;
	int64_t idle, idle_by_cause[CAUSE_COUNT], idle_by_part[PART_COUNT];
	size_t gaps_by_cause[CAUSE_COUNT], gaps_over_1us;
	struct spread gaps, launch_delay, queue_delay, queue_depth;
	size_t into_empty_queue, launched_before_call, full_queue_calls;
	int64_t full_queue_ns;
};

void figures_find(const struct device *device, const struct timeline *timeline,
    struct figures *figures);

/* One pass: its tile, until the next begins; its own time, until its own work ends. */
struct pass {
	int32_t number;
	uint32_t stage;
	int64_t start, tile_end, own_end;
	size_t pieces;
	struct times tile, own;
	int64_t idle_by_cause[CAUSE_COUNT], idle_own_by_cause[CAUSE_COUNT];
	bool warm;
};

/* The passes of the device's pieces in the order of time; the caller frees the list. */
struct pass *passes_find(const struct device *device, const struct timeline *timeline,
    size_t *count);

/* The passes of one stage. */
struct stage_figures {
	uint32_t stage;
	size_t passes, warm_from; /* passes before that are slower than those after: warm-up */
	struct spread own, warm_own;
};

/* In the order of the stages' names; fills in which passes are warm. */
struct stage_figures *stages_find(const struct load *load, struct pass *passes, size_t count,
    size_t *stage_count);

#endif
