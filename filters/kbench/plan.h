/* SPDX-License-Identifier: Apache-2.0 */
/* From what the user wishes to the configurations that are measured. */
#ifndef KBENCH_PLAN_H
#define KBENCH_PLAN_H

#include "bench.h"
#include "base/options.h"

/* Kernels, axes and sizes as on the command line; NULL and 0 where nothing was said. */
struct plan_wish {
	const char *kernels;
	struct axis *axes;
	size_t axis_count, axis_capacity;
	const char *begin, *end, *factor;
	const struct subject *own; /* that the user brings; alone unless kernels are named */
};

/* Walks over all configurations; `subject` and `point` are the current one. */
struct plan {
	const struct subject *subject;
	struct point point;
	const struct plan_wish *wish;
	const struct backend *backend;
	struct arena *arena;
	const struct subject *chosen[12];
	size_t at; /* in chosen; past the end when through */
	struct axis axes[32];
	size_t turns[32];
};

/* The scan's value as an axis; exits with 2 when it is none. */
void plan_wish_axis(struct plan_wish *wish, const struct option_scan *scan, struct arena *arena);

/* Dies, naming it, on a kernel or axis that does not exist or a value that does not fit.
 * Kernels that the backend cannot run are noted in the results as skipped. */
void plan_make(struct plan *plan, struct plan_wish *wish, const struct backend *backend,
    struct results *results);

/* On to the first or next configuration; false after the last. */
bool plan_next(struct plan *plan);

size_t plan_count(const struct plan *plan);
const char *plan_describe(const struct plan *plan, struct results *results);

#endif
