/* SPDX-License-Identifier: Apache-2.0 */
/* Breadth-first search over call sites: short paths first, no site twice on a path. */
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "sites.h"
#include "base/memory.h"

/* Steps after which a search for more paths is cut: what is left out is said in the
 * records. The shortest path to each op is found whatever their number. */
enum { MOST_STEPS = 20000, MOST_TIMES = 2 };

void
chains_open(struct chains *chains, const struct graph *graph, struct judge *judge)
{
	*chains = (struct chains){ .graph = graph, .judge = judge };
	choices_open(&chains->choices, graph->flow);
}

static void
steps_clear(struct steps *steps)
{
	steps->count = steps->context_count = steps->end_count = 0;
	steps->cut = false;
}

static void
steps_free(struct steps *steps)
{
	free(steps->list);
	free(steps->contexts);
	free(steps->facts);
	free(steps->ends);
}

void
chains_close(struct chains *chains)
{
	choices_close(&chains->choices);
	steps_free(&chains->lower);
	for (size_t i = 0; i < chains->op_made; i++)
		free(chains->ops[i].lower);
	free(chains->ops);
	for (size_t i = 0; i < chains->upper.count; i++) {
		steps_free(chains->upper.entries[i].value);
		free(chains->upper.entries[i].value);
	}
	map_free(&chains->upper);
}

static void
add_end(struct steps *steps, uint32_t step)
{
	steps->ends = memory_grow(steps->ends, steps->end_count, &steps->end_capacity,
	    sizeof(*steps->ends));
	steps->ends[steps->end_count++] = step;
}

/* A call edge of a step being made, sorted so that edges of one site stand together. */
struct candidate {
	const struct call_edge *edge;
	uint32_t order;
	uint32_t fact; /* what holds on the path with this edge */
};

static int
compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	return a->order < b->order ? -1 : a->order > b->order;
}

static bool
has_context(const uint32_t *contexts, uint32_t count, uint32_t context)
{
	for (uint32_t i = 0; i < count; i++)
		if (contexts[i] == context)
			return true;
	return false;
}

static void
add_context(struct steps *steps, uint32_t context, uint32_t fact)
{
	steps->contexts = memory_grow(steps->contexts, steps->context_count,
	    &steps->context_capacity, sizeof(*steps->contexts));
	steps->facts = memory_grow(steps->facts, steps->context_count, &steps->fact_capacity,
	    sizeof(*steps->facts));
	steps->facts[steps->context_count] = fact;
	steps->contexts[steps->context_count++] = context;
}

/* Whether the path from `step` down holds the context, or its function too often: a
 * function may come again for another receiver, as a module's forward does inside
 * another's, but a path that goes round and round tells nothing new. */
static bool
on_path(const struct steps *steps, uint32_t step, uint32_t context,
    const struct function *function)
{
	unsigned times = 0;

	for (; step != NO_STEP; step = steps->list[step].below) {
		const struct step *at = &steps->list[step];

		if (at->function != function)
			continue;
		if (++times == MOST_TIMES ||
		    has_context(steps->contexts + at->contexts, at->count, context))
			return true;
	}
	return false;
}

/* One new step for each site among the candidates. */
static void
add_steps(struct chains *chains, struct steps *steps, struct candidate *candidates,
    size_t count, uint32_t below)
{
	const struct flow *flow = chains->graph->flow;

	if (count > 1)
		qsort(candidates, count, sizeof(*candidates), compare_candidates);
	for (size_t i = 0; i < count;) {
		const struct call_edge *edge = candidates[i].edge;
		const struct function *function = flow->contexts[edge->caller].function;
		struct step step = { .site = edge->site, .function = function,
			.below = below, .contexts = (uint32_t)steps->context_count,
			.via = edge->via,
			.depth = below == NO_STEP ? 0 : steps->list[below].depth + 1 };

		for (; i < count && candidates[i].edge->site == step.site; i++) {
			uint32_t context = candidates[i].edge->caller;

			uint32_t at = 0;

			while (at < step.count && steps->contexts[step.contexts + at] != context)
				at++;
			if (at < step.count) {
				uint32_t *fact = &steps->facts[step.contexts + at];

				*fact = facts_or(&chains->judge->facts, *fact, candidates[i].fact);
			} else if (!on_path(steps, below, context, function)) {
				add_context(steps, context, candidates[i].fact);
				step.count++;
			} else {
				continue;
			}
			if (step.edge_count++ < STEP_EDGES)
				step.edges[step.edge_count - 1] =
				    (uint32_t)(candidates[i].edge - flow->edges);
		}
		if (step.count == 0)
			continue;
		steps->list = memory_grow(steps->list, steps->count, &steps->capacity,
		    sizeof(*steps->list));
		steps->list[steps->count++] = step;
	}
}

