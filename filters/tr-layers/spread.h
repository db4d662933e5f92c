/* SPDX-License-Identifier: Apache-2.0 */
/* Least, median, 99th percentile and most of durations. */
#ifndef TR_LAYERS_SPREAD_H
#define TR_LAYERS_SPREAD_H

#include "report.h"

/* Nanoseconds. Quantiles are interpolated between neighbours and rounded half up; the 99th
 * percentile of less than a hundred is nearly the most. */
struct spread {
	int64_t least, median, p99, most;
};

/* Of durations, which it sorts; all zero for none. */
struct spread spread_of(int64_t *durations, size_t count);

/* Every kernel's duration, by class, stage and length. */
struct spreads;
struct spreads *spreads_open(const struct trace *trace);
void spreads_close(struct spreads *spreads);

/* Of a class's kernels of one stage, or of all (NONE). */
struct spread spreads_get(struct spreads *spreads, uint32_t class, int stage);

/* One index of a layer over the passes of a stage. */
struct index_spread {
	int32_t index;
	uint8_t stage;
	uint32_t passes;
	struct spread dur, busy;
};

/* Sorted by stage and index; only stages with two passes and more. Free the list. */
struct index_spread *index_spreads(const struct trace *trace, size_t *count);

#endif
