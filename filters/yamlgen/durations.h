/* SPDX-License-Identifier: Apache-2.0 */
/* The time of each of some launches, for their median: eight bytes a launch. */
#ifndef WARPIPE_YAMLGEN_DURATIONS_H
#define WARPIPE_YAMLGEN_DURATIONS_H

#include <stddef.h>

/* Starts as zeros; durations_free gives the memory back. */
struct durations {
	double *ns;
	size_t count, capacity;
};

void durations_add(struct durations *durations, double ns);
void durations_add_all(struct durations *durations, const struct durations *more);

/* NaN of none. The order of the times changes. */
double durations_median(struct durations *durations);

void durations_free(struct durations *durations);

#endif
