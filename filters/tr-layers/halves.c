/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts layers into their attention half and their MLP half, as models with a norm before
 * each are written. */
#include <stdlib.h>

#include "evidence.h"
#include "base/memory.h"

enum { MIXES_TOKENS = ROLE_ATTENTION | ROLE_GDN, MIXER = ROLE_MOE | ROLE_FC };

/* Where the second half of a layer begins, in by_time; SIZE_MAX when it has only one. */
struct half {
	size_t norm;   /* last norm after the attention */
	bool attention;
	bool done;
};

static void
find_halves(const struct trace *trace, struct half *halves)
{
	size_t i;

	for (i = 0; i < trace->layer_count; i++)
		halves[i].norm = SIZE_MAX;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		unsigned roles = trace_class(trace, kernel)->roles;
		struct half *half;

		if (kernel->layer == NONE || halves[kernel->layer].done)
			continue;
		half = &halves[kernel->layer];
		if (roles & MIXES_TOKENS) {
			half->attention = true;
			half->norm = SIZE_MAX;
		} else if (roles & ROLE_NORM && half->attention) {
			half->norm = i;
		} else if (roles & MIXER && half->norm != SIZE_MAX) {
			half->done = true;
		}
	}
}

void
halves_split(struct trace *trace)
{
	size_t before = trace->layer_count, i;
	struct half *halves = memory_alloc_zero(before, sizeof(*halves));
	int32_t *second = memory_alloc(before * sizeof(*second));

	find_halves(trace, halves);
	for (i = 0; i < before; i++) {
		second[i] = NONE;
		if (!halves[i].done)
			continue;
		second[i] = trace_add_layer(trace, trace->layers[i].method);
		trace->layers[second[i]] = trace->layers[i];
		trace->layers[second[i]].order++;
		trace->layers[i].is_half = trace->layers[second[i]].is_half = true;
	}
	for (i = 0; i < trace->kernel_count; i++) {
		struct kernel *kernel = &trace->kernels[trace->by_time[i]];

		if (kernel->layer != NONE && second[kernel->layer] != NONE &&
		    i >= halves[kernel->layer].norm)
			kernel->layer = second[kernel->layer];
	}
	free(halves);
	free(second);
}
