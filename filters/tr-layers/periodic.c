/* SPDX-License-Identifier: Apache-2.0 */
/* Layers from what repeats in the order of the kernels, one stream at a time. */
#include <stdlib.h>

#include "evidence.h"
#include "base/memory.h"
#include "sequence.h"

struct candidate {
	uint32_t stream;
	uint32_t anchors;
	uint32_t kernels;
};

static int
compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->anchors != b->anchors)
		return a->anchors > b->anchors ? -1 : 1;
	if (a->kernels != b->kernels)
		return a->kernels > b->kernels ? -1 : 1;
	return a->stream < b->stream ? -1 : 1;
}

/* One block alone is a layer only when it looks like one. */
static bool
worth_layers(const struct sequence *sequence)
{
	return sequence->block_count > 1 ||
	    (sequence->block_count == 1 && sequence->blocks[0].mixer != NOWHERE);
}

static void
add_layers(struct sequence *sequence)
{
	struct trace *trace = sequence->trace;
	int32_t pass = NONE;
	uint32_t at;
	size_t i;

	for (i = 0; i < sequence->block_count; i++) {
		const struct block *block = &sequence->blocks[i];
		int32_t layer;

		if (pass == NONE)
			pass = trace_add_pass(trace, METHOD_PERIODIC);
		layer = trace_add_layer(trace, METHOD_PERIODIC);
		trace->layers[layer].pass = pass;
		trace->layers[layer].partial = block->partial;
		for (at = block->begin; at < block->end; at++) {
			struct kernel *kernel = &trace->kernels[sequence->kernel[at]];

			kernel->layer = layer;
			kernel->pass = pass;
			kernel->place = PLACE_LAYER;
		}
		if (block->breaks)
			pass = NONE;
	}
}

/* Whether most of the stream's anchors stand between two kernels of one pass of another
 * stream: then it is a side stream of that. */
static bool
is_beside(const struct trace *trace, uint32_t stream)
{
	uint32_t inside = 0, anchors = 0, pending = 0;
	int64_t device = trace->streams[stream].device;
	int32_t pass = NONE;
	size_t i;

	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];

		if (trace->streams[kernel->stream].device != device)
			continue;
		if (kernel->layer != NONE && kernel->stream != stream) {
			inside += kernel->pass == pass ? pending : 0;
			pass = kernel->pass;
			pending = 0;
		} else if (kernel->layer == NONE && kernel->stream == stream &&
		    trace_class(trace, kernel)->roles & (ROLE_ATTENTION | ROLE_GDN)) {
			anchors++;
			pending++;
		}
	}
	return inside * 2 > anchors;
}

static bool
device_has_anchors(const struct trace *trace, const struct candidate *candidates, int64_t device)
{
	size_t i;

	for (i = 0; i < trace->stream_count; i++)
		if (candidates[i].anchors > 0 &&
		    trace->streams[candidates[i].stream].device == device)
			return true;
	return false;
}

static struct candidate *
list_streams(const struct trace *trace)
{
	struct candidate *candidates = memory_alloc_zero(trace->stream_count, sizeof(*candidates));
	size_t i;

	for (i = 0; i < trace->stream_count; i++)
		candidates[i].stream = (uint32_t)i;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[i];

		if (kernel->layer != NONE || kernel->place == PLACE_TAIL)
			continue;
		candidates[kernel->stream].kernels++;
		candidates[kernel->stream].anchors +=
		    (trace_class(trace, kernel)->roles & (ROLE_ATTENTION | ROLE_GDN)) != 0;
	}
	qsort(candidates, trace->stream_count, sizeof(*candidates), compare_candidates);
	return candidates;
}

/* The first stream without anchors of a device that has none stands for it. */
static bool
stands_for_device(const struct trace *trace, const struct candidate *candidates, size_t rank)
{
	int64_t device = trace->streams[candidates[rank].stream].device;
	size_t i;

	if (trace->layer_count > 0 || device_has_anchors(trace, candidates, device))
		return false;
	for (i = 0; i < rank; i++)
		if (trace->streams[candidates[i].stream].device == device)
			return false;
	return true;
}

size_t
periodic_find(struct trace *trace)
{
	struct candidate *candidates;
	size_t before = trace->layer_count, i;

	if (trace->kernel_count == 0)
		return 0;
	candidates = list_streams(trace);
	for (i = 0; i < trace->stream_count; i++) {
		struct sequence sequence;
		uint32_t stream = candidates[i].stream;

		if (candidates[i].anchors == 0 ? !stands_for_device(trace, candidates, i)
		                               : is_beside(trace, stream))
			continue;
		sequence_open(&sequence, trace, stream, false);
		blocks_find(&sequence);
		if (worth_layers(&sequence)) {
			bounds_find(&sequence);
			add_layers(&sequence);
		}
		sequence_close(&sequence);
	}
	free(candidates);
	return trace->layer_count - before;
}

size_t
periodic_count_tail(struct trace *trace)
{
	size_t layers = 0, i;

	for (i = 0; i < trace->stream_count; i++) {
		struct sequence sequence;

		sequence_open(&sequence, trace, (uint32_t)i, true);
		blocks_find(&sequence);
		layers += worth_layers(&sequence) ? sequence.block_count : 0;
		sequence_close(&sequence);
	}
	return layers;
}
