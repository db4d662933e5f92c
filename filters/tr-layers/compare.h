/* SPDX-License-Identifier: Apache-2.0 */
/* Two traces side by side: what got slower, and which kernels took whose place. */
#ifndef TR_LAYERS_COMPARE_H
#define TR_LAYERS_COMPARE_H

#include "report.h"

/* One kernel of a typical layer. */
struct slot {
	struct kernel_class class;
	double us; /* its average over the layers that look like the typical one */
};

/* Layers of one type and stage. All figures are averages over them. */
struct profile_kind {
	const char *type; /* "MHA+MoE" */
	uint8_t stage;
	uint32_t layers;
	double dur, busy, sum, kernels;
	double time[TYPE_COUNT];
	struct slot *slots; /* of the most frequent sequence of kernels, in order */
	size_t slot_count;
	uint32_t typical;   /* layers with that sequence */
};

/* What is kept of a trace to compare it. */
struct profile {
	const char *file;
	uint32_t passes[STAGE_COUNT];
	double pass_dur[STAGE_COUNT], pass_busy[STAGE_COUNT]; /* averages */
	struct profile_kind *kinds;
	size_t kind_count, kind_capacity;
};

void profile_open(struct profile *profile, const struct trace *trace);
void profile_close(struct profile *profile);

/* In the format: records, table, Markdown or HTML. */
void compare_write(struct output *out, const struct format *format, const struct view *view,
    const struct profile *before, const struct profile *after);

#endif
