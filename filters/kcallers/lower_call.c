/* SPDX-License-Identifier: Apache-2.0 */
/* Calls, and the few builtins whose meaning is in their constant arguments. */
#include <string.h>

#include "base/intern.h"
#include "lower.h"

static const struct py_node *
argument_at(const struct py_node *call, unsigned index)
{
	const struct py_node *argument = call->call.arguments;

	for (; argument != NULL; argument = argument->next) {
		if (argument->kind == PY_STARRED || argument->kind == PY_KEYWORD)
			return NULL;
		if (index-- == 0)
			return argument;
	}
	return NULL;
}

static const struct py_node *
keyword_of(const struct py_node *call, const char *name)
{
	const struct py_node *argument = call->call.arguments;

	for (; argument != NULL; argument = argument->next)
		if (argument->kind == PY_KEYWORD && argument->name != NULL &&
		    strcmp(argument->name, name) == 0)
			return argument->unary.operand;
	return NULL;
}

static const char *
constant_string(const struct py_node *node)
{
	return node != NULL && node->kind == PY_CONSTANT && node->op == PY_STRING ?
	    node->name : NULL;
}

static uint32_t
unresolved(struct lowering *lowering, const struct py_node *node, enum unresolved kind)
{
	struct instruction *note = lower_emit(lowering, OP_UNRESOLVED, node->line);

	note->flag = (uint8_t)kind;
	note->b = node->begin;
	note->length = lower_length(node);
	return REGISTER_NONE;
}

static uint32_t
lower_getattr(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *object = argument_at(node, 0);
	const char *name = constant_string(argument_at(node, 1));
	const char *outside;
	struct instruction *load;
	uint32_t from, value, other = REGISTER_NONE;

	if (object == NULL || argument_at(node, 1) == NULL)
		return REGISTER_NONE;
	if (argument_at(node, 2) != NULL)
		other = lower_expression(lowering, argument_at(node, 2));
	outside = lower_external(lowering, object);
	if (name == NULL) {
		lower_each(lowering, node->call.arguments);
		if (outside == NULL || external_may_lead(lowering->externals, outside))
			unresolved(lowering, node, UNRESOLVED_GETATTR);
		return other;
	}
	value = lower_register(lowering);
	lower_move(lowering, value, other, node->line);
	if (outside != NULL) {
		outside = intern_dotted(outside, name);
		if (!external_may_lead(lowering->externals, outside))
			return other;
		load = lower_emit(lowering, OP_EXTERNAL, node->line);
		load->dst = value;
		load->name = outside;
		return value;
	}
	from = lower_expression(lowering, object);
	if (from == REGISTER_NONE)
		return other;
	load = lower_emit(lowering, OP_ATTRIBUTE, node->line);
	load->dst = value;
	load->a = from;
	load->name = name;
	load->b = node->begin;
	load->length = lower_length(node);
	load->flag = lower_is_own(lowering, object) ? FLAG_OWN : 0;
	return value;
}

static uint32_t
lower_setattr(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *object = argument_at(node, 0), *name = argument_at(node, 1);
	struct instruction *store;
	uint32_t to, value;

	if (object == NULL || constant_string(name) == NULL || argument_at(node, 2) == NULL ||
	    (strcmp(name->name, "forward") == 0 && !lower_is_own(lowering, object))) {
		lower_each(lowering, node->call.arguments);
		return REGISTER_NONE;
	}
	to = lower_expression(lowering, object);
	value = lower_expression(lowering, argument_at(node, 2));
	if (to == REGISTER_NONE || value == REGISTER_NONE)
		return REGISTER_NONE;
	store = lower_emit(lowering, OP_SETATTR, node->line);
	store->a = to;
	store->b = value;
	store->name = name->name;
	return REGISTER_NONE;
}

