/* SPDX-License-Identifier: Apache-2.0 */
/* Names and scopes, as Python's compiler sees them: what is bound where, before any code
 * is lowered, and how a name is loaded and stored. */
#include <string.h>

#include "base/intern.h"
#include "lower.h"
#include "python/imports.h"

void
scope_enter(struct lowering *lowering, struct scope *scope, enum scope_kind kind)
{
	*scope = (struct scope){ .kind = kind, .outer = lowering->scope,
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

static struct binding *
find_binding(struct lowering *lowering, const char *name)
{
	void **place = symbols_put(&lowering->scope->names, name);

	if (*place == NULL) {
		struct binding *binding = arena_alloc_zero(&lowering->module->arena,
		    sizeof(*binding));

		binding->value = REGISTER_NONE;
		*place = binding;
	}
	return *place;
}

struct binding *
scope_bind(struct lowering *lowering, const char *name)
{
	struct binding *binding = find_binding(lowering, name);

	binding->mixed = true;
	if (lowering->scope->kind == SCOPE_MODULE)
		module_variable(lowering->module, name);
	else if (lowering->scope->kind != SCOPE_CLASS && binding->value == REGISTER_NONE)
		binding->value = lower_register(lowering);
	return binding;
}

/* A name that an import binds to something outside the tree; `path` is NULL when it lies
 * within. */
static void
bind_import(struct lowering *lowering, const char *name, const char *path)
{
	struct binding *binding = find_binding(lowering, name);

	if (path == NULL || (binding->external != NULL && binding->external != path)) {
		scope_bind(lowering, name);
		return;
	}
	binding->external = path;
	if (lowering->scope->kind == SCOPE_MODULE)
		module_variable(lowering->module, name);
	else if (lowering->scope->kind != SCOPE_CLASS && binding->value == REGISTER_NONE)
		binding->value = lower_register(lowering);
}

/* Dotted name of the module that an import statement names, absolute. */
const char *
lower_import_target(const struct lowering *lowering, const struct py_node *from)
{
	return import_absolute(lowering->module->name, lowering->module->package, from->op,
	    from->name);
}

static bool
is_outside(const struct lowering *lowering, const char *module)
{
	return external_is_package(lowering->externals, external_top(module)) ||
	    !project_has(lowering->project, external_top(module));
}

static void
collect_import(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *alias;

	for (alias = node->list.elements; alias != NULL; alias = alias->next) {
		const struct py_node *as = alias->unary.operand;
		const char *top = external_top(alias->name);
		bool outside = is_outside(lowering, alias->name);

		bind_import(lowering, as != NULL ? as->name : top,
		    !outside ? NULL : as != NULL ? alias->name : top);
	}
}

static void
collect_import_from(struct lowering *lowering, const struct py_node *node)
{
	const char *module = lower_import_target(lowering, node);
	const struct py_node *alias;

	for (alias = node->list.elements; alias != NULL; alias = alias->next) {
		const struct py_node *as = alias->unary.operand;
		const char *path = NULL;

		if (strcmp(alias->name, "*") == 0) {
			lowering->has_star = true;
			lowering->module->stars |= lowering->scope->kind == SCOPE_MODULE;
			continue;
		}
		if (module != NULL && is_outside(lowering, module))
			path = intern_dotted(module, alias->name);
		bind_import(lowering, as != NULL ? as->name : alias->name, path);
	}
}

static void collect_node(struct lowering *lowering, const struct py_node *node, bool inner);

static void
collect_list(struct lowering *lowering, const struct py_node *node, bool inner)
{
	for (; node != NULL; node = node->next)
		collect_node(lowering, node, inner);
}

static void
collect_target(struct lowering *lowering, const struct py_node *target)
{
	switch (target->kind) {
	case PY_NAME:
		scope_bind(lowering, target->name)->variable = true;
		break;
	case PY_TUPLE:
	case PY_LIST:
		for (target = target->list.elements; target != NULL; target = target->next)
			collect_target(lowering, target);
		break;
	case PY_STARRED:
		collect_target(lowering, target->unary.operand);
		break;
	default:
		collect_node(lowering, target, false);
	}
}

static void
collect_declared(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *name;

	for (name = node->list.elements; name != NULL; name = name->next) {
		struct binding *binding = find_binding(lowering, name->name);

		binding->mixed = true;
		if (node->kind == PY_GLOBAL || lowering->scope->kind == SCOPE_MODULE) {
			binding->global = true;
			module_variable(lowering->module, name->name);
		} else {
			binding->nonlocal = true;
		}
	}
}

/* Binds what the node binds in the current scope; `inner` is true inside comprehensions,
 * whose own targets are not of this scope. */
static void
collect_node(struct lowering *lowering, const struct py_node *node, bool inner)
{
	const struct py_node *target;

	switch (node->kind) {
	case PY_LAMBDA:
		return;
	case PY_FUNCTION:
	case PY_CLASS:
		scope_bind(lowering, node->name);
		return;
	case PY_IMPORT:
		collect_import(lowering, node);
		return;
	case PY_IMPORT_FROM:
		collect_import_from(lowering, node);
		return;
	case PY_GLOBAL:
	case PY_NONLOCAL:
		collect_declared(lowering, node);
		return;
	case PY_ASSIGN:
	case PY_AUGMENTED_ASSIGN:
	case PY_ANNOTATED_ASSIGN:
		for (target = node->assign.targets; target != NULL; target = target->next)
			collect_target(lowering, target);
		if (node->assign.value != NULL)
			collect_node(lowering, node->assign.value, inner);
		return;
	case PY_FOR:
		collect_target(lowering, node->loop.target);
		break;
	case PY_WITH_ITEM:
		if (node->binary.right != NULL)
			collect_target(lowering, node->binary.right);
		break;
	case PY_NAMED:
		if (node->binary.left->kind == PY_NAME)
			scope_bind(lowering, node->binary.left->name);
		break;
	case PY_HANDLER:
	case PY_PATTERN:
		if (node->name != NULL)
			scope_bind(lowering, node->name);
		break;
	case PY_COMPREHENSION:
		inner = true;
		break;
	default:
		break;
	}
	for (int i = 0; i < 4; i++)
		collect_list(lowering, node->part[i], inner);
}

void
scope_collect(struct lowering *lowering, const struct py_node *body)
{
	collect_list(lowering, body, false);
}

/* The scope that binds `name` as seen from the current one; NULL: nowhere here. Class
 * scopes are seen by their own code only. */
static struct scope *
find_scope(struct lowering *lowering, const char *name, struct binding **binding)
{
	struct scope *scope = lowering->scope;
	bool left_function = false;

	for (; scope != NULL; scope = scope->outer) {
		if (scope->kind == SCOPE_CLASS && left_function)
			continue;
		*binding = symbols_get(&scope->names, name);
		if (*binding != NULL && (*binding)->global) {
			while (scope->outer != NULL)
				scope = scope->outer;
			return scope;
		}
		if (*binding != NULL && !(*binding)->nonlocal)
			return scope;
		left_function |= scope->kind == SCOPE_FUNCTION;
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
		*loaded = (void *)(uintptr_t)(value + 1);
	}
	return (uint32_t)(uintptr_t)*loaded - 1;
}

static uint32_t
levels_out(const struct lowering *lowering, const struct scope *scope)
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
	struct binding *binding = NULL;
	struct scope *scope = find_scope(lowering, name, &binding);
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
	if (scope->kind == SCOPE_MODULE)
		return load_global(lowering, name, line);
	if (scope->kind == SCOPE_CLASS) {
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
	struct binding *binding = NULL;
	struct scope *scope = find_scope(lowering, name, &binding);
	struct instruction *store;

	if (scope == NULL || value == REGISTER_NONE)
		return;
	if (scope->kind == SCOPE_MODULE) {
		store = lower_emit(lowering, OP_SETGLOBAL, line);
		store->a = value;
		store->name = name;
	} else if (scope->kind == SCOPE_CLASS) {
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
	struct binding *binding = NULL;
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
	struct binding *binding = NULL;

	return name->kind == PY_NAME && strcmp(name->name, what) == 0 &&
	    find_scope(lowering, name->name, &binding) == NULL;
}

/* True for a variable of a function that no import, def or class statement made. */
bool
lower_is_local(struct lowering *lowering, const char *name)
{
	struct binding *binding = NULL;
	struct scope *scope = find_scope(lowering, name, &binding);

	return scope != NULL && scope->kind != SCOPE_MODULE && binding->variable;
}
