/* SPDX-License-Identifier: Apache-2.0 */
/* Follows a value back as long as it comes from one place alone: what holds there holds for the
 * value. */
#include <stdlib.h>

#include "base/memory.h"
#include "choice.h"

enum { MOST_STEPS_BACK = 24 };

/* Places by node from counts by node + 1: where each one's begin. */
static void
sum_up(size_t *first, size_t count)
{
	for (size_t i = 1; i <= count; i++)
		first[i] += first[i - 1];
}

static void
turn_edges(struct choices *choices, const struct points *points)
{
	size_t *next, nodes = points->node_count;

	choices->edges_first = memory_alloc_zero(nodes + 2, sizeof(*choices->edges_first));
	choices->edges = memory_alloc((points->edge_count + 1) * sizeof(*choices->edges));
	for (size_t i = 1; i < points->edge_count; i++)
		choices->edges_first[points->edges[i].to + 1]++;
	sum_up(choices->edges_first, nodes);
	next = memory_alloc((nodes + 1) * sizeof(*next));
	for (size_t i = 0; i < nodes; i++)
		next[i] = choices->edges_first[i];
	for (uint32_t from = 0; from < nodes; from++)
		for (uint32_t at = points->nodes[from].edges; at != 0; at = points->edges[at].next)
			choices->edges[next[points->edges[at].to]++] =
			    (struct edge_into){ from, at };
	free(next);
}

static void
turn_added(struct choices *choices, const struct points *points)
{
	size_t *next, nodes = points->node_count;

	choices->added_first = memory_alloc_zero(nodes + 2, sizeof(*choices->added_first));
	choices->added = memory_alloc((points->added_count + 1) * sizeof(*choices->added));
	for (size_t i = 0; i < points->added_count; i++)
		choices->added_first[points->added[i].node + 1]++;
	sum_up(choices->added_first, nodes);
	next = memory_alloc((nodes + 1) * sizeof(*next));
	for (size_t i = 0; i < nodes; i++)
		next[i] = choices->added_first[i];
	for (uint32_t i = 0; i < points->added_count; i++)
		choices->added[next[points->added[i].node]++] = i;
	free(next);
}

void
choices_open(struct choices *choices, const struct flow *flow)
{
	*choices = (struct choices){ .flow = flow };
	turn_edges(choices, &flow->points);
	turn_added(choices, &flow->points);
}

void
choices_close(struct choices *choices)
{
	free(choices->edges_first);
	free(choices->added_first);
	free(choices->edges);
	free(choices->added);
}

static bool
holds(const struct points *points, uint32_t node, uint32_t object)
{
	for (uint32_t i = 0; i < points->nodes[node].count; i++)
		if (points->nodes[node].objects[i] == object)
			return true;
	return false;
}

static size_t
add_ask(struct choice_ask *asks, size_t count, struct choice_ask ask)
{
	for (size_t i = 0; i < count; i++)
		if (asks[i].module == ask.module && asks[i].guard == ask.guard &&
		    asks[i].key == ask.key)
			return count;
	if (count < MOST_CHOICES)
		asks[count++] = ask;
	return count;
}

/* The conditions of the code that a value comes from, but for those of the call itself, and the key
 * of an entry that was looked up. */
static size_t
add_reason(const struct choices *choices, const struct reason *reason, uint32_t caller,
    bool lookup, struct choice_ask *asks, size_t count)
{
	const struct module *module;

	if (reason->context == NO_CONTEXT || (reason->context == caller && !lookup))
		return count;
	module = choices->flow->contexts[reason->context].function->module;
	if (reason->key != NULL && lookup)
		count = add_ask(asks, count, (struct choice_ask){ module, 0, reason->key });
	return reason->guard == 0 || reason->context == caller ? count :
	    add_ask(asks, count, (struct choice_ask){ module, reason->guard, NULL });
}

/* Whether the object is at `from` because it is at the node: two fields that are saved to one
 * another. */
