/* SPDX-License-Identifier: Apache-2.0 */
/* Puts passes and layers in the order of time, and says of every other kernel where it
 * stands: before, after or else outside the layers of which pass. */
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "base/memory.h"

/* When a pass and its layers began and ended, on the streams that have its layers. */
struct span {
	int64_t begin, end;
	/* When half of its kernels had begun: one that is displaced moves it little. */
	int64_t middle;
	uint64_t order; /* of a layer that the order of kernels made; goes before the middle */
	uint32_t seen;  /* kernels, while `middle` is looked for */
	int64_t behind; /* of a pass: the end of what follows its layers on their streams */
	int64_t epilogue; /* of a pass: when what follows its layers begins */
	int32_t id;
	int32_t pass;
	bool any; /* it has a kernel */
};

static int
compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->pass != b->pass)
		return a->pass < b->pass ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->middle != b->middle)
		return a->middle < b->middle ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void
span_grow(struct span *span, const struct kernel *kernel)
{
	if (!span->any) {
		span->begin = kernel->ts;
		span->end = kernel->ts + kernel->dur;
		span->any = true;
	}
	if (kernel->ts + kernel->dur > span->end)
		span->end = kernel->ts + kernel->dur;
}

static struct span *
spans_new(size_t count)
{
	struct span *spans = memory_alloc(count * sizeof(*spans));
	size_t i;

	for (i = 0; i < count; i++)
		spans[i] = (struct span){ .id = (int32_t)i, .behind = INT64_MIN,
			.epilogue = INT64_MAX };
	return spans;
}

/* Move things to where `order` says and tell in `new_id` where each went. Most traces need
 * no move, and so no second copy of their layers. */
static void *
reorder(void *things, size_t size, const struct span *order, size_t count, size_t *capacity,
    int32_t *new_id)
{
	bool in_order = true;
	char *moved;
	size_t i;

	for (i = 0; i < count; i++) {
		new_id[order[i].id] = (int32_t)i;
		in_order = in_order && order[i].id == (int32_t)i;
	}
	if (in_order)
		return things;
	moved = memory_alloc(count * size);
	for (i = 0; i < count; i++)
		memcpy(moved + i * size, (const char *)things + (size_t)order[i].id * size, size);
	free(things);
	*capacity = count;
	return moved;
}

/* Twice over the kernels: how many each has, then where the middle one begins. */
static void
find_middles(const struct trace *trace, struct span *passes, struct span *layers)
{
	uint32_t *passed = memory_alloc_zero(trace->pass_count + trace->layer_count,
	    sizeof(*passed));
	size_t i;

	for (i = 0; i < trace->kernel_count; i++)
		if (trace->kernels[i].layer != NONE) {
			passes[trace->kernels[i].pass].seen++;
			layers[trace->kernels[i].layer].seen++;
		}
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		struct span *pass, *layer;

		if (kernel->layer == NONE)
			continue;
		pass = &passes[kernel->pass];
		layer = &layers[kernel->layer];
		if (passed[kernel->pass]++ == pass->seen / 2)
			pass->middle = kernel->ts;
		if (passed[trace->pass_count + (size_t)kernel->layer]++ == layer->seen / 2)
			layer->middle = kernel->ts;
	}
	free(passed);
}

/* Number passes by the middle of their kernels, and layers by pass, then likewise. */
static void
order_by_time(struct trace *trace)
{
	struct span *passes = spans_new(trace->pass_count), *layers = spans_new(trace->layer_count);
	int32_t *new_pass = memory_alloc(trace->pass_count * sizeof(*new_pass));
	int32_t *new_layer = memory_alloc(trace->layer_count * sizeof(*new_layer));
	size_t i;

	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];

		if (kernel->layer == NONE)
			continue;
		span_grow(&passes[kernel->pass], kernel);
		span_grow(&layers[kernel->layer], kernel);
	}
	find_middles(trace, passes, layers);
	qsort(passes, trace->pass_count, sizeof(*passes), compare_spans);
	trace->passes = reorder(trace->passes, sizeof(*trace->passes), passes, trace->pass_count,
	    &trace->pass_capacity, new_pass);
	for (i = 0; i < trace->layer_count; i++) {
		trace->layers[i].pass = new_pass[trace->layers[i].pass];
		layers[i].pass = trace->layers[i].pass;
		/* Calls were met in the order of their first kernel, whenever that ran. */
		if (trace->layers[i].method != METHOD_MODULES)
			layers[i].order = trace->layers[i].order;
	}
	qsort(layers, trace->layer_count, sizeof(*layers), compare_spans);
	trace->layers = reorder(trace->layers, sizeof(*trace->layers), layers, trace->layer_count,
	    &trace->layer_capacity, new_layer);
	for (i = 0; i < trace->layer_count; i++)
		trace->layers[i].index = trace->passes[trace->layers[i].pass].layers++;
	for (i = 0; i < trace->kernel_count; i++)
		if (trace->kernels[i].layer != NONE) {
			trace->kernels[i].layer = new_layer[trace->kernels[i].layer];
			trace->kernels[i].pass = trace->layers[trace->kernels[i].layer].pass;
		}
	free(passes);
	free(layers);
	free(new_pass);
	free(new_layer);
}

