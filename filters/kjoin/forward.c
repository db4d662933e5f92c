/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for layers from the top down, and puts the ops of each in the order of their lines. */
#include <stdlib.h>
#include <string.h>

#include "forward.h"
#include "base/memory.h"
#include "purpose.h"
#include "trace.h"

/* What is below a function. */
enum { HAS_ATTENTION = 1, HAS_FEED_FORWARD = 2, HAS_LAYER = 3 };

static unsigned
parts_of(const char *call)
{
	return (purpose_named(call, PURPOSE_ATTENTION) ? HAS_ATTENTION : 0) |
	    (purpose_named(call, PURPOSE_FEED_FORWARD) ? HAS_FEED_FORWARD : 0);
}

/* What each function has below it: its own ops and those of what it calls, however deep. */
static unsigned *
weigh_functions(const struct chains *chains)
{
	const struct graph *graph = &chains->graph;
	unsigned *parts = memory_alloc_zero(graph->function_count + 1, sizeof(*parts));
	bool changed = true;
	size_t i;

	for (i = 0; i < chains->site_count; i++)
		parts[chains->sites[i].in] |= parts_of(chains->sites[i].call);
	while (changed) {
		changed = false;
		for (i = 0; i < graph->edge_count; i++) {
			unsigned all = parts[graph->edges[i].from] | parts[graph->edges[i].to];

			changed = changed || all != parts[graph->edges[i].from];
			parts[graph->edges[i].from] = all;
		}
	}
	return parts;
}

static bool
is_layer(const struct graph *graph, const unsigned *parts, int32_t function)
{
	const struct function *at = &graph->functions[function];

	if (parts[function] != HAS_LAYER)
		return false;
	for (uint32_t i = at->first; i < at->first + at->count; i++)
		if (graph->edges[i].to != function && parts[graph->edges[i].to] == HAS_LAYER)
			return false;
	return true;
}

/* Calls from the stretch's beginning down to the function, outermost first. */
static size_t
path_down(const struct graph *graph, const int32_t *reached, int32_t function,
    const struct edge **edges)
{
	size_t count = 0;

	while (count < FORWARD_DEEPEST && reached[function] >= 0) {
		edges[count++] = &graph->edges[reached[function]];
		function = edges[count - 1]->from;
	}
	for (size_t i = 0; i < count / 2; i++) {
		const struct edge *swap = edges[i];

		edges[i] = edges[count - 1 - i];
		edges[count - 1 - i] = swap;
	}
	return count;
}

static const struct forward *sorting; /* qsort passes no context */
static const struct stretch *sorting_stretch;

/* By the first line in which the ways to the two part. */
static int
compare_sites(const void *left, const void *right)
{
	const struct chains *chains = sorting->chains;
	const struct site *a = &chains->sites[*(const int32_t *)left];
	const struct site *b = &chains->sites[*(const int32_t *)right];
	const struct edge *way_a[FORWARD_DEEPEST], *way_b[FORWARD_DEEPEST];
	size_t count_a = path_down(&chains->graph, sorting_stretch->reached, a->in, way_a);
	size_t count_b = path_down(&chains->graph, sorting_stretch->reached, b->in, way_b);

	for (size_t i = 0;; i++) {
		int64_t line_a = i < count_a ? way_a[i]->line : a->line;
		int64_t line_b = i < count_b ? way_b[i]->line : b->line;

		if (line_a != line_b)
			return line_a < line_b ? -1 : 1;
		if (i >= count_a || i >= count_b || way_a[i] != way_b[i])
			break;
	}
	return *(const int32_t *)left < *(const int32_t *)right ? -1
	    : *(const int32_t *)left > *(const int32_t *)right;
}

/* Ranks the sites that the stretch reaches; `taken`: those that it must leave out, or NULL. */
static void
rank_sites(const struct forward *forward, struct stretch *stretch, const bool *taken)
{
	const struct chains *chains = forward->chains;
	int32_t *sites = memory_alloc((chains->site_count + 1) * sizeof(*sites));
	size_t count = 0, i;

	stretch->rank = memory_alloc((chains->site_count + 1) * sizeof(*stretch->rank));
	for (i = 0; i < chains->site_count; i++) {
		stretch->rank[i] = NONE;
		if (stretch->reached[chains->sites[i].in] != GRAPH_NEVER &&
		    (taken == NULL || !taken[i]))
			sites[count++] = (int32_t)i;
	}
	sorting = forward;
	sorting_stretch = stretch;
	if (count > 0)
		qsort(sites, count, sizeof(*sites), compare_sites);
	for (i = 0; i < count; i++)
		stretch->rank[sites[i]] = (int32_t)i;
	free(sites);
}

static void
add_layer(struct forward *forward, int32_t function)
{
	const struct graph *graph = &forward->chains->graph;
	struct stretch *layer;

	forward->layers = memory_grow(forward->layers, forward->layer_count,
	    &forward->layer_capacity, sizeof(*forward->layers));
	layer = &forward->layers[forward->layer_count++];
	layer->function = function;
	layer->reached = graph_walk(graph, function);
	layer->home = graph->functions[function].file ==
	    forward->chains->roots[forward->root].file;
	rank_sites(forward, layer, NULL);
}

void
forward_open(struct forward *forward, const struct chains *chains, int32_t root)
{
	const struct graph *graph = &chains->graph;
	unsigned *parts = weigh_functions(chains);
	bool *taken = memory_alloc_zero(chains->site_count + 1, sizeof(*taken));

	*forward = (struct forward){ .chains = chains, .root = root };
	forward->outside.function = chains->roots[root].in;
	forward->outside.reached = graph_walk(graph, forward->outside.function);
	for (size_t i = 0; i < graph->function_count; i++)
		if (forward->outside.reached[i] != GRAPH_NEVER &&
		    is_layer(graph, parts, (int32_t)i))
			add_layer(forward, (int32_t)i);
	for (size_t i = 0; i < forward->layer_count; i++)
		for (size_t j = 0; j < chains->site_count; j++)
			taken[j] = taken[j] || forward->layers[i].rank[j] != NONE;
	rank_sites(forward, &forward->outside, taken);
	free(taken);
	free(parts);
}

bool
forward_has(const struct forward *forward, int32_t site)
{
	return forward->outside.reached[forward->chains->sites[site].in] != GRAPH_NEVER;
}

size_t
forward_path(const struct forward *forward, const struct stretch *stretch, int32_t site,
    const struct edge **edges)
{
	const struct graph *graph = &forward->chains->graph;
	const int32_t *reached = stretch->reached;
	int32_t function = forward->chains->sites[site].in;
	size_t count = 0;

	while (count < FORWARD_DEEPEST) {
		if (reached[function] >= 0) {
			edges[count++] = &graph->edges[reached[function]];
			function = edges[count - 1]->from;
		} else if (reached != forward->outside.reached)
			reached = forward->outside.reached; /* from the layer on up */
		else
			break;
	}
	return count;
}

static void
stretch_free(struct stretch *stretch)
{
	free(stretch->reached);
	free(stretch->rank);
}

void
forward_close(struct forward *forward)
{
	for (size_t i = 0; i < forward->layer_count; i++)
		stretch_free(&forward->layers[i]);
	stretch_free(&forward->outside);
	free(forward->layers);
	*forward = (struct forward){ .root = NONE };
}
