/* SPDX-License-Identifier: Apache-2.0 */
/* Terms: the expressions that conditions rest on, kept when the syntax tree is dropped. */
#include <string.h>

#include "base/memory.h"
#include "lower.h"

/* Larger expressions say nothing that could be told. */
enum { MOST_PARTS = 32, MOST_DEPTH = 24, MOST_RESULTS = 32 };

static struct term *make_term(struct lowering *lowering, const struct py_node *node,
    unsigned depth);

struct term *
lower_new_term(struct lowering *lowering, enum term_kind kind, const char *name, uint32_t count)
{
	struct term *term = arena_alloc_zero(&lowering->module->arena,
	    sizeof(*term) + count * sizeof(*term->parts));

	term->kind = (uint8_t)kind;
	term->name = name;
	term->count = count;
	term->value = REGISTER_NONE;
	return term;
}

static uint32_t
count_nodes(const struct py_node *list)
{
	uint32_t count = 0;

	for (; list != NULL; list = list->next)
		count += list->kind != PY_KEYWORD;
	return count;
}

/* The parts of a list from `at` on. */
static void
set_parts(struct lowering *lowering, struct term *term, uint32_t at, const struct py_node *list,
    unsigned depth)
{
	for (; list != NULL; list = list->next)
		if (list->kind != PY_KEYWORD)
			term->parts[at++] = make_term(lowering, list, depth);
}

static struct term *
make_list(struct lowering *lowering, enum term_kind kind, const struct py_node *list,
    unsigned depth)
{
	uint32_t count = count_nodes(list);
	struct term *term;

	if (count > MOST_PARTS)
		return lower_new_term(lowering, TERM_UNKNOWN, NULL, 0);
	term = lower_new_term(lowering, kind, NULL, count);
	set_parts(lowering, term, 0, list, depth);
	return term;
}

static struct term *
make_constant(struct lowering *lowering, const struct py_node *node)
{
	switch (node->op) {
	case PY_NONE:
		return lower_new_term(lowering, TERM_NONE, NULL, 0);
	case PY_TRUE:
		return lower_new_term(lowering, TERM_TRUE, NULL, 0);
	case PY_FALSE:
		return lower_new_term(lowering, TERM_FALSE, NULL, 0);
	case PY_STRING:
		return lower_new_term(lowering, TERM_STRING, node->name, 0);
	default:
		return lower_new_term(lowering, TERM_UNKNOWN, NULL, 0);
	}
}

static struct term *
make_call(struct lowering *lowering, const struct py_node *node, unsigned depth)
{
	uint32_t count = count_nodes(node->call.arguments);
	struct term *term;

	if (count > MOST_PARTS)
		return lower_new_term(lowering, TERM_UNKNOWN, NULL, 0);
	term = lower_new_term(lowering, TERM_CALL, NULL, count + 1);
	term->parts[0] = make_term(lowering, node->call.function, depth);
	set_parts(lowering, term, 1, node->call.arguments, depth);
	return term;
}

static struct term *
make_parts(struct lowering *lowering, enum term_kind kind, const char *name,
    const struct py_node *const *parts, uint32_t count, unsigned depth)
{
	struct term *term = lower_new_term(lowering, kind, name, count);

	for (uint32_t i = 0; i < count; i++)
		term->parts[i] = make_term(lowering, parts[i], depth);
	return term;
}

static struct term *
make_term(struct lowering *lowering, const struct py_node *node, unsigned depth)
{
	const struct py_node *parts[3] = { node->part[0], node->part[1], node->part[2] };
	struct term *term = NULL;
	const struct pair key = { (uintptr_t)node, 0 };

	if (depth > MOST_DEPTH)
		return lower_new_term(lowering, TERM_UNKNOWN, NULL, 0);
	depth++;
	if (node->kind == PY_NAME) {
		term = lower_new_term(lowering, TERM_NAME, node->name, 0);
		term->local = lower_is_in_function(lowering, node->name);
	} else if (node->kind == PY_CONSTANT) {
		term = make_constant(lowering, node);
	} else if (node->kind == PY_ATTRIBUTE) {
		term = make_parts(lowering, TERM_ATTRIBUTE, node->name, parts, 1, depth);
	} else if (node->kind == PY_CALL) {
		term = make_call(lowering, node, depth);
	} else if (node->kind == PY_TUPLE || node->kind == PY_LIST || node->kind == PY_SET) {
		term = make_list(lowering, TERM_SEQUENCE, node->list.elements, depth);
	} else if (node->kind == PY_BOOLEAN) {
		term = make_list(lowering, strcmp(node->name, "or") == 0 ? TERM_OR : TERM_AND,
		    node->list.elements, depth);
	} else if (node->kind == PY_UNARY && strcmp(node->name, "not") == 0) {
		term = make_parts(lowering, TERM_NOT, NULL, parts, 1, depth);
	} else if (node->kind == PY_IF_EXPRESSION) {
		term = make_parts(lowering, TERM_IF, NULL, parts, 3, depth);
	} else if (node->kind == PY_BINARY && strcmp(node->name, "|") == 0) {
		term = make_parts(lowering, TERM_SEQUENCE, NULL, parts, 2, depth);
	} else if (node->kind == PY_NAMED) {
		return make_term(lowering, node->binary.right, depth);
	} else if (node->kind == PY_COMPARE && node->binary.right->next == NULL) {
		parts[1] = node->binary.right->unary.operand;
		term = make_parts(lowering, TERM_COMPARE, node->binary.right->name, parts, 2,
		    depth);
	} else {
		term = lower_new_term(lowering, TERM_UNKNOWN, NULL, 0);
	}
	term->value = table_find(&lowering->values, key);
	return term;
}

const struct term *
lower_term(struct lowering *lowering, const struct py_node *node)
{
	return make_term(lowering, node, 0);
}

void
lower_result(struct lowering *lowering, const struct py_node *node)
{
	struct builder *builder = lowering->builder;
	struct result result;
	bool last;

	/* A function of which not all is known gives back what is not known, always. */
	if (builder->result_count > MOST_RESULTS)
		return;
	builder->results = memory_grow(builder->results, builder->result_count,
	    &builder->result_capacity, sizeof(*builder->results));
	last = builder->result_count == MOST_RESULTS;
	result = (struct result){ .guard = last ? 0 : lowering->guard,
		.term = last ? lower_new_term(lowering, TERM_UNKNOWN, NULL, 0) : node == NULL ?
		    lower_new_term(lowering, TERM_NONE, NULL, 0) : lower_term(lowering, node) };
	builder->results[builder->result_count++] = result;
}

struct stored *
lower_local_of(struct lowering *lowering, struct function *function, const char *name)
{
	void **place = symbols_put(&function->locals, name);

	if (*place == NULL)
		*place = arena_alloc_zero(&lowering->module->arena, sizeof(struct stored));
	return *place;
}

struct stored *
lower_local(struct lowering *lowering, const char *name)
{
	return lower_local_of(lowering, lowering->builder->function, name);
}

void
lower_set_variable(struct lowering *lowering, const char *name, const struct term *term)
{
	struct variable *variable;

	if (lowering->scope->node->kind == PY_FUNCTION) {
		struct stored *stored = lower_local(lowering, name);

		stored->result = (struct result){ .guard = lowering->guard, .term = term };
		return;
	}
	if (lowering->scope->node->kind != PY_MODULE)
		return;
	variable = module_variable_place(lowering->module, name);
	variable->result = (struct result){ .guard = lowering->guard, .term = term };
}