/* The call sites that reach any of the contexts. */
static void
step_up(struct chains *chains, struct steps *steps, const uint32_t *from, const uint32_t *facts,
    uint32_t from_count, uint32_t below)
{
	const struct graph *graph = chains->graph;
	struct candidate *candidates = NULL;
	size_t count = 0, capacity = 0;

	for (uint32_t i = 0; i < from_count; i++)
		for (uint32_t at = graph->into_first[from[i]];
		    at < graph->into_first[from[i] + 1]; at++) {
			const struct call_edge *edge = &graph->flow->edges[graph->into[at]];

			uint32_t fact = facts_and(&chains->judge->facts, facts[i],
			    judge_edge(chains->judge, graph->into[at]));

			if (fact == FACT_NEVER || !graph->flow->contexts[edge->caller].reached)
				continue;
			candidates = memory_grow(candidates, count, &capacity,
			    sizeof(*candidates));
			candidates[count++] = (struct candidate){ edge,
				graph->order[graph->into[at]], fact };
		}
	add_steps(chains, steps, candidates, count, below);
	free(candidates);
}

/* What a kernel that is launched calls is part of it, and no launch. */
static bool
in_kernel(const struct chains *chains, const struct call_edge *edge)
{
	const struct flow *flow = chains->graph->flow;
	uint32_t kernel = flow->contexts[edge->caller].function->kernel;

	return kernel > 0 && kernel_is_launched(&flow->kernels->list[kernel - 1]);
}

static uint32_t
kernel_fact(const struct chains *chains, uint32_t kernel)
{
	return judge_source(chains->judge, chains->graph->flow->kernels->list[kernel].source);
}

static void
begin_at_hits(struct chains *chains, uint32_t kernel)
{
	const struct graph *graph = chains->graph;
	struct candidate *candidates = NULL;
	size_t count = 0, capacity = 0;

	for (uint32_t at = graph->hits_first[kernel]; at < graph->hits_first[kernel + 1]; at++) {
		const struct call_edge *edge = &graph->flow->edges[graph->hits[at]];

		uint32_t fact = facts_and(&chains->judge->facts, kernel_fact(chains, kernel),
		    judge_edge(chains->judge, graph->hits[at]));

		if (fact == FACT_NEVER || !graph->flow->contexts[edge->caller].reached ||
		    in_kernel(chains, edge))
			continue;
		candidates = memory_grow(candidates, count, &capacity, sizeof(*candidates));
		candidates[count++] = (struct candidate){ edge, graph->order[graph->hits[at]], fact };
	}
	add_steps(chains, &chains->lower, candidates, count, NO_STEP);
	free(candidates);
}

/* The contexts of a step, then their facts: what they are kept in moves as it grows. */
static uint32_t *
copy_contexts(const struct steps *steps, const struct step *step)
{
	uint32_t *copy = memory_alloc((2 * (size_t)step->count + 1) * sizeof(*copy));

	memcpy(copy, steps->contexts + step->contexts, step->count * sizeof(*copy));
	memcpy(copy + step->count, steps->facts + step->contexts, step->count * sizeof(*copy));
	return copy;
}

static void
add_op(struct chains *chains, uint32_t end)
{
	const struct step *step = &chains->lower.list[end];
	struct op_site *op = NULL;

	for (size_t i = 0; i < chains->op_count && op == NULL; i++)
		if (chains->ops[i].place.site == step->site)
			op = &chains->ops[i];
	if (op == NULL) {
		if (chains->op_count == chains->op_made) {
			chains->ops = memory_grow(chains->ops, chains->op_made,
			    &chains->op_capacity, sizeof(*chains->ops));
			chains->ops[chains->op_made++] = (struct op_site){ 0 };
		}
		op = &chains->ops[chains->op_count++];
		op->place = *step;
		op->lower_count = 0;
	}
	op->lower = memory_grow(op->lower, op->lower_count, &op->lower_capacity,
	    sizeof(*op->lower));
	op->lower[op->lower_count++] = end;
}

/* A breadth-first search over contexts alone: where each was first reached from. */
struct reach {
	uint32_t *queue;   /* edges, in the order in which their callers were reached */
	uint32_t *facts;   /* for each of these, what holds on its path */
	uint32_t *before;  /* for each of these, the queue position below it, or NO_STEP */
	uint32_t count;
	bool *seen;        /* by context */
};

