/* SPDX-License-Identifier: Apache-2.0 */
/* What names, members and calls are: a name is all that it is ever assigned, a call all that
 * the function returns. Results are kept, so each is asked once. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "python/bindings.h"
#include "value_parts.h"

bool
is_too_deep(struct evaluator *evaluator)
{
	bool deep = evaluator->depth >= MOST_DEPTH;

	evaluator->left_out |= deep;
	return deep;
}

void
values_add(struct evaluator *evaluator, struct code_values *values, struct code_value value)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct code_value *has = &values->list[i];

		if (has->kind == value.kind && has->node == value.node &&
		    has->scope == value.scope && has->receiver == value.receiver &&
		    has->name == value.name)
			return;
	}
	if (values->count == MOST_VALUES)
		evaluator->left_out = true;
	else
		values->list[values->count++] = value;
}

void
values_add_all(struct evaluator *evaluator, struct code_values *values,
    const struct code_values *more)
{
	for (size_t i = 0; i < more->count; i++)
		values_add(evaluator, values, more->list[i]);
}

bool
is_native_path(const char *text)
{
	static const char *const suffixes[] = { ".cu", ".cuh", ".hip", ".cc", ".cpp", ".cxx", ".h",
		".hpp", ".jinja", ".inc" };
	const char *suffix = strrchr(text, '.');

	for (size_t i = 0; suffix != NULL && i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (strcmp(suffix, suffixes[i]) == 0)
			return true;
	return false;
}

static bool
is_within(const char *name, const char *package)
{
	size_t length = strlen(package);

	return strncmp(name, package, length) == 0 &&
	    (name[length] == '\0' || name[length] == '.');
}

static bool
is_followed(const struct evaluator *evaluator, const char *module)
{
	for (size_t i = 0; i < evaluator->package_count; i++)
		if (is_within(module, evaluator->packages[i]))
			return true;
	return false;
}

static void
add_module(struct evaluator *evaluator, const char *name, struct code_values *values)
{
	const struct code_scope *scope = is_followed(evaluator, name) ?
	    modules_get(evaluator->modules, name) : NULL;

	if (scope != NULL)
		values_add(evaluator, values,
		    (struct code_value){ .kind = VALUE_MODULE, .scope = scope });
	else
		values_add(evaluator, values,
		    (struct code_value){ .kind = VALUE_EXTERNAL, .name = name });
}

/* Whether the body names a native source or holds one, nested functions aside. */
static bool
names_source(const struct py_node *node)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS)
			continue;
		if (node->kind == PY_CONSTANT && node->op == PY_STRING &&
		    is_native_path(node->name))
			return true;
		for (int i = 0; i < 4; i++)
			if (names_source(node->part[i]))
				return true;
	}
	return false;
}

static bool
is_maker(struct evaluator *evaluator, const struct code_scope *function)
{
	const struct py_node *node = function->node;
	void **place = map_get(&evaluator->makers, (const char *)&node,
	    sizeof(const struct py_node *));
	bool makes;

	if (place != NULL)
		return *place != NULL;
	makes = node->kind == PY_FUNCTION && names_source(node->function.body);
	*map_put(&evaluator->makers, (const char *)&node, sizeof(const struct py_node *)) =
	    makes ? evaluator : NULL;
	return makes;
}

/* The kept result for a node and a receiver, made when absent. */
static struct code_values *
result_of(struct evaluator *evaluator, const void *node, const struct code_scope *receiver,
    bool *made)
{
	const void *key[2] = { node, receiver };
	void **place = map_put(&evaluator->results, (const char *)key, sizeof(key));

	*made = *place == NULL;
	if (*made)
		*place = arena_alloc_zero(&evaluator->modules->arena, sizeof(struct code_values));
	return *place;
}

static void
add_binding(struct evaluator *evaluator, const struct name_binding *binding,
    const struct code_scope *receiver, struct code_values *values)
{
	struct code_values *result, found = {0};
	bool made;

	switch (binding->kind) {
	case BIND_FUNCTION:
		values_add(evaluator, values,
		    (struct code_value){ .kind = VALUE_FUNCTION, .receiver = receiver,
			.scope = scope_of(evaluator->modules, binding->node, binding->scope) });
		return;
	case BIND_CLASS:
		values_add(evaluator, values, (struct code_value){ .kind = VALUE_CLASS,
			.scope = scope_of(evaluator->modules, binding->node, binding->scope) });
		return;
	case BIND_MODULE:
		add_module(evaluator, binding->module, values);
		return;
	case BIND_MEMBER:
		evaluate_member(evaluator, binding->module, binding->name, values);
		return;
	case BIND_PARAMETER:
		if (binding->node->parameter.value == NULL)
			return;
		break;
	default:
		break;
	}
	result = result_of(evaluator, binding, receiver, &made);
	if (made) {
		evaluate(evaluator, binding->kind == BIND_PARAMETER ?
		    binding->node->parameter.value : binding->node, binding->scope, receiver,
		    &found);
		*result = found;
	}
	values_add_all(evaluator, values, result);
}

