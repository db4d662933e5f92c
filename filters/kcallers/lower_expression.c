/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions: each one is lowered to the register that holds its value, or to none when
 * it cannot hold a function, a class, an object or a kernel. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "lower.h"

void
lower_each(struct lowering *lowering, const struct py_node *list)
{
	for (; list != NULL; list = list->next)
		lower_expression(lowering, list);
}

/* True for the first parameter of the method that is being lowered. */
bool
lower_is_own(const struct lowering *lowering, const struct py_node *object)
{
	const struct function *function = lowering->builder->function;

	while (function->class == NULL && function->outer != NULL)
		function = function->outer;
	return object->kind == PY_NAME && function->class != NULL &&
	    function->parameter_count > 0 && (function->flags & FUNCTION_STATIC) == 0 &&
	    function->parameters[0].name == object->name;
}

static uint32_t
lower_super(struct lowering *lowering, const struct py_node *node)
{
	struct instruction *load;
	uint32_t value;

	if (lowering->builder->function->enclosing == NULL)
		return REGISTER_NONE;
	value = lower_register(lowering);
	load = lower_emit(lowering, OP_SUPER, node->line);
	load->dst = value;
	load->name = node->name;
	load->b = node->begin;
	load->length = lower_length(node);
	return value;
}

static uint32_t
lower_attribute(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *object = node->unary.operand;
	const char *path = lower_external(lowering, node);
	struct instruction *load;
	uint32_t from, value;

	if (path != NULL) {
		if (!external_may_lead(lowering->externals, path))
			return REGISTER_NONE;
		value = lower_register(lowering);
		load = lower_emit(lowering, OP_EXTERNAL, node->line);
		load->dst = value;
		load->name = path;
		return value;
	}
	if (lower_external(lowering, object) != NULL)
		return REGISTER_NONE;
	if (object->kind == PY_CALL && lower_is_builtin(lowering, object->call.function, "super")) {
		lower_each(lowering, object->call.arguments);
		return lower_super(lowering, node);
	}
	from = lower_expression(lowering, object);
	if (from == REGISTER_NONE)
		return REGISTER_NONE;
	value = lower_register(lowering);
	load = lower_emit(lowering, OP_ATTRIBUTE, node->line);
	load->dst = value;
	load->a = from;
	load->name = node->name;
	load->b = node->begin;
	load->length = lower_length(node);
	load->flag = lower_is_own(lowering, object) ? FLAG_OWN : 0;
	return value;
}

/* The key that a constant index stands for, NULL for any other index. */
static const char *
index_key(const struct py_node *index)
{
	if (index->kind != PY_CONSTANT)
		return NULL;
	if (index->op == PY_STRING)
		return index->name;
	if (index->op == PY_INT && strlen(index->name) < 4)
		return position_key((unsigned)strtoul(index->name, NULL, 0));
	return NULL;
}

static uint32_t
lower_subscript(struct lowering *lowering, const struct py_node *node)
{
	uint32_t from = lower_expression(lowering, node->binary.left), value;
	struct instruction *load;

	lower_expression(lowering, node->binary.right);
	if (from == REGISTER_NONE || node->binary.right->kind == PY_SLICE)
		return from;
	value = lower_register(lowering);
	load = lower_emit(lowering, OP_ITEM, node->line);
	load->dst = value;
	load->a = from;
	load->name = index_key(node->binary.right);
	/* Where a class's __getitem__ runs: the object before the bracket. */
	load->b = node->binary.left->begin;
	load->length = lower_length(node->binary.left);
	return value;
}

static bool
is_none(const struct py_node *node)
{
	return node != NULL && node->kind == PY_CONSTANT && node->op == PY_NONE;
}

/* A display of values. One that is empty or holds None may be filled later, so it exists
 * at once; others exist when something is in them. */
static uint32_t
lower_display(struct lowering *lowering, const struct py_node *node, bool fillable)
{
	uint8_t flags = node->kind == PY_DICT ? FLAG_DICT : 0;

	lower_container(lowering, fillable ? flags : flags | FLAG_LITERAL, node->line);
	return (uint32_t)lowering->builder->count - 1;
}

static uint32_t
lower_spread(struct lowering *lowering, const struct py_node *node, enum op op)
{
	uint32_t from = lower_expression(lowering, node), value;
	struct instruction *each;

	if (from == REGISTER_NONE)
		return REGISTER_NONE;
	value = lower_register(lowering);
	each = lower_emit(lowering, op, node->line);
	each->dst = value;
	each->a = from;
	return value;
}

