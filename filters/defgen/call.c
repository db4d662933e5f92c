/* SPDX-License-Identifier: Apache-2.0 */
/* Calls: arguments are bound to parameters as Python does, bodies run in a new scope. */
#include <string.h>

#include "base/intern.h"
#include "interp.h"

enum { CALL_DEPTH_LIMIT = 500 };

struct value *
call_argument(const struct call *call, size_t position, const char *keyword)
{
	size_t i;

	if (position < call->count)
		return call->arguments[position];
	for (i = 0; keyword && i < call->keyword_count; i++)
		if (!strcmp(call->keywords[i], keyword))
			return call->values[i];
	return NULL;
}

static struct value *
keyword_take(const struct call *call, const char *name, bool *taken)
{
	size_t i;

	for (i = 0; i < call->keyword_count; i++) {
		if (call->keywords[i] == name) {
			taken[i] = true;
			return call->values[i];
		}
	}
	return NULL;
}

/* Put the call's arguments into the function's scope. */
static void
bind_parameters(struct interp *it, const struct function *function, const struct call *call,
    struct value *self, struct scope *names)
{
	const struct py_node *parameter = function->node->function.parameters;
	bool *taken = arena_alloc_zero(&it->arena, call->keyword_count + 1);
	size_t at = 0, index = 0, i;

	for (; parameter; parameter = parameter->next, index++) {
		struct value *value = NULL;

		if (parameter->op == PY_STAR) {
			value = value_list(&it->arena, VALUE_TUPLE);
			while (at < call->count)
				list_add(&it->arena, &value->list, call->arguments[at++]);
			if (!parameter->name)
				continue;
		} else if (parameter->op == PY_DOUBLE_STAR) {
			value = value_dict(&it->arena);
			for (i = 0; i < call->keyword_count; i++)
				if (!taken[i])
					dict_set(&it->arena, &value->dict,
					    value_text(&it->arena, call->keywords[i]), call->values[i]);
		} else if (self && index == 0) {
			value = self;
			self = NULL;
		} else if (parameter->op != PY_KEYWORD_ONLY && at < call->count) {
			value = call->arguments[at++];
		} else {
			value = keyword_take(call, parameter->name, taken);
		}
		if (!value && index < function->defaults.count)
			value = function->defaults.items[index];
		if (!value)
			value = unknown(it, "%s() was not given %s", function->node->name ?
			    function->node->name : "lambda", parameter->name);
		scope_set(&it->arena, names, parameter->name, value);
	}
}

static struct value *
call_function(struct interp *it, const struct function *function, struct call *call,
    struct value *self)
{
	struct env *env = arena_alloc_zero(&it->arena, sizeof *env);
	struct value *result = value_none();
	struct module *module = it->module;
	uint32_t line = it->line;

	env->names = arena_alloc_zero(&it->arena, sizeof *env->names);
	env->parent = function->closure && function->closure->names ==
	    &function->module->globals ? NULL : function->closure;
	env->module = function->module;
	env->owner = function->owner;
	bind_parameters(it, function, call, self, env->names);
	env->self = self ? self : call->count ? call->arguments[0] : NULL;
	it->module = function->module;
	it->depth += 2;
	if (function->node->kind == PY_LAMBDA) {
		result = eval(it, env, function->node->function.body);
	} else {
		struct value *yields = value_list(&it->arena, VALUE_LIST);

		if (function->generates)
			env->yields = &yields->list;
		exec(it, env, function->node->function.body, &result);
		if (function->generates)
			result = yields;
	}
	it->depth -= 2;
	it->module = module;
	it->line = line;
	return result;
}

struct value *
bind(struct interp *it, struct value *function, struct value *self)
{
	struct value *value;

	if (function->kind == VALUE_FUNCTION) {
		if (function->function->kind == FUNCTION_STATIC)
			return function;
		if (function->function->kind == FUNCTION_CLASS && self->kind == VALUE_INSTANCE)
			self = self->instance->class;
	} else if (function->kind == VALUE_BUILTIN) {
		struct value *copy = arena_alloc(&it->arena, sizeof *copy);

		*copy = *function;
		copy->builtin = arena_alloc(&it->arena, sizeof *copy->builtin);
		*copy->builtin = *function->builtin;
		copy->builtin->self = self;
		return copy;
	} else {
		return function;
	}
	value = arena_alloc_zero(&it->arena, sizeof *value);
	value->kind = VALUE_METHOD;
	value->bound.function = function;
	value->bound.self = self;
	return value;
}

static struct value *
call_builtin(struct interp *it, struct value *callee, struct call *call)
{
	call->builtin = callee->builtin;
	call->self = callee->builtin->self;
	return callee->builtin->function(it, call);
}

/* An instance that is called: a layer run during construction, or a function object. */
static struct value *
call_instance(struct interp *it, struct value *callee, struct call *call)
{
	struct value *method = class_lookup(callee->instance->class->class,
	    intern_string("__call__"));

	if (method && method->kind == VALUE_FUNCTION)
		return call_value(it, bind(it, method, callee), call);
	return unknown(it, "the result of running %s", value_show(&it->arena, callee));
}

struct value *
call_value(struct interp *it, struct value *callee, struct call *call)
{
	if (it->depth >= CALL_DEPTH_LIMIT)
		return unknown(it, "stopped: calls nested deeper than allowed");
	switch (callee->kind) {
	case VALUE_FUNCTION:
		return call_function(it, callee->function, call, NULL);
	case VALUE_METHOD:
		return call_function(it, callee->bound.function->function, call,
		    callee->bound.self);
	case VALUE_BUILTIN:
		return call_builtin(it, callee, call);
	case VALUE_CLASS:
		return instantiate(it, callee, call);
	case VALUE_INSTANCE:
		return call_instance(it, callee, call);
	case VALUE_EXTERNAL:
		return external_call(it, callee->external, call);
	case VALUE_UNKNOWN:
	case VALUE_UNSET:
		return callee;
	default:
		return unknown(it, "a call of %s", value_show(&it->arena, callee));
	}
}

struct value *
call_simple(struct interp *it, struct value *callee, struct value **arguments, size_t count)
{
	struct call call = { .arguments = arguments, .count = count, .module = it->module };

	return call_value(it, callee, &call);
}