static bool
has_op(const struct chains *chains, const struct instruction *site)
{
	for (size_t i = 0; i < chains->op_count; i++)
		if (chains->ops[i].place.site == site)
			return true;
	return false;
}

/* Steps for the path that ends at a queue position; the index of the last. */
static uint32_t
add_shortest(struct chains *chains, const struct reach *reach, uint32_t position)
{
	const struct flow *flow = chains->graph->flow;
	struct steps *lower = &chains->lower;
	const struct call_edge *edge = &flow->edges[reach->queue[position]];
	uint32_t below = reach->before[position] == NO_STEP ? NO_STEP :
	    add_shortest(chains, reach, reach->before[position]);
	struct step step = { .site = edge->site, .below = below, .count = 1, .edge_count = 1,
		.edges = { reach->queue[position] },
		.function = flow->contexts[edge->caller].function,
		.contexts = (uint32_t)lower->context_count, .via = edge->via,
		.depth = below == NO_STEP ? 0 : lower->list[below].depth + 1 };

	add_context(lower, edge->caller, reach->facts[position]);
	lower->list = memory_grow(lower->list, lower->count, &lower->capacity,
	    sizeof(*lower->list));
	lower->list[lower->count++] = step;
	return (uint32_t)lower->count - 1;
}

static void
reach_edge(struct chains *chains, struct reach *reach, uint32_t edge, uint32_t before,
    uint32_t below)
{
	const struct graph *graph = chains->graph;
	const struct call_edge *at = &graph->flow->edges[edge];
	bool op = graph_is_model(graph, at->caller);
	uint32_t fact = facts_and(&chains->judge->facts, below, judge_edge(chains->judge, edge));

	if (fact == FACT_NEVER || !graph->flow->contexts[at->caller].reached ||
	    (!op && reach->seen[at->caller]) ||
	    (op && has_op(chains, at->site)) || (before == NO_STEP && in_kernel(chains, at)))
		return;
	reach->queue[reach->count] = edge;
	reach->facts[reach->count] = fact;
	reach->before[reach->count++] = before;
	if (!op)
		reach->seen[at->caller] = true;
	else
		add_op(chains, add_shortest(chains, reach, reach->count - 1));
}

/* Ops that the search for paths was cut before: each gets its shortest path. */
static void
find_missing(struct chains *chains, uint32_t kernel)
{
	const struct graph *graph = chains->graph;
	size_t edges = graph->flow->edge_count + 1, contexts = graph->flow->context_count + 1;
	struct reach reach = { .queue = memory_alloc(edges * sizeof(*reach.queue)),
		.facts = memory_alloc(edges * sizeof(*reach.facts)),
		.before = memory_alloc(edges * sizeof(*reach.before)),
		.seen = memory_alloc_zero(contexts, sizeof(*reach.seen)) };

	for (uint32_t at = graph->hits_first[kernel]; at < graph->hits_first[kernel + 1]; at++)
		reach_edge(chains, &reach, graph->hits[at], NO_STEP,
		    kernel_fact(chains, kernel));
	for (uint32_t i = 0; i < reach.count; i++) {
		uint32_t caller = graph->flow->edges[reach.queue[i]].caller;

		if (graph_is_model(graph, caller))
			continue;
		for (uint32_t at = graph->into_first[caller]; at < graph->into_first[caller + 1];
		    at++)
			reach_edge(chains, &reach, graph->into[at], i, reach.facts[i]);
	}
	free(reach.queue);
	free(reach.facts);
	free(reach.before);
	free(reach.seen);
}

static const struct instruction *
first_site(const struct chains *chains, uint32_t end)
{
	while (chains->lower.list[end].below != NO_STEP)
		end = chains->lower.list[end].below;
	return chains->lower.list[end].site;
}

/* The shortest path from each call site of the kernel first, so that a limit on chains
 * leaves out none of them before its time. */
static void
spread_sites(struct chains *chains, struct op_site *op)
{
	uint32_t *spread = memory_alloc((op->lower_count + 1) * sizeof(*spread));
	const struct instruction **seen = memory_alloc((op->lower_count + 1) * sizeof(*seen));
	size_t sites = 0, others = 0;

	for (size_t i = 0; i < op->lower_count; i++) {
		const struct instruction *site = first_site(chains, op->lower[i]);
		size_t at = 0;

		while (at < sites && seen[at] != site)
			at++;
		if (at < sites) {
			op->lower[others++] = op->lower[i];
		} else {
			seen[sites] = site;
			spread[sites++] = op->lower[i];
		}
	}
	op->sites = sites;
	memmove(op->lower + sites, op->lower, others * sizeof(*op->lower));
	memcpy(op->lower, spread, sites * sizeof(*spread));
	free(spread);
	free(seen);
}

