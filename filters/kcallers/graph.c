/* SPDX-License-Identifier: Apache-2.0 */
/* Turns call edges around, and marks what the roots reach. */
#include <stdlib.h>

#include "graph.h"
#include "base/memory.h"

bool
graph_is_model(const struct graph *graph, uint32_t context)
{
	return graph->model->own[graph->flow->contexts[context].function->module->id];
}

/* Where an edge's site stands: by file, line, then position in the source. */
struct place {
	const struct instruction *site;
	uint32_t module, line, begin, end, edge;
};

static int
compare_numbers(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = compare_numbers(a->module, b->module);

	if (order == 0)
		order = compare_numbers(a->line, b->line);
	if (order == 0)
		order = compare_numbers(a->begin, b->begin);
	if (order == 0)
		order = compare_numbers(a->end, b->end);
	if (order == 0 && a->site != b->site)
		order = a->site < b->site ? -1 : 1;
	return order != 0 ? order : compare_numbers(a->edge, b->edge);
}

static void
rank_sites(struct graph *graph)
{
	const struct flow *flow = graph->flow;
	struct place *places = memory_alloc((flow->edge_count + 1) * sizeof(*places));
	uint32_t rank = 0;

	graph->order = memory_alloc((flow->edge_count + 1) * sizeof(*graph->order));
	for (uint32_t i = 0; i < flow->edge_count; i++) {
		const struct call_edge *edge = &flow->edges[i];
		bool call = edge->site->op == OP_CALL;

		places[i] = (struct place){ .site = edge->site, .edge = i,
			.module = flow->contexts[edge->caller].function->module->id,
			.line = edge->site->line,
			.begin = call ? edge->site->call->begin : edge->site->b,
			.end = call ? edge->site->call->end : 0 };
	}
	if (flow->edge_count > 0)
		qsort(places, flow->edge_count, sizeof(*places), compare_places);
	for (size_t i = 0; i < flow->edge_count; i++) {
		rank += i > 0 && places[i].site != places[i - 1].site;
		graph->order[places[i].edge] = rank;
	}
	free(places);
}

static void
mark_reached(struct graph *graph)
{
	struct flow *flow = graph->flow;
	uint32_t *first = memory_alloc_zero(flow->context_count + 2, sizeof(*first));
	uint32_t *out = memory_alloc((flow->edge_count + 1) * sizeof(*out));
	uint32_t *stack = memory_alloc((flow->context_count + 1) * sizeof(*stack));
	size_t depth = 0;

	for (size_t i = 0; i < flow->edge_count; i++)
		if (flow->edges[i].callee != NO_CONTEXT)
			first[flow->edges[i].caller + 2]++;
	for (size_t i = 2; i < flow->context_count + 2; i++)
		first[i] += first[i - 1];
	for (size_t i = 0; i < flow->edge_count; i++)
		if (flow->edges[i].callee != NO_CONTEXT)
			out[first[flow->edges[i].caller + 1]++] = flow->edges[i].callee;
	for (uint32_t i = 0; i < flow->context_count; i++)
		if (graph->root[i]) {
			flow->contexts[i].reached = true;
			stack[depth++] = i;
		}
	while (depth > 0) {
		uint32_t from = stack[--depth];

		for (uint32_t i = first[from]; i < first[from + 1]; i++)
			if (!flow->contexts[out[i]].reached) {
				flow->contexts[out[i]].reached = true;
				stack[depth++] = out[i];
			}
	}
	free(first);
	free(out);
	free(stack);
}

static void
turn_around(struct graph *graph)
{
	const struct flow *flow = graph->flow;
	size_t kernels = flow->kernels->count;

	graph->into_first = memory_alloc_zero(flow->context_count + 2,
	    sizeof(*graph->into_first));
	graph->hits_first = memory_alloc_zero(kernels + 2, sizeof(*graph->hits_first));
	graph->into = memory_alloc((flow->edge_count + 1) * sizeof(*graph->into));
	graph->hits = memory_alloc((flow->edge_count + 1) * sizeof(*graph->hits));
	for (size_t i = 0; i < flow->edge_count; i++)
		if (flow->edges[i].callee != NO_CONTEXT)
			graph->into_first[flow->edges[i].callee + 2]++;
		else
			graph->hits_first[flow->edges[i].kernel - 1 + 2]++;
	for (size_t i = 2; i < flow->context_count + 2; i++)
		graph->into_first[i] += graph->into_first[i - 1];
	for (size_t i = 2; i < kernels + 2; i++)
		graph->hits_first[i] += graph->hits_first[i - 1];
	for (uint32_t i = 0; i < flow->edge_count; i++)
		if (flow->edges[i].callee != NO_CONTEXT)
			graph->into[graph->into_first[flow->edges[i].callee + 1]++] = i;
		else
			graph->hits[graph->hits_first[flow->edges[i].kernel - 1 + 1]++] = i;
}

static void
find_roots(struct graph *graph)
{
	struct flow *flow = graph->flow;

	graph->root = memory_alloc_zero(flow->context_count + 1, sizeof(*graph->root));
	for (size_t i = 0; i < graph->model->top_count; i++) {
		struct class *class = graph->model->tops[i];
		struct function *forward = class_method(class, flow->words.forward);

		for (; forward != NULL; forward = forward->overload)
			graph->root[context_of_method(flow, forward, points_object(
			    &flow->points, OBJECT_INSTANCE, class, 0))] = true;
	}
}

void
graph_open(struct graph *graph, struct flow *flow, const struct model *model)
{
	*graph = (struct graph){ .flow = flow, .model = model };
	find_roots(graph);
	mark_reached(graph);
	turn_around(graph);
	rank_sites(graph);
}

void
graph_close(struct graph *graph)
{
	free(graph->into_first);
	free(graph->into);
	free(graph->hits_first);
	free(graph->hits);
	free(graph->order);
	free(graph->root);
}