static void
add_bindings(struct evaluator *evaluator, const struct name_binding *binding,
    const struct code_scope *receiver, struct code_values *values)
{
	for (; binding != NULL; binding = binding->next)
		add_binding(evaluator, binding, receiver, values);
}

static bool add_global(struct evaluator *evaluator, const struct code_scope *module,
    const char *name, struct code_values *values);

/* The name in a module that all names are imported from; each is looked up once, as such
 * imports may go in circles. */
static void
add_starred(struct evaluator *evaluator, const struct code_scope *module, const char *name,
    struct code_values *values)
{
	const void *key[2] = { module, name };
	void **place = map_put(&evaluator->starred, (const char *)key, sizeof(key));
	struct code_values *result = *place, found = {0};

	if (result == NULL) {
		*place = result = arena_alloc_zero(&evaluator->modules->arena, sizeof(*result));
		add_global(evaluator, module, name, &found);
		*result = found;
	}
	values_add_all(evaluator, values, result);
}

/* A name of a module, as its code sees it. */
static bool
add_global(struct evaluator *evaluator, const struct code_scope *module, const char *name,
    struct code_values *values)
{
	const struct name_binding *binding = scope_find(module, name);
	size_t before = values->count;
	bool bound = false;

	for (; binding != NULL; binding = binding->next)
		/* `from . import name` in the package itself: its module of that name. */
		if (binding->kind != BIND_MEMBER || binding->name != name ||
		    strcmp(binding->module, module->module->file->module) != 0) {
			add_binding(evaluator, binding, NULL, values);
			bound = true;
		}
	if (bound)
		return true;
	for (size_t i = 0; i < module->star_count && values->count == before; i++) {
		const struct code_scope *star = is_followed(evaluator, module->stars[i]) ?
		    modules_get(evaluator->modules, module->stars[i]) : NULL;

		if (star != NULL && star != module && !is_too_deep(evaluator)) {
			evaluator->depth++;
			add_starred(evaluator, star, name, values);
			evaluator->depth--;
		}
	}
	return values->count > before;
}

void
evaluate_member(struct evaluator *evaluator, const char *module, const char *name,
    struct code_values *values)
{
	const struct code_scope *scope = is_followed(evaluator, module) ?
	    modules_get(evaluator->modules, module) : NULL;

	if (is_too_deep(evaluator))
		return;
	evaluator->depth++;
	if (scope == NULL || !add_global(evaluator, scope, name, values))
		add_module(evaluator, intern_dotted(module, name), values);
	evaluator->depth--;
}

void
evaluate_name(struct evaluator *evaluator, const char *name, struct code_place at,
    struct code_values *values)
{
	const struct code_scope *scope = at.scope;

	for (; scope != NULL && scope->node->kind != PY_MODULE; scope = scope->outer) {
		const struct name_binding *binding = scope_find(scope, name);
		const struct py_node *self = scope->class == NULL ? NULL :
		    scope->node->function.parameters;

		if (!py_scope_is_seen(scope->node, at.scope->node))
			continue;
		if (self != NULL && self->name == name)
			values_add(evaluator, values, (struct code_value){ .kind = VALUE_INSTANCE,
				.scope = at.receiver != NULL ? at.receiver : scope->class });
		if (binding != NULL) {
			add_bindings(evaluator, binding, at.receiver, values);
			return;
		}
	}
	if (scope != NULL)
		add_global(evaluator, scope, name, values);
}

void
evaluate_bases(struct evaluator *evaluator, const struct code_scope *class,
    struct code_values *values)
{
	const struct py_node *argument = class->node->class.arguments;
	struct code_values bases = {0};

	for (; argument != NULL; argument = argument->next)
		if (argument->kind != PY_KEYWORD)
			evaluate(evaluator, argument, class->outer, NULL, &bases);
	for (size_t i = 0; i < bases.count; i++)
		if (bases.list[i].kind == VALUE_CLASS && bases.list[i].scope != class)
			values_add(evaluator, values, bases.list[i]);
}

/* A name that the class or a base binds, or that their methods assign to. */
static void
add_of_class(struct evaluator *evaluator, const struct code_scope *class, const char *name,
    const struct code_scope *receiver, struct code_values *values)
{
	size_t before = values->count;
	struct code_values bases = {0};

	if (is_too_deep(evaluator))
		return;
	evaluator->depth++;
	add_bindings(evaluator, scope_find(class, name), receiver, values);
	add_bindings(evaluator, scope_find_attribute(class, name), receiver, values);
	if (values->count == before) {
		evaluate_bases(evaluator, class, &bases);
		for (size_t i = 0; i < bases.count && values->count == before; i++)
			add_of_class(evaluator, bases.list[i].scope, name, receiver, values);
	}
	evaluator->depth--;
}