static uint32_t
lower_sequence(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *element = node->list.elements;
	bool tuple = node->kind == PY_TUPLE;
	uint32_t made = lower_display(lowering, node,
	    !tuple && (element == NULL || is_none(element)));
	uint32_t container = lowering->builder->code[made].dst;
	unsigned index = 0;

	for (; element != NULL; element = element->next, index++) {
		if (element->kind == PY_STARRED) {
			/* What follows has no known place. */
			tuple = false;
			lower_element(lowering, made, NULL, lower_spread(lowering,
			    element->unary.operand, OP_ITERATE), element->line);
		} else {
			lower_element(lowering, made, tuple ? position_key(index) : NULL,
			    lower_expression(lowering, element), element->line);
		}
	}
	return container;
}

static uint32_t
lower_dict(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *item = node->list.elements;
	bool fillable = item == NULL;
	uint32_t made, container;

	for (; item != NULL; item = item->next)
		fillable |= is_none(item->binary.right);
	made = lower_display(lowering, node, fillable);
	container = lowering->builder->code[made].dst;
	for (item = node->list.elements; item != NULL; item = item->next) {
		if (item->binary.left == NULL) {
			lower_element(lowering, made, NULL,
			    lower_spread(lowering, item->binary.right, OP_ITEM), item->line);
			continue;
		}
		lower_expression(lowering, item->binary.left);
		lower_element(lowering, made, index_key(item->binary.left),
		    lower_expression(lowering, item->binary.right), item->line);
	}
	return container;
}

static void
lower_clause(struct lowering *lowering, const struct py_node *clause)
{
	uint32_t from = lower_expression(lowering, clause->loop.iterable);
	uint32_t value = REGISTER_NONE;

	if (from != REGISTER_NONE) {
		struct instruction *each;

		value = lower_register(lowering);
		each = lower_emit(lowering, OP_ITERATE, clause->line);
		each->dst = value;
		each->a = from;
	}
	lower_store(lowering, clause->loop.target, value);
	for (const struct py_node *test = clause->loop.body; test != NULL; test = test->next) {
		lower_expression(lowering, test);
		lowering->guard = lower_guard(lowering, test, false, GUARD_IF);
	}
}

static uint32_t
lower_comprehension(struct lowering *lowering, const struct py_node *node)
{
	uint32_t guard = lowering->guard, value, made;
	const struct py_node *clause;
	struct lowering_scope scope;

	scope_enter(lowering, &scope, node);
	scope_collect(lowering);
	for (clause = node->comprehension.clauses; clause != NULL; clause = clause->next)
		lower_clause(lowering, clause);
	value = lower_expression(lowering, node->comprehension.element);
	if (node->comprehension.value != NULL)
		value = lower_expression(lowering, node->comprehension.value);
	lowering->guard = guard;
	scope_leave(lowering);
	if (value == REGISTER_NONE)
		return REGISTER_NONE;
	lower_container(lowering, node->op == PY_DICT_OF ? FLAG_LITERAL | FLAG_DICT :
	    FLAG_LITERAL, node->line);
	made = (uint32_t)lowering->builder->count - 1;
	lower_element(lowering, made, NULL, value, node->line);
	return lowering->builder->code[made].dst;
}

static uint32_t
lower_choice(struct lowering *lowering, uint32_t left, uint32_t right, uint32_t line)
{
	uint32_t value;

	if (left == REGISTER_NONE || left == right)
		return right;
	if (right == REGISTER_NONE)
		return left;
	value = lower_register(lowering);
	lower_move(lowering, value, left, line);
	lower_move(lowering, value, right, line);
	return value;
}

static uint32_t
lower_if(struct lowering *lowering, const struct py_node *node)
{
	uint32_t guard = lowering->guard, left, right;

	lower_expression(lowering, node->branch.test);
	lowering->guard = lower_guard(lowering, node->branch.test, false, GUARD_IF);
	left = lower_expression(lowering, node->branch.body);
	lowering->guard = guard;
	lowering->guard = lower_guard(lowering, node->branch.test, true, GUARD_IF);
	right = lower_expression(lowering, node->branch.orelse);
	lowering->guard = guard;
	return lower_choice(lowering, left, right, node->line);
}

static uint32_t
lower_boolean(struct lowering *lowering, const struct py_node *node)
{
	uint32_t guard = lowering->guard, value = REGISTER_NONE;
	const struct py_node *element;

	for (element = node->list.elements; element != NULL; element = element->next) {
		value = lower_choice(lowering, value, lower_expression(lowering, element),
		    node->line);
		if (element->next != NULL)
			lowering->guard = lower_guard(lowering, element,
			    strcmp(node->name, "or") == 0, GUARD_IF);
	}
	lowering->guard = guard;
	return value;
}

