/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels per NVTX range, of a report that lists a launch for each range around it. */
#ifndef WARPIPE_YAMLGEN_NVTX_RANGES_H
#define WARPIPE_YAMLGEN_NVTX_RANGES_H

#include "base/arena.h"
#include "base/map.h"
#include "catalogue.h"
#include "kernel_table.h"

struct nvtx_ranges {
	struct map ranges; /* thread and range -> struct nvtx_range */
	struct arena arena;
};

void nvtx_ranges_add(struct nvtx_ranges *ranges, const struct kernel_row *row);

/* Add what was read: each range a stage, and as a whole what the ranges list that stand in no
 * other. A range stands in another when all its launches can be of that: equal or fewer of each
 * kernel. Where that is a guess, it is said. */
void nvtx_ranges_finish(struct nvtx_ranges *ranges, struct catalogue *catalogue,
    struct source *source);

#endif
