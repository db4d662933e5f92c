/* SPDX-License-Identifier: Apache-2.0 */
/* What changed between two sides, stage by stage. */
#ifndef WARPIPE_CHANGE_H
#define WARPIPE_CHANGE_H

#include "side.h"
#include "base/statistics.h"

enum change_verdict {
	CHANGE_TOO_FEW, /* fewer than STATISTICS_FEWEST warm passes on a side: no test can tell */
	CHANGE_NONE,    /* p > 0.05, or less than 1 % of the median */
	CHANGE_SLOWER,
	CHANGE_FASTER
};

/* One row's part. The contributions of a stage add up to the change of its mean pass. */
struct contribution {
	uint32_t row;
	int64_t replaced;      /* the row of before that this one replaces, else -1 */
	double before, after;  /* us a pass */
};

/* Both sides' warm passes of one stage. */
struct stage_change {
	enum stage stage;
	size_t passes[2];         /* warm ones */
	size_t warm_up[2];        /* left out as warm-up */
	int64_t median[2];        /* ns, own time */
	double mean[2];           /* us */
	struct statistics statistics;
	enum change_verdict verdict;
	struct contribution *rows; /* by size of their change, largest first; owned */
	size_t row_count;
};

/* True, and `change` filled, where both sides have passes of the stage. */
bool change_find(struct stage_change *change, const struct side sides[2],
    const struct rows *rows, enum stage stage);
void change_free(struct stage_change *change);

/* The change of the median pass in per cent of before. */
double change_percent(const struct stage_change *change);

/* The share of before's kernels, by time, whose names after has, too; 0 to 1. */
double change_common(const struct side sides[2], const struct rows *rows);

#endif
