/* SPDX-License-Identifier: Apache-2.0 */
/* Names and scopes, as Python's compiler sees them: what is bound where, before any code
 * is lowered, and how a name is loaded and stored. */
#include <string.h>

#include "base/intern.h"
#include "lower.h"
#include "python/bindings.h"
#include "python/imports.h"

void
scope_enter(struct lowering *lowering, struct lowering_scope *scope, const struct py_node *node)
{
	*scope = (struct lowering_scope){ .node = node, .outer = lowering->scope,
		.builder = lowering->builder, .class_value = REGISTER_NONE,
		.guard = lowering->guard };
	lowering->scope = scope;
}

void
scope_leave(struct lowering *lowering)
{
	symbols_free(&lowering->scope->names);
	lowering->scope = lowering->scope->outer;
}

struct scope_name *
scope_binding(struct lowering *lowering, const char *name)
{
	void **place = symbols_put(&lowering->scope->names, name);

	if (*place == NULL) {
		struct scope_name *binding = arena_alloc_zero(&lowering->module->arena,
		    sizeof(*binding));

		binding->value = REGISTER_NONE;
		*place = binding;
	}
	return *place;
}

/* Give a name of the current scope its place: a variable of the module, or a register. */
static void
give_place(struct lowering *lowering, const char *name, struct scope_name *binding)
{
	if (lowering->scope->node->kind == PY_MODULE)
		module_variable(lowering->module, name);
	else if (lowering->scope->node->kind != PY_CLASS && binding->value == REGISTER_NONE)
		binding->value = lower_register(lowering);
}

/* Dotted name of the module that an import statement names, absolute. */
const char *
lower_import_target(const struct lowering *lowering, const struct py_node *from)
{
	return import_absolute(lowering->module->name, lowering->module->package, from->op,
	    from->name);
}

bool
lower_is_outside(const struct lowering *lowering, const char *module)
{
	return external_is_package(lowering->externals, external_top(module)) ||
	    !project_has(lowering->project, external_top(module));
}

/* The dotted name of what an import binds when that is outside the tree, else NULL. */
static const char *
imported_path(const struct lowering *lowering, const struct py_binding *made)
{
	const char *module = made->module;

	if (made->import->kind == PY_IMPORT_FROM)
		module = lower_import_target(lowering, made->import);
	if (module == NULL || !lower_is_outside(lowering, module))
		return NULL;
	return made->import->kind == PY_IMPORT_FROM ?
	    intern_dotted(module, made->node->name) : module;
}

static void
add_binding(void *context, const struct py_binding *made)
{
	struct lowering *lowering = context;
	struct scope_name *binding;
	const char *path;

	if (made->how == PY_BINDS_ITEM)
		return;
	if (made->how == PY_BINDS_ALL) {
		lowering->has_star = true;
		lowering->module->stars |= lowering->scope->node->kind == PY_MODULE;
		return;
	}
	binding = scope_binding(lowering, made->name);
	binding->global |= made->global;
	binding->nonlocal |= made->nonlocal;
	path = made->how == PY_BINDS_IMPORT ? imported_path(lowering, made) : NULL;
	if (path == NULL || (binding->external != NULL && binding->external != path))
		binding->mixed = true;
	else
		binding->external = path;
	binding->variable |= made->how != PY_BINDS_IMPORT && made->how != PY_BINDS_DEFINITION;
	if (!made->global && !made->nonlocal)
		give_place(lowering, made->name, binding);
	else if (made->global)
		module_variable(lowering->module, made->name);
}

void
scope_collect(struct lowering *lowering)
{
	py_bindings(lowering->scope->node, add_binding, lowering);
}

const struct lowering_scope *
lower_code_scope(const struct lowering *lowering)
{
	const struct lowering_scope *scope = lowering->scope;

	while (scope->node->kind == PY_COMPREHENSION)
		scope = scope->outer;
	return scope;
}

/* The scope that binds `name` as seen from the current one; NULL: nowhere here. */
static struct lowering_scope *
find_scope(struct lowering *lowering, const char *name, struct scope_name **binding)
{
	struct lowering_scope *scope = lowering->scope;
	const struct py_node *from = lower_code_scope(lowering)->node;

	for (; scope != NULL; scope = scope->outer) {
		if (!py_scope_is_seen(scope->node, from))
			continue;
		*binding = symbols_get(&scope->names, name);
		if (*binding != NULL && (*binding)->global) {
			while (scope->outer != NULL)
				scope = scope->outer;
			return scope;
		}
		if (*binding != NULL && !(*binding)->nonlocal)
			return scope;
	}
	return NULL;
}

static uint32_t
load_global(struct lowering *lowering, const char *name, uint32_t line)
{
	void **loaded = symbols_put(&lowering->builder->loaded, name);
	struct instruction *load;

	if (*loaded == NULL) {
		uint32_t value = lower_register(lowering);

		load = lower_emit(lowering, OP_GLOBAL, line);
		load->dst = value;
		load->name = name;
		load->guard = 0; /* it serves code under other conditions, too */
		*loaded = (void *)(uintptr_t)(value + 1);
	}
	return (uint32_t)(uintptr_t)*loaded - 1;
}