void
evaluate_method(struct evaluator *evaluator, const struct code_scope *class, const char *name,
    const struct code_scope *receiver, struct code_values *values)
{
	struct code_values found = {0};

	add_of_class(evaluator, class, intern_string(name), receiver, &found);
	for (size_t i = 0; i < found.count; i++)
		if (found.list[i].kind == VALUE_FUNCTION)
			values_add(evaluator, values, found.list[i]);
}

static void
add_returns(struct evaluator *evaluator, const struct py_node *node, struct code_place at,
    struct code_values *values)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS ||
		    node->kind > PY_TYPE_ALIAS)
			continue;
		if (node->kind == PY_RETURN && node->unary.operand != NULL)
			evaluate(evaluator, node->unary.operand, at.scope, at.receiver, values);
		for (int i = 0; i < 4; i++)
			add_returns(evaluator, node->part[i], at, values);
	}
}

/* What a call of the function gives. */
void
evaluate_result(struct evaluator *evaluator, const struct code_scope *function,
    const struct code_scope *receiver, struct code_values *values)
{
	struct code_place at = { function, receiver };
	struct code_values *result, found = {0};
	bool made;

	result = result_of(evaluator, function, receiver, &made);
	if (made) {
		if (function->node->kind == PY_LAMBDA)
			evaluate(evaluator, function->node->function.body, at.scope,
			    at.receiver, &found);
		else
			add_returns(evaluator, function->node->function.body, at, &found);
		if (is_maker(evaluator, function))
			values_add(evaluator, &found, (struct code_value){ .kind = VALUE_LIBRARY,
				.scope = function });
		*result = found;
	}
	values_add_all(evaluator, values, result);
}

static bool
is_property(const struct py_node *function)
{
	for (const struct py_node *d = function->function.decorators; d != NULL; d = d->next)
		if ((d->kind == PY_NAME || d->kind == PY_ATTRIBUTE) &&
		    strstr(d->name, "property") != NULL)
			return true;
	return false;
}

/* space.name, where space is SimpleNamespace(name=value, **{key: value}). */
static void
add_of_space(struct evaluator *evaluator, const struct code_value *space, const char *name,
    struct code_values *values)
{
	for (const struct py_node *k = space->node->call.arguments; k != NULL; k = k->next)
		if (k->kind == PY_KEYWORD && (k->name == NULL || name == NULL || k->name == name))
			evaluate(evaluator, k->unary.operand, space->scope, space->receiver,
			    values);
}

/* value.name; a NULL name is not known. */
void
evaluate_attribute(struct evaluator *evaluator, const struct code_value *value, const char *name,
    struct code_values *values)
{
	struct code_values found = {0};

	switch (value->kind) {
	case VALUE_MODULE:
		if (name != NULL)
			evaluate_member(evaluator, value->scope->module->file->module, name,
			    values);
		break;
	case VALUE_EXTERNAL:
		if (name != NULL)
			add_module(evaluator, intern_dotted(value->name, name), values);
		break;
	case VALUE_LIBRARY:
	case VALUE_EXPORT:
		values_add(evaluator, values,
		    (struct code_value){ .kind = VALUE_EXPORT, .scope = value->scope,
			.name = name });
		break;
	case VALUE_SPACE:
		add_of_space(evaluator, value, name, values);
		break;
	case VALUE_CLASS:
	case VALUE_INSTANCE:
		if (name == NULL)
			break;
		add_of_class(evaluator, value->scope, name, value->scope, &found);
		/* autograd.Function */
		if (found.count == 0 && value->kind == VALUE_CLASS && strcmp(name, "apply") == 0)
			evaluate_method(evaluator, value->scope, "forward", value->scope, &found);
		for (size_t i = 0; i < found.count; i++)
			if (found.list[i].kind == VALUE_FUNCTION &&
			    found.list[i].scope->node->kind == PY_FUNCTION &&
			    is_property(found.list[i].scope->node))
				evaluate_result(evaluator, found.list[i].scope, value->scope,
				    values);
			else
				values_add(evaluator, values, found.list[i]);
		break;
	default:
		break;
	}
}

void
evaluator_open(struct evaluator *evaluator, struct modules *modules)
{
	*evaluator = (struct evaluator){ .modules = modules };
}

void
evaluator_allow(struct evaluator *evaluator, const char *package)
{
	if (is_followed(evaluator, package))
		return;
	evaluator->packages = memory_grow(evaluator->packages, evaluator->package_count,
	    &evaluator->package_capacity, sizeof(*evaluator->packages));
	evaluator->packages[evaluator->package_count++] = package;
}

void
evaluator_close(struct evaluator *evaluator)
{
	free(evaluator->packages);
	map_free(&evaluator->results);
	map_free(&evaluator->starred);
	map_free(&evaluator->makers);
}
