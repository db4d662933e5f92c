/* SPDX-License-Identifier: Apache-2.0 */
/* Limits added up: by layer, pass, type and kernel, and by operator in each kind of layer. */
#ifndef TR_LAYERS_LIMIT_GROUPS_H
#define TR_LAYERS_LIMIT_GROUPS_H

#include "trace.h"

struct limit_sums {
	struct limit_sum *layers, *passes;        /* by index */
	struct limit_sum *classes;                /* by class * STAGE_COUNT + stage */
	struct limit_sum stages[STAGE_COUNT];     /* of what is in no pass, too */
	struct limit_sum types[STAGE_COUNT][TYPE_COUNT];
};

/* NULL when no kernel has a limit. */
struct limit_sums *limit_sums_open(const struct trace *trace);
void limit_sums_close(struct limit_sums *sums);
void limit_sum_add(struct limit_sum *sum, const struct limit_sum *more);

/* Calls of one kernel with one operator, in one kind of layer and one stage. */
struct limit_group {
	const struct limit_op *op;
	uint32_t class;
	uint8_t stage;
	const char *where;    /* type of the layer, or "outside" */
	struct limit_sum sum;
	double op_us;         /* of all calls */
	double bytes, flops;
	double experts;       /* added over the calls that tell it */
	uint32_t expert_calls;
};

/* Those of one stage, or of all (NONE): what has most to be won first. The caller frees them. */
struct limit_group *limit_groups(const struct trace *trace, int stage, size_t *count);

/* What is to be won of it: of a range the least. */
double limit_group_win(const struct limit_group *group);

#endif
