/* SPDX-License-Identifier: Apache-2.0 */
/* Sets each operator's time against its limit, and says where no share may be claimed. */
#ifndef KROOF_JUDGE_H
#define KROOF_JUDGE_H

#include "kernels.h"

/* Of one stream. Times in us. */
struct verdicts {
	bool has_peaks;
	struct peaks peaks;
	const char *no_peaks;    /* why there are none */
	double startup;          /* the shortest kernels of this stream; < 0 when too few */
	double sum, computed, range, assumed, none, over, cache;
	double limit;            /* of what has a share */
	double limited;          /* the time of that */
};

void judge(struct kernels *kernels, struct verdicts *verdicts);

/* Whether the item's share is known as one number, and which; else whether as a range. */
bool judge_share(const struct item *item, double *share);
bool judge_range(const struct item *item, double *low, double *high);

/* What is to be won: time beyond the start-up and the limit, us. */
double judge_win(const struct item *item, const struct verdicts *verdicts);

#endif