/* The kernels of one stream between two of its layers' kernels. */
struct pending {
	uint32_t *kernel;
	size_t count, capacity;
	uint32_t opening[3]; /* classes of the kernels that began the stream's first pass */
	size_t opening_count;
};

static void
place_pending(struct trace *trace, const struct pending *pending, size_t begin, size_t end,
    int32_t pass, enum place place)
{
	for (; begin < end; begin++) {
		struct kernel *kernel = &trace->kernels[pending->kernel[begin]];

		kernel->pass = pass;
		kernel->place = (uint8_t)place;
	}
}

/* Where, between two passes, the second begins: where the kernels come that began the
 * first pass of the stream; else after the longest pause. */
static size_t
pass_cut(const struct trace *trace, const struct pending *pending, int64_t end, int64_t begin)
{
	int64_t longest = INT64_MIN;
	size_t cut = 0, i;

	for (i = 0; i < pending->count && pending->opening_count >= 2; i++) {
		size_t alike = 0;

		while (alike < pending->opening_count && i + alike < pending->count &&
		    trace->kernels[pending->kernel[i + alike]].class == pending->opening[alike])
			alike++;
		if (alike >= 2)
			return i;
	}
	for (i = 0; i <= pending->count; i++) {
		int64_t next = i < pending->count ? trace->kernels[pending->kernel[i]].ts : begin;

		if (next - end > longest) {
			longest = next - end;
			cut = i;
		}
		if (i < pending->count)
			end = next + trace->kernels[pending->kernel[i]].dur;
	}
	return cut;
}

/* Kernels of a stream that has layers stand between those of one pass, or of two. */
static void
place_main_stream(struct trace *trace, uint32_t stream)
{
	struct pending pending = { 0 };
	int32_t pass = NONE;
	int64_t end = 0;
	size_t i;

	for (i = trace->stream_begin[stream]; i < trace->stream_begin[stream + 1]; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_stream[i]];

		if (kernel->place == PLACE_TAIL)
			continue;
		if (kernel->layer == NONE) {
			pending.kernel = memory_grow(pending.kernel, pending.count,
			    &pending.capacity, sizeof(*pending.kernel));
			pending.kernel[pending.count++] = trace->by_stream[i];
			continue;
		}
		if (pass == NONE) {
			place_pending(trace, &pending, 0, pending.count, kernel->pass,
			    PLACE_PROLOGUE);
			for (; pending.opening_count < 3 && pending.opening_count < pending.count;
			     pending.opening_count++)
				pending.opening[pending.opening_count] =
				    trace->kernels[pending.kernel[pending.opening_count]].class;
		} else if (kernel->pass == pass) {
			place_pending(trace, &pending, 0, pending.count, pass, PLACE_SIDE);
		} else {
			size_t cut = pass_cut(trace, &pending, end, kernel->ts);

			place_pending(trace, &pending, 0, cut, pass, PLACE_EPILOGUE);
			place_pending(trace, &pending, cut, pending.count, kernel->pass,
			    PLACE_PROLOGUE);
		}
		pending.count = 0;
		pass = kernel->pass;
		end = kernel->ts + kernel->dur;
	}
	if (pass != NONE)
		place_pending(trace, &pending, 0, pending.count, pass, PLACE_EPILOGUE);
	free(pending.kernel);
}

