/* SPDX-License-Identifier: Apache-2.0 */
/* How durations spread: by kernel, and by the index of a layer over passes. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "spread.h"

static int
compare_ns(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

static int64_t
quantile(const int64_t *sorted, size_t count, unsigned permille)
{
	uint64_t place = (uint64_t)(count - 1) * permille;
	size_t below = (size_t)(place / 1000);
	int64_t part = (int64_t)(place % 1000);

	if (part == 0)
		return sorted[below];
	return sorted[below] + (int64_t)(((double)(sorted[below + 1] - sorted[below]) *
	    (double)part + 500) / 1000);
}

struct spread
spread_of(int64_t *durations, size_t count)
{
	if (count == 0)
		return (struct spread){ 0 };
	qsort(durations, count, sizeof(*durations), compare_ns);
	return (struct spread){ durations[0], quantile(durations, count, 500),
		quantile(durations, count, 990), durations[count - 1] };
}

struct spreads {
	int64_t *durations; /* class by class, in each stage by stage */
	size_t *begin;      /* by class and stage; one more at the end */
	int64_t *all;       /* room for a class's */
};

struct spreads *
spreads_open(const struct trace *trace)
{
	size_t cells = trace->class_count * STAGE_COUNT, i;
	struct spreads *spreads = memory_alloc(sizeof(*spreads));
	size_t *begin = memory_alloc_zero(cells + 2, sizeof(*begin));

	spreads->durations = memory_alloc(trace->kernel_count * sizeof(*spreads->durations));
	spreads->all = memory_alloc(trace->kernel_count * sizeof(*spreads->all));
	spreads->begin = begin;
	for (i = 0; i < trace->kernel_count; i++)
		begin[(size_t)trace->kernels[i].class * STAGE_COUNT + trace->kernels[i].stage +
		    2]++;
	for (i = 2; i < cells + 2; i++)
		begin[i] += begin[i - 1];
	for (i = 0; i < trace->kernel_count; i++)
		spreads->durations[begin[(size_t)trace->kernels[i].class * STAGE_COUNT +
		    trace->kernels[i].stage + 1]++] = trace->kernels[i].dur;
	return spreads;
}

void
spreads_close(struct spreads *spreads)
{
	free(spreads->durations);
	free(spreads->begin);
	free(spreads->all);
	free(spreads);
}

struct spread
spreads_get(struct spreads *spreads, uint32_t class, int stage)
{
	size_t cell = (size_t)class * STAGE_COUNT + (stage == NONE ? 0 : (size_t)stage);
	size_t begin = spreads->begin[cell];
	size_t count = spreads->begin[cell + (stage == NONE ? STAGE_COUNT : 1)] - begin;

	if (stage != NONE)
		return spread_of(spreads->durations + begin, count);
	/* A copy: the stages stay apart. */
	memcpy(spreads->all, spreads->durations + begin, count * sizeof(*spreads->all));
	return spread_of(spreads->all, count);
}

static int
compare_layers(const void *left, const void *right)
{
	const struct layer *a = *(const struct layer *const *)left;
	const struct layer *b = *(const struct layer *const *)right;

	if (a->stage != b->stage)
		return a->stage < b->stage ? -1 : 1;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return a->pass < b->pass ? -1 : a->pass > b->pass;
}

struct index_spread *
index_spreads(const struct trace *trace, size_t *count)
{
	const struct layer **layers = memory_alloc(trace->layer_count * sizeof(*layers));
	struct index_spread *list = memory_alloc(trace->layer_count * sizeof(*list));
	int64_t *durs = memory_alloc(trace->pass_count * sizeof(*durs));
	int64_t *busy = memory_alloc(trace->pass_count * sizeof(*busy));
	size_t begin, end, i;

	*count = 0;
	for (i = 0; i < trace->layer_count; i++)
		layers[i] = &trace->layers[i];
	if (trace->layer_count > 0)
		qsort(layers, trace->layer_count, sizeof(*layers), compare_layers);
	for (begin = 0; begin < trace->layer_count; begin = end) {
		for (end = begin; end < trace->layer_count &&
		     layers[end]->stage == layers[begin]->stage &&
		     layers[end]->index == layers[begin]->index; end++) {
			durs[end - begin] = layers[end]->at.end - layers[end]->at.ts;
			busy[end - begin] = layers[end]->at.busy;
		}
		if (end - begin >= 2)
			list[(*count)++] = (struct index_spread){ layers[begin]->index,
				layers[begin]->stage, (uint32_t)(end - begin),
				spread_of(durs, end - begin), spread_of(busy, end - begin) };
	}
	free(layers);
	free(durs);
	free(busy);
	return list;
}
