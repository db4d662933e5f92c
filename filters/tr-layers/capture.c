/* SPDX-License-Identifier: Apache-2.0 */
/* Names the modules of replayed kernels: while a graph was captured, every launch was
 * recorded below its module, in the order in which the replay runs the kernels. */
#include <stdlib.h>

#include "evidence.h"
#include "memory.h"

static int
compare_correlations(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

static int
compare_launch_times(const void *left, const void *right)
{
	const struct launch *a = *(const struct launch *const *)left;
	const struct launch *b = *(const struct launch *const *)right;

	return a->ts != b->ts ? (a->ts < b->ts ? -1 : 1)
	    : a->correlation < b->correlation ? -1 : a->correlation > b->correlation;
}

/* The launches that became nodes of the graph, in their order: those that ran at once have
 * a kernel in the capture trace. */
static size_t
captured_launches(const struct trace *capture, const struct launch ***launches)
{
	int64_t *ran = memory_alloc(capture->kernel_count * sizeof(*ran));
	size_t count = 0, i;

	for (i = 0; i < capture->kernel_count; i++)
		ran[i] = capture->kernels[i].correlation;
	if (capture->kernel_count > 0)
		qsort(ran, capture->kernel_count, sizeof(*ran), compare_correlations);
	*launches = memory_alloc(capture->launch_count * sizeof(**launches));
	for (i = 0; i < capture->launch_count; i++) {
		const struct launch *launch = &capture->launches[i];

		if (launch->kernel && !launch->graph && (capture->kernel_count == 0 ||
		    bsearch(&launch->correlation, ran, capture->kernel_count, sizeof(*ran),
		        compare_correlations) == NULL))
			(*launches)[count++] = launch;
	}
	if (count > 0)
		qsort(*launches, count, sizeof(**launches), compare_launch_times);
	free(ran);
	return count;
}

/* A replayed kernel. */
struct node {
	const struct launch *launch;
	uint32_t rank;   /* in the order of time */
	uint32_t kernel;
};

static int
compare_nodes(const void *left, const void *right)
{
	const struct node *a = left, *b = right;

	if (a->launch != b->launch)
		return compare_launch_times(&a->launch, &b->launch);
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* All replayed kernels, graph launch by graph launch. */
static struct node *
replayed_kernels(const struct trace *trace, size_t *count)
{
	struct node *nodes = NULL;
	size_t capacity = 0, i;

	*count = 0;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		const struct launch *launch = trace_launch(trace, kernel->correlation);

		if (launch == NULL || !launch->graph || kernel->layer != NONE)
			continue;
		nodes = memory_grow(nodes, *count, &capacity, sizeof(*nodes));
		nodes[(*count)++] = (struct node){ launch, (uint32_t)i, trace->by_time[i] };
	}
	if (*count > 0)
		qsort(nodes, *count, sizeof(*nodes), compare_nodes);
	return nodes;
}

/* Kernels of the graph launch that begins at `begin`. */
static size_t
launch_size(const struct node *nodes, size_t count, size_t begin)
{
	size_t end = begin;

	while (end < count && nodes[end].launch == nodes[begin].launch)
		end++;
	return end - begin;
}

/* Graph launches from `begin` on that together have as many kernels as were captured (one
 * for a whole graph, many for a piecewise one): their number of kernels, else 0. */
static size_t
replay_size(const struct node *nodes, size_t count, size_t begin, size_t captured)
{
	size_t size = 0;

	while (begin + size < count && size < captured)
		size += launch_size(nodes, count, begin + size);
	return size == captured ? size : 0;
}

size_t
modules_find_captured(struct trace *trace, const struct trace *capture)
{
	struct origin origin = { .trace = trace, .calls = capture };
	const struct launch **launches;
	size_t captured = captured_launches(capture, &launches), count, begin, found, i;
	struct node *nodes = replayed_kernels(trace, &count);
	int32_t replay = 0;

	origin.leaf = memory_alloc(trace->kernel_count * sizeof(*origin.leaf));
	origin.replay = memory_alloc_zero(trace->kernel_count, sizeof(*origin.replay));
	for (i = 0; i < trace->kernel_count; i++)
		origin.leaf[i] = NONE;
	for (begin = 0; begin < count && captured > 0;) {
		size_t size = replay_size(nodes, count, begin, captured);

		for (i = 0; i < size; i++) {
			origin.leaf[nodes[begin + i].kernel] = trace_module_at(capture,
			    launches[i]->thread, launches[i]->ts);
			origin.replay[nodes[begin + i].kernel] = replay;
		}
		replay += size > 0;
		begin += size > 0 ? size : launch_size(nodes, count, begin);
	}
	found = layers_from_calls(&origin);
	free(origin.leaf);
	free(origin.replay);
	free(launches);
	free(nodes);
	return found;
}