static uint32_t
lower_import_call(struct lowering *lowering, const struct py_node *node)
{
	const char *name = constant_string(argument_at(node, 0));
	struct instruction *load;
	uint32_t value;

	lower_each(lowering, node->call.arguments);
	if (name == NULL || *name == '.')
		return unresolved(lowering, node, UNRESOLVED_IMPORT);
	if (!project_has(lowering->project, name) &&
	    !external_may_lead(lowering->externals, name))
		return REGISTER_NONE;
	value = lower_register(lowering);
	load = lower_emit(lowering, project_has(lowering->project, name) &&
	    !external_is_package(lowering->externals, external_top(name)) ? OP_MODULE :
	    OP_EXTERNAL, node->line);
	load->dst = value;
	load->name = name;
	return value;
}

static void
torch_op(struct lowering *lowering, const char *name, const struct py_node *function)
{
	uint32_t value = lower_expression(lowering, function);
	const char *colon = strrchr(name, ':');
	struct instruction *make;

	if (value == REGISTER_NONE)
		return;
	make = lower_emit(lowering, OP_TORCH_OP, function->line);
	make->a = value;
	make->name = colon == NULL ? name : intern_string(colon + 1);
}

/* direct_register_custom_op(op_name="f", op_func=g), library.impl("f", g, ...) */
static void
find_torch_op(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *function = node->call.function;
	const char *name = constant_string(keyword_of(node, "op_name"));
	const struct py_node *body = keyword_of(node, "op_func");

	if (name != NULL && body != NULL) {
		torch_op(lowering, name, body);
		return;
	}
	name = constant_string(argument_at(node, 0));
	body = argument_at(node, 1);
	if (function->kind != PY_ATTRIBUTE && function->kind != PY_NAME)
		return;
	if (name != NULL && body != NULL && (strcmp(function->name, "impl") == 0 ||
	    strstr(function->name, "register_custom_op") != NULL))
		torch_op(lowering, name, body);
}

static bool
is_import_call(struct lowering *lowering, const struct py_node *function)
{
	const char *path = lower_external(lowering, function);

	return lower_is_builtin(lowering, function, "__import__") ||
	    (path != NULL && strcmp(path, "importlib.import_module") == 0);
}

static enum callee_form
callee_form(struct lowering *lowering, const struct py_node *function)
{
	if (function->kind == PY_SUBSCRIPT)
		return CALLEE_ITEM;
	if (function->kind == PY_NAME)
		return lower_is_local(lowering, function->name) ? CALLEE_LOCAL : CALLEE_NAME;
	if (function->kind != PY_ATTRIBUTE)
		return CALLEE_OTHER;
	function = function->unary.operand;
	if (function->kind == PY_CALL && lower_is_builtin(lowering, function->call.function,
	    "super"))
		return CALLEE_SUPER;
	return lower_is_own(lowering, function) ? CALLEE_OWN : CALLEE_ATTRIBUTE;
}

static struct call *
lower_arguments(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *argument;
	struct call *call;
	uint32_t count = 0;

	for (argument = node->call.arguments; argument != NULL; argument = argument->next)
		count++;
	call = arena_alloc_zero(&lowering->module->arena,
	    sizeof(*call) + count * sizeof(*call->arguments));
	call->count = count;
	call->begin = node->begin;
	call->end = node->end;
	call->callee_begin = node->call.function->begin;
	/* Of kernel[grid](...) what a reader looks for is the kernel. */
	call->callee_end = node->call.function->kind == PY_SUBSCRIPT ?
	    node->call.function->binary.left->end : node->call.function->end;
	call->launch = REGISTER_NONE;
	call->form = callee_form(lowering, node->call.function);
	if (node->call.function->kind == PY_NAME || node->call.function->kind == PY_ATTRIBUTE)
		call->name = node->call.function->name;
	call->key = constant_string(argument_at(node, 0));
	argument = node->call.arguments;
	for (uint32_t i = 0; i < count; i++, argument = argument->next) {
		struct argument *to = &call->arguments[i];
		const struct py_node *value = argument;

		if (argument->kind == PY_KEYWORD) {
			to->kind = argument->name != NULL ? ARGUMENT_KEYWORD : ARGUMENT_STAR_STAR;
			to->name = argument->name;
			value = argument->unary.operand;
		} else if (argument->kind == PY_STARRED) {
			to->kind = ARGUMENT_STAR;
			value = argument->unary.operand;
		}
		to->value = lower_expression(lowering, value);
	}
	return call;
}

