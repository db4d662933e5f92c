/* SPDX-License-Identifier: Apache-2.0 */
/* Functions are numbered as they come; calls are sorted by caller and line. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "base/memory.h"
#include "base/text.h"

int32_t
graph_function(struct graph *graph, const char *file, const char *name)
{
	struct text key = { 0 };
	void **place;

	text_add_format(&key, "%s\n%s", file, name);
	place = map_put(&graph->function_index, key.bytes, key.length);
	text_free(&key);
	if (*place == NULL) {
		graph->functions = memory_grow(graph->functions, graph->function_count,
		    &graph->function_capacity, sizeof(*graph->functions));
		graph->functions[graph->function_count++] = (struct function){ file, name, 0, 0 };
		*place = (void *)(uintptr_t)graph->function_count;
	}
	return (int32_t)((uintptr_t)*place - 1);
}

void
graph_add(struct graph *graph, const struct json *json, const char *file,
    const char *function, int64_t line, const char *callee_file, const char *callee)
{
	int32_t from = graph_function(graph, file, function);
	int32_t to = graph_function(graph, callee_file, callee);
	struct text key = { 0 };
	void **place;

	text_add_format(&key, "%d %d %lld", (int)from, (int)to, (long long)line);
	place = map_put(&graph->edge_index, key.bytes, key.length);
	text_free(&key);
	if (*place != NULL)
		return;
	*place = graph;
	graph->edges = memory_grow(graph->edges, graph->edge_count, &graph->edge_capacity,
	    sizeof(*graph->edges));
	graph->edges[graph->edge_count++] = (struct edge){ json, from, to, line };
}

static const struct graph *sorting; /* qsort passes no context */

static int
compare_edges(const void *left, const void *right)
{
	const struct edge *a = left, *b = right;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return strcmp(sorting->functions[a->to].name, sorting->functions[b->to].name);
}

void
graph_ready(struct graph *graph)
{
	sorting = graph;
	if (graph->edge_count > 0)
		qsort(graph->edges, graph->edge_count, sizeof(*graph->edges), compare_edges);
	for (size_t i = graph->edge_count; i-- > 0;) {
		graph->functions[graph->edges[i].from].first = (uint32_t)i;
		graph->functions[graph->edges[i].from].count++;
	}
}

int32_t *
graph_walk(const struct graph *graph, int32_t from)
{
	int32_t *reached = memory_alloc((graph->function_count + 1) * sizeof(*reached));
	int32_t *queue = memory_alloc((graph->function_count + 1) * sizeof(*queue));
	size_t head = 0, tail = 0, i;

	for (i = 0; i < graph->function_count; i++)
		reached[i] = GRAPH_NEVER;
	reached[from] = GRAPH_START;
	queue[tail++] = from;
	while (head < tail) {
		const struct function *function = &graph->functions[queue[head++]];

		for (i = function->first; i < (size_t)function->first + function->count; i++) {
			int32_t to = graph->edges[i].to;

			if (reached[to] != GRAPH_NEVER)
				continue;
			reached[to] = (int32_t)i;
			queue[tail++] = to;
		}
	}
	free(queue);
	return reached;
}

void
graph_free(struct graph *graph)
{
	free(graph->edges);
	free(graph->functions);
	map_free(&graph->function_index);
	map_free(&graph->edge_index);
	*graph = (struct graph){ 0 };
}
