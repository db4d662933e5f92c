/* SPDX-License-Identifier: Apache-2.0 */
/* Statements that bind names: imports, assignments, function definitions. */
#include <string.h>

#include "base/intern.h"
#include "interp.h"
#include "python/imports.h"

static void
exec_import_alias(struct interp *it, struct env *env, const struct py_node *alias)
{
	const struct py_node *as = alias->unary.operand;
	const char *dot = strchr(alias->name, '.');
	const char *bound = as ? as->name : dot ?
	    intern(alias->name, (size_t)(dot - alias->name)) : alias->name;
	struct value *value = value_external(&it->arena, as ? alias->name : bound);

	scope_set(&it->arena, env->names, bound, value);
}

/* The module that `from . import x` means, as a dotted name; "" when it leads nowhere. */
static const char *
import_base(const struct env *env, const struct py_node *node)
{
	const char *base = import_absolute(env->module->name, env->module->is_package,
	    node->op, node->name);

	return base != NULL ? base : "";
}

static void
import_all(struct interp *it, struct env *env, const char *base)
{
	struct module *module = module_load(it, base);
	uint32_t i;

	if (module)
		module_member(it, module, ""); /* runs it when nobody has */
	for (i = 0; module && i < module->globals.count; i++)
		if (module->globals.keys[i][0] != '_' && module->globals.values[i])
			scope_set(&it->arena, env->names, module->globals.keys[i],
			    module->globals.values[i]);
}

/* `from m import x` binds the dotted name only; what it stands for is found when it is
 * first used, so that a module nobody needs is never read. */
static void
exec_import_from(struct interp *it, struct env *env, const struct py_node *node)
{
	const char *base = import_base(env, node);
	const struct py_node *alias;

	for (alias = node->list.elements; alias; alias = alias->next) {
		const char *bound = alias->unary.operand ? alias->unary.operand->name : alias->name;

		if (alias->name[0] == '*') {
			import_all(it, env, base);
			continue;
		}
		scope_set(&it->arena, env->names, bound, value_external(&it->arena,
		    interp_text(it, "%s.%s", base, alias->name)));
	}
}

void
exec_import(struct interp *it, struct env *env, const struct py_node *node)
{
	const struct py_node *alias;

	if (node->kind == PY_IMPORT_FROM) {
		exec_import_from(it, env, node);
		return;
	}
	for (alias = node->list.elements; alias; alias = alias->next)
		exec_import_alias(it, env, alias);
}

static void
assign_sequence(struct interp *it, struct env *env, const struct py_node *target,
    struct value *value)
{
	const struct py_node *item;
	struct list items = { 0 };
	size_t count = 0, i = 0;
	bool known = iterate(it, value, &items);

	for (item = target->list.elements; item; item = item->next)
		count++;
	for (item = target->list.elements; item; item = item->next) {
		if (item->kind == PY_STARRED) {
			struct value *rest = value_list(&it->arena, VALUE_LIST);

			while (known && i + count <= items.count)
				list_add(&it->arena, &rest->list, items.items[i++]);
			assign(it, env, item->unary.operand, rest);
			count--;
			continue;
		}
		assign(it, env, item, known && i < items.count ? items.items[i] :
		    value_is_unknown(value) ? value :
		    unknown(it, "%s cannot be taken apart", value_show(&it->arena, value)));
		i++;
		count--;
	}
}

static void
assign_item(struct interp *it, struct env *env, const struct py_node *target,
    struct value *value)
{
	struct value *object = eval(it, env, target->binary.left);
	struct value *index = eval(it, env, target->binary.right);
	int64_t at;

	if (object->kind == VALUE_DICT) {
		step(it, (long)object->dict.keys.count / 8);
		dict_set(&it->arena, &object->dict, index, value);
	} else if (value_integer(index, &at)) {
		struct list *items = object->kind == VALUE_LIST ? &object->list :
		    object->kind == VALUE_INSTANCE ? &object->instance->items : NULL;

		if (items && at < 0)
			at += (int64_t)items->count;
		if (items && at >= 0 && at < (int64_t)items->count)
			items->items[at] = value;
	} else if (object->kind == VALUE_INSTANCE && index->kind == VALUE_STRING) {
		attribute_set(it, object, intern_string(index->string.text), value);
	}
}

void
assign(struct interp *it, struct env *env, const struct py_node *target, struct value *value)
{
	struct scope *names;

	switch (target->kind) {
	case PY_NAME:
		names = env->names;
		if (env->outer.count && scope_get(&env->outer, target->name)) {
			struct env *place = env->parent;

			names = &env->module->globals;
			if (scope_get(&env->outer, target->name)->kind == VALUE_NONE)
				for (; place; place = place->parent)
					if (scope_get(place->names, target->name)) {
						names = place->names;
						break;
					}
		}
		scope_set(&it->arena, names, target->name, value);
		break;
	case PY_ATTRIBUTE:
		attribute_set(it, eval(it, env, target->unary.operand), target->name, value);
		break;
	case PY_SUBSCRIPT:
		assign_item(it, env, target, value);
		break;
	case PY_TUPLE:
	case PY_LIST:
		assign_sequence(it, env, target, value);
		break;
	case PY_STARRED:
		assign(it, env, target->unary.operand, value);
		break;
	default:
		break;
	}
}

static void
decorate(struct env *env, const struct py_node *node, struct value **value)
{
	const struct py_node *item;

	for (item = node->function.decorators; item; item = item->next) {
		const struct py_node *callee = item->kind == PY_CALL ? item->call.function : item;
		const char *name = callee->kind == PY_ATTRIBUTE || callee->kind == PY_NAME ?
		    callee->name : "";

		if ((*value)->kind != VALUE_FUNCTION)
			return;
		if (!strcmp(name, "staticmethod"))
			(*value)->function->kind = FUNCTION_STATIC;
		else if (!strcmp(name, "classmethod"))
			(*value)->function->kind = FUNCTION_CLASS;
		else if (strstr(name, "property"))
			(*value)->function->kind = FUNCTION_PROPERTY;
		else if (!strcmp(name, "setter") || !strcmp(name, "overload"))
			*value = scope_get(env->names, node->name);
		if (!*value)
			*value = value_none();
	}
}

static bool
yields(const struct py_node *node)
{
	int i;

	for (; node; node = node->next) {
		if (node->kind == PY_YIELD || node->kind == PY_YIELD_FROM)
			return true;
		if (node->kind == PY_FUNCTION || node->kind == PY_LAMBDA || node->kind == PY_CLASS)
			continue;
		for (i = 0; i < 4; i++)
			if (node->part[i] && yields(node->part[i]))
				return true;
	}
	return false;
}

void
exec_function(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *value = arena_alloc_zero(&it->arena, sizeof *value);
	struct function *function = arena_alloc_zero(&it->arena, sizeof *function);
	const struct py_node *parameter;

	function->node = node;
	function->module = env->module;
	function->closure = env->is_class ? env->parent : env;
	function->owner = env->is_class ? env->owner : NULL;
	function->generates = yields(node->function.body);
	for (parameter = node->function.parameters; parameter; parameter = parameter->next)
		list_add(&it->arena, &function->defaults, parameter->parameter.value ?
		    eval(it, env, parameter->parameter.value) : NULL);
	value->kind = VALUE_FUNCTION;
	value->function = function;
	decorate(env, node, &value);
	scope_set(&it->arena, env->names, node->name, value);
}