static uint32_t
levels_out(const struct lowering *lowering, const struct lowering_scope *scope)
{
	uint32_t levels = 0;

	for (const struct builder *at = lowering->builder; at != scope->builder; at = at->outer)
		levels++;
	return levels;
}

static uint32_t
load_external(struct lowering *lowering, const char *path, uint32_t line)
{
	struct instruction *load;

	if (!external_may_lead(lowering->externals, path))
		return REGISTER_NONE;
	load = lower_emit(lowering, OP_EXTERNAL, line);
	load->name = path;
	return load->dst = lower_register(lowering);
}

uint32_t
lower_load(struct lowering *lowering, const char *name, uint32_t line)
{
	struct scope_name *binding = NULL;
	struct lowering_scope *scope = find_scope(lowering, name, &binding);
	struct instruction *load;

	if (scope == NULL) {
		const char *builtin = intern_dotted("builtins", name);

		if (symbols_get(&lowering->module->variables, name) != NULL ||
		    lowering->has_star ||
		    external_matters(lowering->externals, builtin))
			return load_global(lowering, name, line);
		return REGISTER_NONE;
	}
	if (binding->external != NULL && !binding->mixed)
		return load_external(lowering, binding->external, line);
	if (scope->node->kind == PY_MODULE)
		return load_global(lowering, name, line);
	if (scope->node->kind == PY_CLASS) {
		uint32_t value = lower_register(lowering);

		load = lower_emit(lowering, OP_ATTRIBUTE, line);
		load->dst = value;
		load->a = scope->class_value;
		load->b = 0;
		load->name = name;
		return value;
	}
	if (scope->builder == lowering->builder)
		return binding->value;
	load = lower_emit(lowering, OP_FREE, line);
	load->dst = lower_register(lowering);
	load->a = binding->value;
	load->b = levels_out(lowering, scope);
	return lowering->builder->code[lowering->builder->count - 1].dst;
}

void
lower_store_name(struct lowering *lowering, const char *name, uint32_t value, uint32_t line)
{
	struct scope_name *binding = NULL;
	struct lowering_scope *scope = find_scope(lowering, name, &binding);
	struct instruction *store;

	if (scope == NULL)
		return;
	/* Where a function sets it its value is not that of one statement. */
	if (scope->node->kind == PY_MODULE)
		module_variable_place(lowering->module, name)->set +=
		    lowering->scope->node->kind == PY_MODULE ? 1 : 2;
	else if (scope->builder == lowering->builder && scope->node->kind == PY_FUNCTION)
		lower_local(lowering, name)->count +=
		    lowering->scope->node->kind == PY_FUNCTION ? 1 : 2;
	else if (scope->node->kind == PY_FUNCTION)
		lower_local_of(lowering, scope->builder->function, name)->count += 2;
	if (value == REGISTER_NONE)
		return;
	if (scope->node->kind == PY_MODULE) {
		store = lower_emit(lowering, OP_SETGLOBAL, line);
		store->a = value;
		store->name = name;
	} else if (scope->node->kind == PY_CLASS) {
		store = lower_emit(lowering, OP_SETATTR, line);
		store->flag = FLAG_CLASS_BODY;
		store->a = scope->class_value;
		store->b = value;
		store->name = name;
	} else if (scope->builder == lowering->builder) {
		lower_move(lowering, binding->value, value, line);
	} else {
		store = lower_emit(lowering, OP_SETFREE, line);
		store->dst = binding->value;
		store->a = value;
		store->b = levels_out(lowering, scope);
	}
}

/* The dotted name of an expression that can only be something outside the tree. */
const char *
lower_external(struct lowering *lowering, const struct py_node *expression)
{
	struct scope_name *binding = NULL;
	const char *object;

	if (expression->kind == PY_NAME) {
		if (find_scope(lowering, expression->name, &binding) == NULL ||
		    binding->mixed)
			return NULL;
		return binding->external;
	}
	if (expression->kind != PY_ATTRIBUTE)
		return NULL;
	object = lower_external(lowering, expression->unary.operand);
	return object == NULL ? NULL : intern_dotted(object, expression->name);
}

bool
lower_is_builtin(struct lowering *lowering, const struct py_node *name, const char *what)
{
	struct scope_name *binding = NULL;

	return name->kind == PY_NAME && strcmp(name->name, what) == 0 &&
	    find_scope(lowering, name->name, &binding) == NULL;
}

/* True for a variable of a function that no import, def or class statement made. */
bool
lower_is_local(struct lowering *lowering, const char *name)
{
	struct scope_name *binding = NULL;
	struct lowering_scope *scope = find_scope(lowering, name, &binding);

	return scope != NULL && scope->node->kind != PY_MODULE && binding->variable;
}

bool
lower_is_in_function(struct lowering *lowering, const char *name)
{
	struct scope_name *binding = NULL;
	struct lowering_scope *scope = find_scope(lowering, name, &binding);

	return scope != NULL && scope->node->kind != PY_MODULE;
}
