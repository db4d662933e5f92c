/* SPDX-License-Identifier: Apache-2.0 */
/* Prefill, decode or mixed: what the step's annotation says of the batch, else the vote of
 * the kernels. */
#include <stdlib.h>

#include "evidence.h"
#include "base/memory.h"

static int
compare_annotations(const void *left, const void *right)
{
	const struct annotation *a = left, *b = right;

	if (a->gpu != b->gpu)
		return a->gpu ? 1 : -1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	return a->end != b->end ? (a->end > b->end ? -1 : 1) : 0;
}

/* Notes for each annotation the one before it that ends after it: what lies between has ended
 * whenever it has. */
static void
find_outer(struct annotation *annotations, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct annotation *at = &annotations[i];

		at->outer = i;
		while (at->outer > 0) {
			const struct annotation *before = &annotations[at->outer - 1];

			if (before->gpu != at->gpu || before->process != at->process)
				at->outer = 0;
			else if (before->end > at->end)
				break;
			else
				at->outer = before->outer;
		}
	}
}

/* The stage of the innermost annotation of [begin, end) that holds the process's moment. */
static enum stage
annotated(const struct annotation *annotations, size_t begin, size_t end, uint32_t process,
    int64_t ts)
{
	size_t low = begin, high = end, i;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (annotations[middle].process < process ||
		    (annotations[middle].process == process && annotations[middle].ts <= ts))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == begin || annotations[low - 1].process != process)
		return STAGE_UNKNOWN;
	for (i = low; i > 0; i = annotations[i - 1].outer)
		if (annotations[i - 1].end >= ts)
			return annotations[i - 1].stage;
	return STAGE_UNKNOWN;
}

/* Each kernel's launch falls into the annotation of its step, however late it runs. Where
 * nothing says when it was launched, the GPU's own annotations count. */
static void
ask_annotations(struct trace *trace)
{
	size_t cpu = 0, i;

	if (trace->annotation_count == 0)
		return;
	qsort(trace->annotations, trace->annotation_count, sizeof(*trace->annotations),
	    compare_annotations);
	find_outer(trace->annotations, trace->annotation_count);
	while (cpu < trace->annotation_count && !trace->annotations[cpu].gpu)
		cpu++;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[i];
		const struct launch *launch;
		enum stage stage;
		uint32_t process;

		if (kernel->pass == NONE)
			continue;
		launch = trace_launch(trace, kernel);
		process = trace->devices[trace_device(trace, kernel)].process;
		stage = launch != NULL
		    ? annotated(trace->annotations, 0, cpu, process, launch->ts)
		    : STAGE_UNKNOWN;
		if (stage == STAGE_UNKNOWN)
			stage = annotated(trace->annotations, cpu, trace->annotation_count, process,
			    kernel->ts);
		trace->passes[kernel->pass].votes[stage]++;
	}
}

/* The stage with the most votes, when it has more than each other; unknown does not vote. */
static enum stage
elect(const uint32_t votes[STAGE_COUNT])
{
	enum stage best = STAGE_PREFILL, stage;
	bool tie = false;

	for (stage = STAGE_DECODE; stage < STAGE_BACKWARD; stage++) {
		tie = votes[stage] == votes[best] || (tie && votes[stage] < votes[best]);
		if (votes[stage] > votes[best])
			best = stage;
	}
	return tie || votes[best] == 0 ? STAGE_UNKNOWN : best;
}

/* Attention of both kinds in one layer is a mixed batch; else the majority. */
static void
vote_layers(struct trace *trace)
{
	uint8_t *cores = memory_alloc_zero(trace->layer_count, sizeof(*cores));
	size_t i;

	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[i];

		if (kernel->layer == NONE)
			continue;
		trace->layers[kernel->layer].votes[kernel->vote]++;
		if (trace_class(trace, kernel)->roles & ROLE_ATTENTION)
			cores[kernel->layer] |= (uint8_t)(1 << kernel->vote);
	}
	for (i = 0; i < trace->layer_count; i++) {
		bool both = cores[i] & 1 << STAGE_PREFILL && cores[i] & 1 << STAGE_DECODE;

		trace->layers[i].stage = (uint8_t)(both || cores[i] & 1 << STAGE_MIXED
		    ? STAGE_MIXED : elect(trace->layers[i].votes));
	}
	free(cores);
}

/* An unknown layer is as the one before it in its pass, the first ones as their pass. */
static void
propagate(struct trace *trace)
{
	uint32_t votes[STAGE_COUNT];
	size_t begin, end, i;

	for (begin = 0; begin < trace->layer_count; begin = end) {
		struct pass *pass = &trace->passes[trace->layers[begin].pass];

		for (i = 0; i < STAGE_COUNT; i++)
			votes[i] = 0;
		for (end = begin; end < trace->layer_count &&
		     trace->layers[end].pass == trace->layers[begin].pass; end++)
			votes[trace->layers[end].stage]++;
		pass->stage = (uint8_t)elect(pass->votes);
		for (i = begin; i < end; i++) {
			struct layer *layer = &trace->layers[i];

			if (pass->stage != STAGE_UNKNOWN)
				layer->stage = pass->stage;
			else if (layer->stage == STAGE_UNKNOWN)
				layer->stage = i > begin ? trace->layers[i - 1].stage
				                         : (uint8_t)elect(votes);
		}
		if (pass->stage == STAGE_UNKNOWN)
			pass->stage = (uint8_t)elect(votes);
	}
}

void
stages_find(struct trace *trace)
{
	size_t i;

	ask_annotations(trace);
	vote_layers(trace);
	propagate(trace);
	for (i = 0; i < trace->kernel_count; i++) {
		struct kernel *kernel = &trace->kernels[i];
		enum stage stage = kernel->layer != NONE
		    ? (enum stage)trace->layers[kernel->layer].stage
		    : kernel->pass != NONE ? (enum stage)trace->passes[kernel->pass].stage
		                           : STAGE_UNKNOWN;

		if (stage != STAGE_UNKNOWN)
			kernel->stage = (uint8_t)stage;
	}
}
