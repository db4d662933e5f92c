/* SPDX-License-Identifier: Apache-2.0 */
/* Layers from what repeats in the order of the kernels, one stream at a time. */
#include <stdlib.h>

#include "evidence.h"
#include "base/memory.h"
#include "repair.h"
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
add_layers(struct sequence *sequence, uint32_t stream)
{
	struct trace *trace = sequence->trace;
	int32_t pass = NONE;
	uint32_t at;
	size_t i;

	for (i = 0; i < sequence->block_count; i++) {
		const struct block *block = &sequence->blocks[i];
		int32_t layer;

		if (pass == NONE)
			pass = trace_add_pass(trace, METHOD_PERIODIC,
			    trace->streams[stream].device);
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

/* Which stretches of each device's time are within a pass: a stream whose attention falls
 * into passes of other streams works for those. */
struct cover {
	uint32_t *place;  /* by kernel: its place in by_device */
	uint32_t *stream; /* by place: whose pass it is in, from 1; 0 for none */
	uint32_t *next;   /* by place: a place at or after it that may be free */
};

#define SEVERAL_STREAMS UINT32_MAX

static void
cover_open(struct cover *cover, const struct trace *trace)
{
	size_t count = trace->kernel_count, i;

	cover->place = memory_alloc(count * sizeof(*cover->place));
	cover->stream = memory_alloc_zero(count, sizeof(*cover->stream));
	cover->next = memory_alloc((count + 1) * sizeof(*cover->next));
	for (i = 0; i < count; i++)
		cover->place[trace->by_device[i]] = (uint32_t)i;
	for (i = 0; i <= count; i++)
		cover->next[i] = (uint32_t)i;
}

static void
cover_close(struct cover *cover)
{
	free(cover->place);
	free(cover->stream);
	free(cover->next);
}

static uint32_t
next_free(struct cover *cover, uint32_t place)
{
	while (cover->next[place] != place)
		place = cover->next[place] = cover->next[cover->next[place]];
	return place;
}

/* Places that are covered already stay as they are. */
static void
cover_add(struct cover *cover, uint32_t first, uint32_t last, uint32_t stream)
{
	uint32_t place;

	for (place = next_free(cover, first); place <= last; place = next_free(cover, place)) {
		cover->stream[place] = stream;
		cover->next[place] = place + 1;
	}
}

/* The passes that are known before any is looked for. */
static void
cover_passes(struct cover *cover, const struct trace *trace)
{
	struct reach {
		uint32_t first, last, stream;
	} *reaches = memory_alloc_zero(trace->pass_count, sizeof(*reaches));
	size_t i;

	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		struct reach *reach;

		if (kernel->layer == NONE)
			continue;
		reach = &reaches[kernel->pass];
		if (reach->stream == 0)
			*reach = (struct reach){ cover->place[trace->by_time[i]], 0,
				kernel->stream + 1 };
		reach->last = cover->place[trace->by_time[i]];
		if (reach->stream != kernel->stream + 1)
			reach->stream = SEVERAL_STREAMS;
	}
	for (i = 0; i < trace->pass_count; i++)
		if (reaches[i].stream != 0)
			cover_add(cover, reaches[i].first, reaches[i].last, reaches[i].stream);
	free(reaches);
}

/* Passes were added for a stream. */
static void
cover_stream(struct cover *cover, const struct trace *trace, const struct sequence *sequence)
{
	int32_t pass = NONE;
	uint32_t at, before = 0;

	for (at = 0; at < sequence->count; at++) {
		const struct kernel *kernel = &trace->kernels[sequence->kernel[at]];
		uint32_t place = cover->place[sequence->kernel[at]];

		if (kernel->layer == NONE)
			continue;
		cover_add(cover, kernel->pass == pass && before <= place ? before : place, place,
		    kernel->stream + 1);
		pass = kernel->pass;
		before = place;
	}
}

static bool
is_beside(const struct cover *cover, const struct trace *trace, const struct sequence *sequence)
{
	uint32_t inside = 0, anchors = 0, at;

	for (at = 0; at < sequence->count; at++) {
		uint32_t kernel = sequence->kernel[at], by = cover->stream[cover->place[kernel]];

		if (!(sequence_roles(sequence, at) & (ROLE_ATTENTION | ROLE_GDN)))
			continue;
		anchors++;
		inside += by != 0 && by != trace->kernels[kernel].stream + 1;
	}
	return inside * 2 > anchors;
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
	if (trace->stream_count > 0)
		qsort(candidates, trace->stream_count, sizeof(*candidates), compare_candidates);
	return candidates;
}

/* Which devices have layers or anchors; of others the largest stream stands for the device. */
static bool *
devices_with_layers(const struct trace *trace, const struct candidate *candidates)
{
	bool *with = memory_alloc_zero(trace->device_count, sizeof(*with));
	size_t i;

	for (i = 0; i < trace->kernel_count; i++)
		if (trace->kernels[i].layer != NONE)
			with[trace_device(trace, &trace->kernels[i])] = true;
	for (i = 0; i < trace->stream_count; i++)
		if (candidates[i].anchors > 0)
			with[trace->streams[candidates[i].stream].device] = true;
	return with;
}

/* The first stream that might have had layers says why it has none. */
static void
refuse(struct device *device, const struct sequence *sequence)
{
	if (device->why != NULL)
		return;
	device->why = sequence->refused;
	device->repeats = sequence->repeats;
	device->repeated = sequence->repeated;
}

static void
find_in_stream(struct trace *trace, const struct candidate *candidate, struct cover *cover)
{
	struct sequence sequence;

	sequence_open(&sequence, trace, candidate->stream, false);
	if (candidate->anchors == 0 || !is_beside(cover, trace, &sequence)) {
		blocks_find(&sequence);
		if (sequence.refused != NULL)
			refuse(&trace->devices[trace->streams[candidate->stream].device],
			    &sequence);
		if (worth_layers(&sequence)) {
			bounds_find(&sequence);
			repair(&sequence);
			add_layers(&sequence, candidate->stream);
			cover_stream(cover, trace, &sequence);
		}
	}
	sequence_close(&sequence);
}

size_t
periodic_find(struct trace *trace)
{
	struct candidate *candidates = list_streams(trace);
	bool *with_layers = devices_with_layers(trace, candidates);
	size_t before = trace->layer_count, i;
	struct cover cover = { 0 };

	cover_open(&cover, trace);
	cover_passes(&cover, trace);
	for (i = 0; i < trace->stream_count; i++) {
		uint32_t device = trace->streams[candidates[i].stream].device;

		if (trace->devices[device].training || candidates[i].kernels == 0 ||
		    (candidates[i].anchors == 0 && with_layers[device]))
			continue;
		with_layers[device] = true;
		find_in_stream(trace, &candidates[i], &cover);
	}
	cover_close(&cover);
	free(with_layers);
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