/* How regularly a side stream's kernels come with one kind of layer. */
struct regular {
	uint32_t hits;   /* layers that had it */
	uint32_t layers; /* layers of that kind in the passes that had it */
	int32_t layer, pass;
};

struct side {
	struct trace *trace;
	struct span *passes;
	struct span *layers;
	unsigned *kinds;     /* by layer */
	uint32_t *alike;     /* by layer: how many layers of its pass are of its kind */
	int32_t *of_device;  /* passes, device by device, in the order of time */
	size_t *device_begin; /* by device: where it begins in of_device; one more at the end */
	struct map regular;
};

struct regular_key {
	uint32_t stream, class;
	uint64_t kind;
};

/* The pass of a kernel of another stream: the last that began before it on its device,
 * from the end of the one before on. */
static int32_t
pass_at(const struct side *side, const struct kernel *kernel)
{
	uint32_t device = trace_device(side->trace, kernel);
	size_t begin = side->device_begin[device], end = side->device_begin[device + 1];
	size_t low = begin, high = end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (side->passes[side->of_device[middle]].begin <= kernel->ts)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < end && (low == begin ||
	    kernel->ts >= side->passes[side->of_device[low - 1]].behind))
		return side->of_device[low];
	return low > begin ? side->of_device[low - 1] : NONE;
}

/* The layer of the pass during which the moment falls, NONE before the first. */
static int32_t
layer_at(const struct side *side, int32_t pass, int64_t ts)
{
	const struct trace *trace = side->trace;
	size_t low = 0, high = trace->layer_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (trace->layers[middle].pass < pass || (trace->layers[middle].pass == pass &&
		    side->layers[middle].begin <= ts))
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && trace->layers[low - 1].pass == pass ? (int32_t)low - 1 : NONE;
}

static struct regular *
regular_of(struct side *side, const struct kernel *kernel, int32_t layer)
{
	struct regular_key key = { kernel->stream, kernel->class, side->kinds[layer] };
	void **place = map_put(&side->regular, (const char *)&key, sizeof(key));

	if (*place == NULL) {
		struct regular *regular = memory_alloc(sizeof(*regular));

		*regular = (struct regular){ .layer = NONE, .pass = NONE };
		*place = regular;
	}
	return *place;
}

static void
count_regular(struct side *side, const struct kernel *kernel, int32_t layer)
{
	struct regular *regular = regular_of(side, kernel, layer);
	const struct trace *trace = side->trace;
	int32_t pass = trace->layers[layer].pass;

	if (regular->pass != pass) {
		regular->pass = pass;
		regular->layers += side->alike[layer];
	}
	regular->hits += regular->layer != layer;
	regular->layer = layer;
}

/* The last layer lasts until its streams go on to something else: a collective of its own
 * may begin after its last product. */
static bool
during_layers(const struct span *pass, int64_t ts)
{
	return ts < pass->end || (pass->epilogue != INT64_MAX && ts < pass->epilogue);
}

/* First to count, then to place. */
static void
place_side_kernel(struct side *side, struct kernel *kernel, bool count)
{
	int32_t pass = pass_at(side, kernel), layer;

	if (pass == NONE)
		return;
	layer = layer_at(side, pass, kernel->ts);
	if (layer != NONE && during_layers(&side->passes[pass], kernel->ts)) {
		if (count) {
			count_regular(side, kernel, layer);
			return;
		}
		kernel->pass = pass;
		kernel->place = PLACE_SIDE;
		if (regular_of(side, kernel, layer)->hits * 4 >=
		    regular_of(side, kernel, layer)->layers * 3) {
			kernel->layer = layer;
			kernel->place = PLACE_LAYER;
		}
	} else if (!count) {
		kernel->pass = pass;
		kernel->place = layer == NONE ? PLACE_PROLOGUE : PLACE_EPILOGUE;
	}
}

/* The kind of a layer is a set of five roles, here as a small number. */
static unsigned
kind_number(unsigned roles)
{
	return (roles & ROLE_ATTENTION ? 1u : 0) | (roles & ROLE_MLA ? 2u : 0) |
	    (roles & ROLE_GDN ? 4u : 0) | (roles & ROLE_MOE ? 8u : 0) |
	    (roles & ROLE_FC ? 16u : 0);
}

