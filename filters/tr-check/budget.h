/* SPDX-License-Identifier: Apache-2.0 */
/* A budget: the limits that a trace must keep to, read from a file of YAML. */
#ifndef WARPIPE_BUDGET_H
#define WARPIPE_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* What a limit is about, in the order of budget_subject_names. */
enum subject {
	SUBJECT_KERNEL,    /* kernels whose name matches a shell pattern */
	SUBJECT_TYPE,      /* kernels of one type */
	SUBJECT_STAGE,     /* kernels of one stage */
	SUBJECT_PASS,      /* the wall time of the median pass of a stage */
	SUBJECT_LAYER,     /* the busy time of the median layer, or of one index */
	SUBJECT_IDLE,      /* idle time of one cause, or of any */
	SUBJECT_EXPOSED,   /* time in which nothing but communication, or copies, runs */
	SUBJECT_LAYERS,    /* how many layers were found */
	SUBJECT_EXPLAINED, /* the share of GPU time that kjoin explains */
	SUBJECT_COUNT
};

/* Over what a time of kernels is taken, in the order of budget_per_names. */
enum per {
	PER_TOTAL, /* the sum over the trace */
	PER_PASS,  /* the sum inside passes, divided by their number */
	PER_CALL,  /* the sum divided by the number of calls */
	PER_COUNT
};

/* One limit; texts live in the budget's arena. A bound that is not set is NaN. */
struct limit {
	enum subject subject;
	const char *of;    /* pattern, type, stage, cause, index or "any"; "" for the counts */
	const char *stage; /* only kernels of this stage; NULL for all */
	enum per per;
	double max_us;     /* at most so many microseconds */
	double max_share;  /* at most so many per cent of the whole */
	double min_share;  /* at least so many per cent */
	double equal;      /* exactly so many */
	size_t line;       /* where it stands in the file, from 1 */
};

struct budget {
	const char *file;
	struct limit *limits;
	size_t count, capacity;
	struct arena arena;
};

extern const char *const budget_subject_names[SUBJECT_COUNT + 1];
extern const char *const budget_per_names[PER_COUNT + 1];

/* Ends the program, naming file and line, where the file is no budget: a key, a type or a
 * stage that does not exist, a limit without a bound, a bound that is no number. */
void budget_read(struct budget *budget, const char *file);
void budget_free(struct budget *budget);

/* What a limit is called in messages: "kernel *gemm* (decode, per pass)". Valid as long as
 * the budget. */
const char *budget_title(struct budget *budget, const struct limit *limit);

#endif