static bool
leads_back(const struct choices *choices, uint32_t from, uint32_t object, uint32_t node)
{
	const struct points *points = &choices->flow->points;

	for (int steps = 0; steps < MOST_STEPS_BACK && from != node; steps++) {
		uint32_t before = UINT32_MAX;

		for (size_t i = choices->added_first[from]; i < choices->added_first[from + 1]; i++)
			if (points->added[choices->added[i]].object == object)
				return false;
		for (size_t i = choices->edges_first[from]; i < choices->edges_first[from + 1]; i++)
			if (holds(points, choices->edges[i].from, object)) {
				if (before != UINT32_MAX)
					return false;
				before = choices->edges[i].from;
			}
		if (before == UINT32_MAX)
			return false;
		from = before;
	}
	return from == node;
}

static size_t
follow(const struct choices *choices, uint32_t node, uint32_t object, uint32_t caller,
    struct choice_ask *asks, size_t count)
{
	const struct points *points = &choices->flow->points;

	bool lookup = false;

	for (int steps = 0; steps < MOST_STEPS_BACK && node != UINT32_MAX; steps++) {
		const struct reason *reason = NULL;
		uint32_t from = UINT32_MAX, ways = 0;

		for (size_t i = choices->edges_first[node]; i < choices->edges_first[node + 1]; i++)
			if (holds(points, choices->edges[i].from, object) &&
			    !leads_back(choices, choices->edges[i].from, object, node) &&
			    ++ways == 1) {
				from = choices->edges[i].from;
				reason = &points->edges[choices->edges[i].edge].reason;
			}
		for (size_t i = choices->added_first[node]; i < choices->added_first[node + 1]; i++)
			if (points->added[choices->added[i]].object == object && ++ways == 1)
				reason = &points->added[choices->added[i]].reason;
		if (ways != 1)
			break;
		count = add_reason(choices, reason, caller, lookup, asks, count);
		lookup = reason->lookup;
		node = from;
	}
	return count;
}

/* The object whose method is called: where it is held when the method is asked for. */
static uint32_t
receiver_node(const struct choices *choices, const struct call_edge *edge)
{
	const struct function *function = choices->flow->contexts[edge->caller].function;

	for (uint32_t i = 0; edge->site->op == OP_CALL && i < function->code_count; i++)
		if (function->code[i].op == OP_ATTRIBUTE && function->code[i].dst == edge->site->a)
			return context_node(choices->flow, edge->caller, function->code[i].a);
	return UINT32_MAX;
}

static size_t
find_of_edge(const struct choices *choices, const struct call_edge *edge,
    struct choice_ask *asks)
{
	const struct flow *flow = choices->flow;
	const struct call_cause *cause = &flow->causes[edge->causes];
	const struct object *object;
	size_t count;

	/* Of several causes each has its own conditions. */
	if (edge->causes == 0 || cause->next != 0 || cause->node == UINT32_MAX)
		return 0;
	count = follow(choices, cause->node, cause->object, edge->caller, asks, 0);
	object = &flow->points.objects[cause->object];
	if (object->kind == OBJECT_BOUND)
		count = follow(choices, receiver_node(choices, edge), object->which, edge->caller,
		    asks, count);
	return count;
}

size_t
choices_find(const struct choices *choices, const uint32_t *edges, size_t count,
    struct choice_ask asks[MOST_CHOICES])
{
	size_t found = count == 0 ? 0 :
	    find_of_edge(choices, &choices->flow->edges[edges[0]], asks);

	for (size_t i = 1; i < count && found > 0; i++) {
		struct choice_ask other[MOST_CHOICES];
		size_t others = find_of_edge(choices, &choices->flow->edges[edges[i]], other);
		size_t kept = 0;

		for (size_t at = 0; at < found; at++)
			for (size_t o = 0; o < others; o++)
				if (asks[at].module == other[o].module &&
				    asks[at].guard == other[o].guard && asks[at].key == other[o].key) {
					asks[kept++] = asks[at];
					break;
				}
		found = kept;
	}
	return found;
}
