/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream says as a whole, in sentences for the heads of table and document. */
#ifndef KJOIN_FMT_SUMMARY_H
#define KJOIN_FMT_SUMMARY_H

#include "join.h"

/* One line each, not yet escaped, in the join's arena. */
struct summary {
	const char *trace;     /* device, rank, model */
	const char *time;      /* GPU time, kernels, layers */
	const char *explained; /* how much, and how */
	const char *frames;    /* how well the tree matches the trace */
	const char *warning;   /* why the view is not to be trusted, or NULL */
};

struct summary summary_of(struct join *join);

/* GPU time of rows, or of parts of rows, that have several candidates. */
double summary_ambiguous(const struct join *join);

#endif
