/* SPDX-License-Identifier: Apache-2.0 */
/* Writes which of the model's own functions call which: the part of the call graph that chains
 * to ops have above the op, with the calls that no listed chain goes through. */
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "base/memory.h"

static bool
is_written(const struct graph *graph, const struct call_edge *edge)
{
	const struct context *contexts = graph->flow->contexts;

	return edge->callee != NO_CONTEXT && contexts[edge->caller].reached &&
	    graph_is_model(graph, edge->caller) && graph_is_model(graph, edge->callee);
}

static int
compare_strings(const char *a, const char *b)
{
	return a == b ? 0 : strcmp(a, b);
}

static const struct flow *sorting; /* qsort passes no context */

static int
compare_edges(const void *left, const void *right)
{
	const struct call_edge *a = *(const struct call_edge *const *)left;
	const struct call_edge *b = *(const struct call_edge *const *)right;
	const struct function *caller_a = sorting->contexts[a->caller].function;
	const struct function *caller_b = sorting->contexts[b->caller].function;
	const struct function *callee_a = sorting->contexts[a->callee].function;
	const struct function *callee_b = sorting->contexts[b->callee].function;
	int order = compare_strings(caller_a->module->file, caller_b->module->file);

	if (order == 0 && a->site->line != b->site->line)
		order = a->site->line < b->site->line ? -1 : 1;
	if (order == 0 && a->site != b->site)
		order = a->site < b->site ? -1 : 1;
	if (order == 0)
		order = compare_strings(callee_a->module->file, callee_b->module->file);
	return order != 0 ? order : compare_strings(callee_a->path, callee_b->path);
}

static void
emit_edge(struct emitter *emitter, const struct graph *graph, const struct call_edge *edge)
{
	const struct function *caller = graph->flow->contexts[edge->caller].function;
	const struct function *callee = graph->flow->contexts[edge->callee].function;

	json_record_begin(emitter->writer, "edge");
	emit_place(emitter, caller, edge->site);
	json_member_integer(emitter->writer, "def", caller->first_line);
	json_member_string(emitter->writer, "via", via_names[edge->via]);
	emit_guards(emitter, caller->module, edge->site->guard, NULL, NULL);
	json_key(emitter->writer, "callee");
	json_object_begin(emitter->writer);
	json_member_string(emitter->writer, "file", callee->module->file);
	json_member_string(emitter->writer, "function", callee->path);
	json_member_integer(emitter->writer, "def", callee->first_line);
	json_object_end(emitter->writer);
	json_object_end(emitter->writer);
}

void
emit_edges(struct emitter *emitter, const struct graph *graph)
{
	const struct flow *flow = graph->flow;
	const struct call_edge **edges = memory_alloc((flow->edge_count + 1) * sizeof(*edges));
	size_t count = 0, i;

	for (i = 0; i < flow->edge_count; i++)
		if (is_written(graph, &flow->edges[i]))
			edges[count++] = &flow->edges[i];
	sorting = flow;
	if (count > 1)
		qsort(edges, count, sizeof(*edges), compare_edges);
	for (i = 0; i < count; i++)
		/* the same call in several contexts is one */
		if (i == 0 || compare_edges(&edges[i - 1], &edges[i]) != 0)
			emit_edge(emitter, graph, edges[i]);
	free(edges);
}