static void
count_alike(struct side *side)
{
	const struct trace *trace = side->trace;
	size_t begin, end, i;

	side->alike = memory_alloc(trace->layer_count * sizeof(*side->alike));
	for (begin = 0; begin < trace->layer_count; begin = end) {
		uint32_t counts[32] = { 0 };

		for (end = begin; end < trace->layer_count &&
		     trace->layers[end].pass == trace->layers[begin].pass; end++)
			counts[kind_number(side->kinds[end])]++;
		for (i = begin; i < end; i++)
			side->alike[i] = counts[kind_number(side->kinds[i])];
	}
}

/* Passes are numbered by their beginning, so each device's are in the order of time. */
static void
list_by_device(struct side *side)
{
	const struct trace *trace = side->trace;
	size_t *begin, i;

	side->of_device = memory_alloc(trace->pass_count * sizeof(*side->of_device));
	side->device_begin = begin = memory_alloc_zero(trace->device_count + 2, sizeof(*begin));
	for (i = 0; i < trace->pass_count; i++)
		begin[trace->passes[i].device + 2]++;
	for (i = 2; i < trace->device_count + 2; i++)
		begin[i] += begin[i - 1];
	for (i = 0; i < trace->pass_count; i++)
		side->of_device[begin[trace->passes[i].device + 1]++] = (int32_t)i;
}

static void
open_side(struct side *side, struct trace *trace)
{
	size_t i;

	*side = (struct side){ .trace = trace, .passes = spans_new(trace->pass_count),
		.layers = spans_new(trace->layer_count),
		.kinds = memory_alloc_zero(trace->layer_count, sizeof(*side->kinds)) };
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		int64_t end = kernel->ts + kernel->dur;

		if (kernel->pass != NONE && end > side->passes[kernel->pass].behind)
			side->passes[kernel->pass].behind = end;
		if (kernel->place == PLACE_EPILOGUE &&
		    kernel->ts < side->passes[kernel->pass].epilogue)
			side->passes[kernel->pass].epilogue = kernel->ts;
		if (kernel->layer == NONE)
			continue;
		span_grow(&side->passes[kernel->pass], kernel);
		span_grow(&side->layers[kernel->layer], kernel);
		side->kinds[kernel->layer] |= trace_class(trace, kernel)->roles &
		    (ROLE_ATTENTION | ROLE_MLA | ROLE_GDN | ROLE_MOE | ROLE_FC);
	}
	/* A kernel that stands too early in a layer or pass does not make it begin before the one
	 * before it: what follows looks in their order. */
	for (i = 1; i < trace->layer_count; i++)
		if (trace->layers[i].pass == trace->layers[i - 1].pass &&
		    side->layers[i].begin < side->layers[i - 1].begin)
			side->layers[i].begin = side->layers[i - 1].begin;
	count_alike(side);
	list_by_device(side);
	for (i = 1; i < trace->pass_count; i++) {
		struct span *pass = &side->passes[side->of_device[i]];
		const struct span *before = &side->passes[side->of_device[i - 1]];

		if (trace->passes[side->of_device[i]].device ==
		    trace->passes[side->of_device[i - 1]].device && pass->begin < before->begin)
			pass->begin = before->begin;
	}
}

static void
close_side(struct side *side)
{
	size_t i;

	for (i = 0; i < side->regular.count; i++)
		free(side->regular.entries[i].value);
	map_free(&side->regular);
	free(side->passes);
	free(side->layers);
	free(side->kinds);
	free(side->alike);
	free(side->of_device);
	free(side->device_begin);
}

void
places_find(struct trace *trace)
{
	bool *is_main;
	struct side side;
	size_t i;
	int turn;

	if (trace->layer_count == 0)
		return;
	order_by_time(trace);
	is_main = memory_alloc_zero(trace->stream_count, sizeof(*is_main));
	for (i = 0; i < trace->kernel_count; i++)
		if (trace->kernels[i].layer != NONE)
			is_main[trace->kernels[i].stream] = true;
	for (i = 0; i < trace->stream_count; i++)
		if (is_main[i])
			place_main_stream(trace, (uint32_t)i);
	open_side(&side, trace);
	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < trace->kernel_count; i++) {
			struct kernel *kernel = &trace->kernels[trace->by_time[i]];

			if (!is_main[kernel->stream] && kernel->place != PLACE_TAIL)
				place_side_kernel(&side, kernel, turn == 0);
		}
	close_side(&side);
	free(is_main);
}