/* map(function, a, b): the list of function(each of a, each of b). */
static uint32_t
lower_map(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *function = node->call.arguments, *argument;
	struct instruction *each;
	struct call *call;
	uint32_t callee = lower_expression(lowering, function), count = 0, value, made;

	for (argument = function->next; argument != NULL; argument = argument->next)
		count++;
	call = arena_alloc_zero(&lowering->module->arena,
	    sizeof(*call) + count * sizeof(*call->arguments));
	call->begin = node->begin;
	call->end = node->end;
	call->callee_begin = function->begin;
	call->callee_end = function->end;
	call->launch = REGISTER_NONE;
	call->form = callee_form(lowering, function);
	for (argument = function->next; argument != NULL; argument = argument->next) {
		uint32_t from = lower_expression(lowering, argument);

		call->arguments[call->count++].value = REGISTER_NONE;
		if (from == REGISTER_NONE)
			continue;
		value = lower_register(lowering);
		each = lower_emit(lowering, OP_ITERATE, argument->line);
		each->dst = call->arguments[call->count - 1].value = value;
		each->a = from;
	}
	if (callee == REGISTER_NONE)
		return REGISTER_NONE;
	value = lower_register(lowering);
	each = lower_emit(lowering, OP_CALL, node->line);
	each->dst = value;
	each->a = callee;
	each->call = call;
	lower_container(lowering, FLAG_LITERAL, node->line);
	made = (uint32_t)lowering->builder->count - 1;
	lower_element(lowering, made, NULL, value, node->line);
	return lowering->builder->code[made].dst;
}

/* The register of `kernel` when kernel[grid] was just lowered to `callee`. */
static uint32_t
launched_by(const struct lowering *lowering, uint32_t callee)
{
	const struct builder *builder = lowering->builder;
	const struct instruction *last = &builder->code[builder->count - 1];

	return builder->count > 0 && last->op == OP_ITEM && last->dst == callee ? last->a : callee;
}

uint32_t
lower_call(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *function = node->call.function;
	struct instruction *make;
	struct call *call;
	uint32_t callee, value, launched;

	if (lower_is_builtin(lowering, function, "getattr"))
		return lower_getattr(lowering, node);
	if (lower_is_builtin(lowering, function, "setattr"))
		return lower_setattr(lowering, node);
	if (lower_is_builtin(lowering, function, "map") && argument_at(node, 1) != NULL)
		return lower_map(lowering, node);
	if (is_import_call(lowering, function))
		return lower_import_call(lowering, node);
	find_torch_op(lowering, node);
	callee = lower_expression(lowering, function);
	if (callee == REGISTER_NONE) {
		for (node = node->call.arguments; node != NULL; node = node->next)
			lower_expression(lowering,
			    node->kind == PY_KEYWORD ? node->unary.operand : node);
		return REGISTER_NONE;
	}
	launched = function->kind == PY_SUBSCRIPT ? launched_by(lowering, callee) : REGISTER_NONE;
	call = lower_arguments(lowering, node);
	call->launch = launched;
	value = lower_register(lowering);
	make = lower_emit(lowering, OP_CALL, node->line);
	make->dst = value;
	make->a = callee;
	make->call = call;
	return value;
}

/* Run a decorator for what it does besides wrapping; its result is not the name's value. */
void
lower_apply(struct lowering *lowering, const struct py_node *decorator, uint32_t callee,
    uint32_t value)
{
	struct call *call = arena_alloc_zero(&lowering->module->arena,
	    sizeof(*call) + sizeof(*call->arguments));
	struct instruction *make;

	call->count = 1;
	call->begin = call->callee_begin = decorator->begin;
	call->end = call->callee_end = decorator->end;
	call->launch = REGISTER_NONE;
	call->form = CALLEE_OTHER;
	call->arguments[0].value = value;
	make = lower_emit(lowering, OP_CALL, decorator->line);
	make->flag = FLAG_DECORATOR;
	make->a = callee;
	make->call = call;
}
