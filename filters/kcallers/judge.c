/* SPDX-License-Identifier: Apache-2.0 */
/* Carries facts along the flow of values: to each value from where it comes from, to each
 * instance from what makes it, to each call edge from what is called there. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "judge.h"

/* A condition can rest on values, and these on conditions: each round knows more, and all are
 * right. */
enum { ROUNDS = 3 };

static int
compare_objects(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static void
sort_objects(struct judge *judge)
{
	const struct points *points = &judge->flow->points;

	judge->first = memory_alloc((points->node_count + 1) * sizeof(*judge->first));
	judge->first[0] = 0;
	for (size_t i = 0; i < points->node_count; i++)
		judge->first[i + 1] = judge->first[i] + points->nodes[i].count;
	judge->objects = memory_alloc((judge->first[points->node_count] + 1) *
	    sizeof(*judge->objects));
	judge->there = memory_alloc((judge->first[points->node_count] + 1) *
	    sizeof(*judge->there));
	for (size_t i = 0; i < points->node_count; i++) {
		uint32_t *objects = judge->objects + judge->first[i];

		if (points->nodes[i].count == 0)
			continue;
		memcpy(objects, points->nodes[i].objects, points->nodes[i].count * sizeof(*objects));
		if (points->nodes[i].count > 1)
			qsort(objects, points->nodes[i].count, sizeof(*objects), compare_objects);
	}
}

/* The first place from `low` on, before `end`, whose object is not before this one: near `low`,
 * most of the time. */
static size_t
seek(const struct judge *judge, size_t low, size_t end, uint32_t object)
{
	size_t step = 1, high = low;

	while (high < end && judge->objects[high] < object) {
		low = high + 1;
		high = end - high > step ? high + step : end;
		step *= 2;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (judge->objects[middle] < object)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the object is among those of the node; SIZE_MAX when it is not. */
static size_t
place_of(const struct judge *judge, uint32_t node, uint32_t object)
{
	size_t end = judge->first[node + 1];
	size_t at = seek(judge, judge->first[node], end, object);

	return at < end && judge->objects[at] == object ? at : SIZE_MAX;
}

uint32_t
judge_there(const struct judge *judge, uint32_t node, uint32_t object)
{
	size_t place;

	if (!judge->known || node == UINT32_MAX)
		return FACT_ALWAYS;
	place = place_of(judge, node, object);
	return place == SIZE_MAX ? FACT_ALWAYS : judge->there[place];
}

/* What holds where code of the context runs under the condition. */
static uint32_t
at_code(struct judge *judge, uint32_t context, uint32_t guard)
{
	if (context == NO_CONTEXT)
		return FACT_ALWAYS;
	return facts_and(&judge->facts, judge->contexts[context],
	    judge_guard(judge, context, guard));
}

/* Whether a container is asked by an option: most of its keys are values of it. */
static bool
is_keyed(const struct judge *judge, uint32_t container)
{
	uint32_t count = table_find(&judge->keyed, (struct pair){ container, 0 });

	return count != UINT32_MAX && (count & 0xffff) >= 3 && (count & 0xffff) >= 3 * (count >> 16);
}

/* What holds where the value comes this way: an entry of a container that an option asks is there
 * for its key. */
static uint32_t
at_reason(struct judge *judge, const struct reason *reason)
{
	uint32_t fact = at_code(judge, reason->context, reason->guard);
	void **place = reason->key == NULL ? NULL : map_get_string(&judge->keys, reason->key);

	if (reason->key != NULL && place == NULL)
		place = map_get_string(&judge->keys, "");
	if (place == NULL || *place == NULL || !is_keyed(judge, reason->container))
		return fact;
	return facts_and(&judge->facts, fact, (uint32_t)(uintptr_t)*place - 1);
}

static void
judge_edges(struct judge *judge)
{
	const struct flow *flow = judge->flow;

	if (judge->edges == NULL)
		judge->edges = memory_alloc((flow->edge_count + 1) * sizeof(*judge->edges));
	for (size_t i = 0; i < flow->edge_count; i++) {
		const struct call_edge *edge = &flow->edges[i];
		uint32_t called = edge->causes == 0 ? FACT_ALWAYS : FACT_NEVER, fact;

		for (uint32_t at = edge->causes; at != 0; at = flow->causes[at].next)
			called = facts_or(&judge->facts, called, judge_there(judge,
			    flow->causes[at].node, flow->causes[at].object));
		fact = facts_and(&judge->facts, called,
		    at_code(judge, edge->caller, edge->site->guard));
		judge->edges[i] = edge->callee == NO_CONTEXT ? fact :
		    facts_and(&judge->facts, fact, judge->contexts[edge->callee]);
	}
}

/* The facts of contexts: of their functions, of the instance whose method it is, and of those
 * around them, which are made before them. */
static void
judge_contexts(struct judge *judge)
{
	const struct flow *flow = judge->flow;

	for (size_t i = 0; i < flow->context_count; i++) {
		const struct context *context = &flow->contexts[i];
		uint32_t fact = judge->functions_facts[context->function->id];

		if (context->receiver != NO_OBJECT) {
			const struct object *receiver = &flow->points.objects[context->receiver];
			const struct class *class = receiver->what;

			if (receiver->kind == OBJECT_INSTANCE)
				fact = facts_and(&judge->facts, fact, judge->instances[class->id]);
		}
		if (context->outer != NO_CONTEXT && context->outer < i)
			fact = facts_and(&judge->facts, fact, judge->contexts[context->outer]);
		if (judge->calls != NULL)
			fact = facts_and(&judge->facts, fact, judge->calls[i]);
		judge->contexts[i] = fact;
	}
}

/* What holds in a context that code in view calls: what does at one of these calls. */
static void
judge_calls(struct judge *judge)
{
	const struct flow *flow = judge->flow;
	uint32_t *calls = memory_alloc((flow->context_count + 1) * sizeof(*calls));
	bool *called = memory_alloc_zero(flow->context_count + 1, sizeof(*called));

	judge_edges(judge);
	for (size_t i = 0; i < flow->context_count; i++)
		calls[i] = FACT_NEVER;
	for (size_t i = 0; i < flow->edge_count; i++) {
		uint32_t callee = flow->edges[i].callee;

		if (callee == NO_CONTEXT)
			continue;
		called[callee] = true;
		calls[callee] = facts_or(&judge->facts, calls[callee], judge->edges[i]);
	}
	for (size_t i = 0; i < flow->context_count; i++)
		if (!called[i])
			calls[i] = FACT_ALWAYS;
	free(called);
	free(judge->calls);
	judge->calls = calls;
}

/* What must hold for an attribute to be there that methods of the instance's class set, if all
 * do so under conditions. */
static uint32_t
judge_set(struct judge *judge, uint32_t instance, const char *name)
{
	const struct object *object = &judge->flow->points.objects[instance];
	const struct class *class = object->what;
	uint32_t fact = FACT_NEVER;
	bool any = false;

	if (object->kind != OBJECT_INSTANCE || class_find(class, name, 0) != NULL)
		return FACT_ALWAYS;
	for (uint32_t i = 0; i < class->mro_count; i++) {
		const struct stored *stored = symbols_get(&class->mro[i]->stores, name);

		for (; stored != NULL; stored = stored->before, any = true) {
			uint32_t context = judge_context_of(judge, stored->function, instance,
			    judge->flow->class_contexts[stored->function->class->id]);

			fact = facts_or(&judge->facts, fact, context == NO_CONTEXT ?
			    FACT_ALWAYS : judge_guard(judge, context, stored->result.guard));
		}
	}
	return any ? fact : FACT_ALWAYS;
}

/* Whether a function that comes to an end runs the code: nothing but asserts and the like stand
 * before it. */
static bool
runs_always(const struct module *module, uint32_t guard)
{
	for (; guard != 0; guard = module->guards[guard].outer)
		if (module->guards[guard].why != GUARD_ASSERT)
			return false;
	return true;
}

/* What must hold for the object to be made that is called in any case, where it is one class. */
static uint32_t
judge_made(const struct judge *judge, const struct node *called)
{
	const struct object *object = called->count != 1 ? NULL :
	    &judge->flow->points.objects[called->objects[0]];

	return object == NULL || object->kind != OBJECT_CLASS ? FACT_ALWAYS :
	    judge->constructed[((const struct class *)object->what)->id];
}

/* What must hold for all to be there that the function reads of other objects in any case, and for
 * all that it makes. */
static uint32_t
judge_reads(struct judge *judge, const struct function *function, uint32_t context)
{
	const struct flow *flow = judge->flow;
	uint32_t fact = FACT_ALWAYS;

	for (uint32_t i = 0; i < function->code_count; i++) {
		const struct instruction *code = &function->code[i];
		const struct node *node;
		uint32_t set;

		if (!runs_always(function->module, code->guard))
			continue;
		if (code->op == OP_CALL)
			fact = facts_and(&judge->facts, fact, judge_made(judge,
			    &flow->points.nodes[context_node(flow, context, code->a)]));
		if (code->op != OP_ATTRIBUTE || (code->flag & FLAG_OWN) ||
		    code->length == 0 ||
		    function->module->source[code->b + code->length - 1] == ')')
			continue;
		node = &flow->points.nodes[context_node(flow, context, code->a)];
		set = node->count == 0 ? FACT_ALWAYS : FACT_NEVER;
		for (uint32_t at = 0; at < node->count; at++)
			set = facts_or(&judge->facts, set,
			    judge_set(judge, node->objects[at], code->name));
		fact = facts_and(&judge->facts, fact, set);
	}
	return fact;
}

/* Whether it runs the constructor of a base in any case. */
static bool
calls_base(const struct function *init)
{
	for (uint32_t i = 0; i < init->code_count; i++)
		if (init->code[i].op == OP_SUPER && init->code[i].guard == 0 &&
		    init->code[i].name == init->name)
			return true;
	return false;
}

/* What must hold for the constructor to return: where all its ways raise there is no instance. */
static uint32_t
judge_constructor(struct judge *judge, const struct class *class)
{
	struct flow *flow = judge->flow;
	const struct function *init = class_method(class, flow->words.init);
	uint32_t instance = points_object(&flow->points, OBJECT_INSTANCE, class, 0), context;
	uint32_t fact = FACT_NEVER;

	if (init == NULL || init->overload != NULL || init->result_count == 0)
		return FACT_ALWAYS;
	context = judge_context_of(judge, init, instance, flow->class_contexts[init->class->id]);
	for (uint32_t i = 0; i < init->result_count && context != NO_CONTEXT; i++)
		fact = facts_or(&judge->facts, fact,
		    judge_guard(judge, context, init->results[i].guard));
	for (uint32_t i = 0; i < class->mro_count && context != NO_CONTEXT; i++) {
		init = symbols_get(&class->mro[i]->methods, flow->words.init);
		if (init == NULL)
			continue;
		context = judge_context_of(judge, init, instance,
		    flow->class_contexts[init->class->id]);
		if (context != NO_CONTEXT)
			fact = facts_and(&judge->facts, fact, judge_reads(judge, init, context));
		if (!calls_base(init))
			break;
	}
	return context == NO_CONTEXT ? FACT_ALWAYS : fact;
}

static void
judge_instances(struct judge *judge)
{
	const struct flow *flow = judge->flow;
	size_t count = flow->project->class_count;
	uint32_t *made = memory_alloc_zero(count + 1, sizeof(*made));
	bool *any = memory_alloc_zero(count + 1, sizeof(*any));

	for (size_t i = 0; i < flow->construction_count; i++) {
		const struct construction *at = &flow->constructions[i];
		uint32_t fact = facts_and(&judge->facts, at_code(judge, at->context, at->guard),
		    judge_there(judge, at->node, at->object));

		made[at->class->id] = facts_or(&judge->facts, made[at->class->id], fact);
		any[at->class->id] = true;
	}
	for (size_t i = 0; i < count; i++) {
		const struct class *class = flow->project->classes[i];
		const struct judge_one *one = judge_one_of(judge, class);
		uint32_t fact = FACT_ALWAYS;

		judge->constructed[i] = any[i] ? judge_constructor(judge, class) : FACT_ALWAYS;
		if (any[i])
			fact = facts_and(&judge->facts, made[i], judge->constructed[i]);

		for (size_t at = 0; one != NULL && at < one->count; at++)
			if (one->classes[at] == class)
				fact = facts_and(&judge->facts, fact, one->left[at]);
		judge->instances[i] = fact;
	}
	free(made);
	free(any);
}

/* Nodes whose facts are to be passed on: a ring, in which each waits once at most. */
struct work {
	uint32_t *nodes;
	size_t begin, count, size;
	bool *waits;       /* by node */
	bool *changed;     /* by place: it is to be passed on */
	uint32_t *open;    /* by node: its objects that are not there in any case yet */
	size_t *places;    /* those of the node that is passed on */
	struct way { uint32_t to, fact; } *ways; /* to what nodes values go, under what */
	size_t *ways_first;                      /* by node, where they come from */
};

static void
improve(struct judge *judge, struct work *work, uint32_t node, size_t place, uint32_t fact)
{
	uint32_t joined = facts_or(&judge->facts, judge->there[place], fact);

	if (joined == judge->there[place])
		return;
	judge->there[place] = joined;
	work->changed[place] = true;
	work->open[node] -= joined == FACT_ALWAYS;
	if (work->waits[node])
		return;
	work->waits[node] = true;
	work->nodes[(work->begin + work->count++) % work->size] = node;
}

static void
pass_on(struct judge *judge, struct work *work, uint32_t from)
{
	size_t changed = 0;

	for (size_t i = judge->first[from]; i < judge->first[from + 1]; i++) {
		if (!work->changed[i])
			continue;
		work->changed[i] = false;
		work->places[changed++] = i;
	}
	for (size_t at = work->ways_first[from]; at < work->ways_first[from + 1]; at++) {
		uint32_t node = work->ways[at].to, reason = work->ways[at].fact;
		size_t to = judge->first[node], end = judge->first[node + 1];
		uint32_t last = FACT_ALWAYS, both = reason;

		if (work->open[node] == 0)
			continue;
		for (size_t i = 0; i < changed && to < end; i++) {
			size_t place = work->places[i];

			to = seek(judge, to, end, judge->objects[place]);
			if (to == end || judge->objects[to] != judge->objects[place])
				continue;
			/* Values of one node are mostly there under the same conditions. */
			if (judge->there[place] != last) {
				last = judge->there[place];
				both = facts_and(&judge->facts, last, reason);
			}
			if (judge->there[to] != both && judge->there[to] != FACT_ALWAYS)
				improve(judge, work, node, to, both);
		}
	}
}

/* The edges by where they begin; of several between the same nodes one will do. */
static void
gather_ways(struct judge *judge, struct work *work)
{
	const struct points *points = &judge->flow->points;
	size_t count = 0;
	/* By node: one more than the place of the last way to it. */
	size_t *last = memory_alloc_zero(points->node_count + 1, sizeof(*last));

	for (size_t from = 0; from < points->node_count; from++) {
		work->ways_first[from] = count;
		for (uint32_t at = points->nodes[from].edges; at != 0; at = points->edges[at].next) {
			uint32_t to = points->edges[at].to;
			uint32_t fact = at_reason(judge, &points->edges[at].reason);

			if (last[to] > work->ways_first[from]) {
				uint32_t *before = &work->ways[last[to] - 1].fact;

				*before = facts_or(&judge->facts, *before, fact);
			} else if (fact != FACT_NEVER) {
				work->ways[count] = (struct way){ to, fact };
				last[to] = ++count;
			}
		}
	}
	work->ways_first[points->node_count] = count;
	free(last);
}

static void
judge_values(struct judge *judge)
{
	const struct points *points = &judge->flow->points;
	size_t count = judge->first[points->node_count];
	struct work work = { .size = points->node_count + 1,
		.nodes = memory_alloc((points->node_count + 1) * sizeof(*work.nodes)),
		.waits = memory_alloc_zero(points->node_count + 1, sizeof(*work.waits)),
		.changed = memory_alloc_zero(count + 1, sizeof(*work.changed)),
		.open = memory_alloc((points->node_count + 1) * sizeof(*work.open)),
		.places = memory_alloc((count + 1) * sizeof(*work.places)),
		.ways = memory_alloc((points->edge_count + 1) * sizeof(*work.ways)),
		.ways_first = memory_alloc((points->node_count + 1) * sizeof(*work.ways_first)) };
	uint32_t *reasons = memory_alloc((points->added_count + 1) * sizeof(*reasons));

	/* Conditions are judged by the round before. */
	for (size_t i = 0; i < points->added_count; i++)
		reasons[i] = at_reason(judge, &points->added[i].reason);
	gather_ways(judge, &work);
	for (size_t i = 0; i < points->node_count; i++)
		work.open[i] = points->nodes[i].count;
	for (size_t i = 0; i < count; i++)
		judge->there[i] = FACT_NEVER;
	for (size_t i = 0; i < points->added_count; i++) {
		size_t place = place_of(judge, points->added[i].node, points->added[i].object);

		if (place != SIZE_MAX)
			improve(judge, &work, points->added[i].node, place, reasons[i]);
	}
	while (work.count > 0) {
		uint32_t node = work.nodes[work.begin];

		work.begin = (work.begin + 1) % work.size;
		work.count--;
		work.waits[node] = false;
		pass_on(judge, &work, node);
	}
	judge->known = true;
	free(reasons);
	free(work.nodes);
	free(work.waits);
	free(work.changed);
	free(work.open);
	free(work.places);
	free(work.ways);
	free(work.ways_first);
}

static void
forget(struct judge *judge)
{
	table_free(&judge->terms);
	table_free(&judge->guards);
}

static void
add_set_by_others(struct judge *judge, const struct module *module)
{
	for (size_t i = 0; module->used && i < module->others.slot_count; i++)
		if (module->others.slots[i].name != NULL)
			*symbols_put(&judge->set_by_others, module->others.slots[i].name) = judge;
}

void
judge_open(struct judge *judge, struct flow *flow, const struct model *model)
{
	const struct project *project = flow->project;

	*judge = (struct judge){ .flow = flow, .model = model };
	facts_open(&judge->facts);
	flow->points.recording = false;
	judge->functions_facts = memory_alloc((project->function_count + 1) *
	    sizeof(*judge->functions_facts));
	for (size_t i = 0; i < project->function_count; i++)
		judge->functions_facts[i] = FACT_ALWAYS;
	judge->instances = memory_alloc((project->class_count + 1) * sizeof(*judge->instances));
	judge->constructed = memory_alloc((project->class_count + 1) *
	    sizeof(*judge->constructed));
	for (size_t i = 0; i < project->class_count; i++)
		judge->instances[i] = judge->constructed[i] = FACT_ALWAYS;
	for (size_t i = 0; i < project->module_count; i++)
		add_set_by_others(judge, &project->modules[i]);
	judge_read_rules(judge);
	judge->contexts = memory_alloc((flow->context_count + 1) * sizeof(*judge->contexts));
	sort_objects(judge);
	judge_contexts(judge);
	for (int i = 0; i < ROUNDS; i++) {
		judge_instances(judge);
		judge_contexts(judge);
		judge_values(judge);
		forget(judge);
		judge_calls(judge);
	}
	judge_instances(judge);
	judge_contexts(judge);
	judge_edges(judge);
}

void
judge_close(struct judge *judge)
{
	judge_free_rules(judge);
	forget(judge);
	map_free(&judge->modes);
	facts_close(&judge->facts);
	free(judge->functions_facts);
	free(judge->contexts);
	free(judge->instances);
	free(judge->constructed);
	symbols_free(&judge->set_by_others);
	free(judge->edges);
	free(judge->calls);
	free(judge->first);
	free(judge->objects);
	free(judge->there);
}

uint32_t
judge_edge(const struct judge *judge, uint32_t edge)
{
	return judge->edges[edge];
}

uint32_t
judge_source(const struct judge *judge, const char *source)
{
	void **place = map_get_string(&judge->sources, source);

	return place == NULL ? FACT_ALWAYS : (uint32_t)(uintptr_t)*place - 1;
}

uint32_t
judge_top(struct judge *judge, const struct class *top)
{
	uint32_t answer = judge->top == FACT_NONE ? FACT_NONE :
	    facts_answer(&judge->facts, judge->top, top->name);
	bool *left;
	uint32_t fact;

	if (answer == FACT_NONE)
		return FACT_ALWAYS;
	left = memory_alloc_zero(judge->model->top_count + 1, sizeof(*left));
	left[answer] = true;
	fact = facts_left(&judge->facts, judge->top, left);
	free(left);
	return fact;
}
