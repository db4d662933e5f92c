/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the model's functions call which, from kcallers' edges and the chains' upper parts. */
#ifndef KJOIN_GRAPH_H
#define KJOIN_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "json/json.h"
#include "base/map.h"

/* A call of one function by another. Strings are interned. */
struct edge {
	const struct json *json; /* an object with the fields of a frame */
	int32_t from, to;        /* functions */
	int64_t line;
};

struct function {
	const char *file, *name; /* interned */
	uint32_t first, count;   /* its calls: edges[first ..], by line; once ready */
};

/* All zero is valid. */
struct graph {
	struct edge *edges;
	size_t edge_count, edge_capacity;
	struct function *functions;
	size_t function_count, function_capacity;
	struct map function_index, edge_index;
};

/* The function's number; it is added when it is new. */
int32_t graph_function(struct graph *graph, const char *file, const char *name);

/* Add a call; `json` must live as long as the graph. The same call twice is one. */
void graph_add(struct graph *graph, const struct json *json, const char *file,
    const char *function, int64_t line, const char *callee_file, const char *callee);

/* All calls are there: sort them. */
void graph_ready(struct graph *graph);

/* For each function the call by which a walk from `from` reaches it first, level by level and
 * in the order of lines; GRAPH_START for `from`, GRAPH_NEVER for what it does not reach. The
 * caller frees it. */
enum { GRAPH_START = -1, GRAPH_NEVER = -2 };
int32_t *graph_walk(const struct graph *graph, int32_t from);

void graph_free(struct graph *graph);

#endif