static uint32_t
lower_yield(struct lowering *lowering, const struct py_node *node)
{
	struct builder *builder = lowering->builder;
	uint32_t value = node->unary.operand == NULL ? REGISTER_NONE :
	    lower_expression(lowering, node->unary.operand);

	builder->function->flags |= FUNCTION_GENERATOR;
	if (value == REGISTER_NONE)
		return REGISTER_NONE;
	if (builder->generator == REGISTER_NONE) {
		builder->generator = lower_container(lowering, 0, node->line);
		lower_move(lowering, REGISTER_RETURN, builder->generator, node->line);
	}
	if (node->kind == PY_YIELD_FROM) {
		struct instruction *each;
		uint32_t from = value;

		value = lower_register(lowering);
		each = lower_emit(lowering, OP_ITERATE, node->line);
		each->dst = value;
		each->a = from;
	}
	lower_set_item(lowering, builder->generator, NULL, value, node->line);
	return REGISTER_NONE;
}

static uint32_t
lower_named(struct lowering *lowering, const struct py_node *node)
{
	uint32_t value = lower_expression(lowering, node->binary.right);

	lower_store_name(lowering, node->binary.left->name, value, node->line);
	return value;
}

static uint32_t
lower_value(struct lowering *lowering, const struct py_node *node)
{
	uint32_t left, right;

	switch (node->kind) {
	case PY_NAME:
		return lower_load(lowering, node->name, node->line);
	case PY_ATTRIBUTE:
		return lower_attribute(lowering, node);
	case PY_SUBSCRIPT:
		return lower_subscript(lowering, node);
	case PY_CALL:
		return lower_call(lowering, node);
	case PY_LIST:
	case PY_TUPLE:
	case PY_SET:
		return lower_sequence(lowering, node);
	case PY_DICT:
		return lower_dict(lowering, node);
	case PY_COMPREHENSION:
		return lower_comprehension(lowering, node);
	case PY_LAMBDA:
		return lower_lambda(lowering, node);
	case PY_IF_EXPRESSION:
		return lower_if(lowering, node);
	case PY_BOOLEAN:
		return lower_boolean(lowering, node);
	case PY_BINARY:
		left = lower_expression(lowering, node->binary.left);
		right = lower_expression(lowering, node->binary.right);
		return strcmp(node->name, "+") == 0 || strcmp(node->name, "*") == 0 ?
		    lower_choice(lowering, left, right, node->line) : REGISTER_NONE;
	case PY_NAMED:
		return lower_named(lowering, node);
	case PY_YIELD:
	case PY_YIELD_FROM:
		return lower_yield(lowering, node);
	case PY_AWAIT:
	case PY_STARRED:
		return lower_expression(lowering, node->unary.operand);
	case PY_CONSTANT:
		return REGISTER_NONE;
	default:
		for (int i = 0; i < 4; i++)
			lower_each(lowering, node->part[i]);
		return REGISTER_NONE;
	}
}

uint32_t
lower_expression(struct lowering *lowering, const struct py_node *node)
{
	uint32_t value;

	if (node == NULL)
		return REGISTER_NONE;
	value = lower_value(lowering, node);
	if (value != REGISTER_NONE)
		*table_put(&lowering->values, (struct pair){ (uintptr_t)node, 0 }) = value;
	return value;
}

static void
lower_store_sequence(struct lowering *lowering, const struct py_node *target, uint32_t value)
{
	unsigned index = 0;

	for (target = target->list.elements; target != NULL; target = target->next, index++) {
		struct instruction *load;
		uint32_t element = REGISTER_NONE;

		if (target->kind == PY_STARRED) {
			lower_store(lowering, target->unary.operand, value);
			continue;
		}
		if (value != REGISTER_NONE) {
			element = lower_register(lowering);
			load = lower_emit(lowering, OP_UNPACK, target->line);
			load->dst = element;
			load->a = value;
			load->b = index;
			load->name = position_key(index);
		}
		lower_store(lowering, target, element);
	}
}

void
lower_store(struct lowering *lowering, const struct py_node *target, uint32_t value)
{
	struct instruction *store;
	uint32_t object;

	switch (target->kind) {
	case PY_NAME:
		lower_store_name(lowering, target->name, value, target->line);
		break;
	case PY_ATTRIBUTE:
		object = lower_expression(lowering, target->unary.operand);
		lower_note_store(lowering, target, NULL);
		if (object == REGISTER_NONE || value == REGISTER_NONE)
			break;
		/* A store to another object's forward is a hook around it, not a method. */
		if (strcmp(target->name, "forward") == 0 &&
		    !lower_is_own(lowering, target->unary.operand))
			break;
		store = lower_emit(lowering, OP_SETATTR, target->line);
		store->a = object;
		store->b = value;
		store->name = target->name;
		store->flag = lower_is_own(lowering, target->unary.operand) ? FLAG_OWN : 0;
		break;
	case PY_SUBSCRIPT:
		object = lower_expression(lowering, target->binary.left);
		lower_expression(lowering, target->binary.right);
		lower_set_item(lowering, object, index_key(target->binary.right), value,
		    target->line);
		break;
	case PY_TUPLE:
	case PY_LIST:
		lower_store_sequence(lowering, target, value);
		break;
	default:
		lower_expression(lowering, target);
	}
}
