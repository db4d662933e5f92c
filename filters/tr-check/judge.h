/* SPDX-License-Identifier: Apache-2.0 */
/* Holds measures against a budget. */
#ifndef WARPIPE_JUDGE_H
#define WARPIPE_JUDGE_H

#include "budget.h"
#include "measure.h"

enum outcome {
	OUTCOME_PASS,
	OUTCOME_BREACH,
	OUTCOME_UNKNOWN /* the stream does not hold what the limit is about */
};

/* What came of one limit. A figure that the limit does not ask for is NaN. */
struct result {
	const struct limit *limit;
	enum outcome outcome;
	double us, share, count; /* measured */
	const char *title;       /* what is limited; lives in the budget's arena */
	const char *says;        /* what was found, after the title; there, too */
};

/* `results` has room for one result a limit, in their order. */
void judge(struct budget *budget, const struct measures *measures, struct result *results);

#endif