static int
compare_ops(const void *left, const void *right)
{
	const struct step *a = &((const struct op_site *)left)->place;
	const struct step *b = &((const struct op_site *)right)->place;

	if (a->function->module != b->function->module)
		return a->function->module->id < b->function->module->id ? -1 : 1;
	if (a->site->line != b->site->line)
		return a->site->line < b->site->line ? -1 : 1;
	return a->site < b->site ? -1 : a->site > b->site;
}

void
chains_find(struct chains *chains, uint32_t kernel)
{
	struct steps *lower = &chains->lower;
	const struct model *model = chains->graph->model;

	steps_clear(lower);
	chains->op_count = 0;
	begin_at_hits(chains, kernel);
	for (uint32_t i = 0; i < lower->count; i++) {
		struct step step = lower->list[i];
		uint32_t *from;

		if (model->own[step.function->module->id]) {
			add_end(lower, i);
			continue;
		}
		if (lower->count >= MOST_STEPS) {
			lower->cut = true;
			continue;
		}
		from = copy_contexts(lower, &step);
		step_up(chains, lower, from, from + step.count, step.count, i);
		free(from);
	}
	for (size_t i = 0; i < lower->end_count; i++)
		add_op(chains, lower->ends[i]);
	find_missing(chains, kernel);
	for (size_t i = 0; i < chains->op_count; i++)
		spread_sites(chains, &chains->ops[i]);
	if (chains->op_count > 1)
		qsort(chains->ops, chains->op_count, sizeof(*chains->ops), compare_ops);
}

/* Whether a context is the forward of a top class that all of the path can be of. */
static bool
any_root(const struct chains *chains, const uint32_t *contexts, const uint32_t *facts,
    uint32_t count)
{
	const struct flow *flow = chains->graph->flow;

	for (uint32_t i = 0; i < count; i++) {
		const struct context *context = &flow->contexts[contexts[i]];

		if (chains->graph->root[contexts[i]] && facts_and(&chains->judge->facts, facts[i],
		    judge_top(chains->judge, flow->points.objects[context->receiver].what)) !=
		    FACT_NEVER)
			return true;
	}
	return false;
}

/* Whether the path goes through a file that is built on the main model. */
static bool
is_derived(const struct chains *chains, const struct steps *steps, uint32_t end)
{
	for (; end != NO_STEP; end = steps->list[end].below)
		if (chains->graph->model->derived[steps->list[end].function->module->id])
			return true;
	return false;
}

/* Paths of the main model first, each kind in the order it had. */
static void
put_main_first(const struct chains *chains, struct steps *steps)
{
	uint32_t *derived = memory_alloc((steps->end_count + 1) * sizeof(*derived));
	size_t main_count = 0, derived_count = 0;

	for (size_t i = 0; i < steps->end_count; i++)
		if (is_derived(chains, steps, steps->ends[i]))
			derived[derived_count++] = steps->ends[i];
		else
			steps->ends[main_count++] = steps->ends[i];
	memcpy(steps->ends + main_count, derived, derived_count * sizeof(*derived));
	free(derived);
}

static struct steps *
find_above(struct chains *chains, const uint32_t *contexts, const uint32_t *facts, uint32_t count)
{
	struct steps *upper = memory_alloc_zero(1, sizeof(*upper));

	if (any_root(chains, contexts, facts, count))
		add_end(upper, NO_STEP);
	step_up(chains, upper, contexts, facts, count, NO_STEP);
	for (uint32_t i = 0; i < upper->count; i++) {
		struct step step = upper->list[i];
		uint32_t *from = copy_contexts(upper, &step);

		if (any_root(chains, from, from + step.count, step.count))
			add_end(upper, i);
		else if (upper->count >= MOST_STEPS)
			upper->cut = true;
		else
			step_up(chains, upper, from, from + step.count, step.count, i);
		free(from);
	}
	if (upper->end_count > 0)
		put_main_first(chains, upper);
	return upper;
}

const struct steps *
chains_above(struct chains *chains, const struct step *op)
{
	uint32_t *key = copy_contexts(&chains->lower, op);
	void **place = map_put(&chains->upper, (const char *)key,
	    2 * (size_t)op->count * sizeof(*key));
	struct steps *found;

	if (*place == NULL)
		*place = find_above(chains, key, key + op->count, op->count);
	found = *place;
	free(key);
	return found;
}
