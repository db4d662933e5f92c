/* SPDX-License-Identifier: Apache-2.0 */
/* Statements in, bindings out. The order of statements and the branches that are taken are
 * not looked at: a name has every value that some statement gives it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "python/bindings.h"
#include "python/imports.h"
#include "scope.h"

struct collecting {
	struct modules *modules;
	struct code_scope *scope;
};

static void
put(struct modules *modules, struct map *names, const char *name, struct name_binding made)
{
	void **place = map_put_string(names, name);
	struct name_binding *binding = arena_alloc(&modules->arena, sizeof(*binding));

	*binding = made;
	binding->next = *place;
	*place = binding;
}

static const char *
join(const char *front, const char *name)
{
	struct text text = {0};
	const char *joined;

	if (*front == '\0')
		return name;
	text_add_format(&text, "%s.%s", front, name);
	joined = intern(text.bytes, text.length);
	text_free(&text);
	return joined;
}

static void
add_import(const struct collecting *collecting, const struct py_binding *binding)
{
	struct code_scope *scope = collecting->scope;
	const struct py_node *alias = binding->node;
	struct name_binding made = { .kind = BIND_MODULE, .node = alias, .scope = scope,
		.module = binding->module };

	if (binding->import->kind == PY_IMPORT_FROM) {
		made.kind = BIND_MEMBER;
		made.module = import_absolute(scope->module->file->module,
		    scope->module->file->is_package, binding->import->op,
		    binding->import->name);
		if (made.module == NULL)
			made.module = ""; /* Python raises ImportError */
		made.name = alias->name;
	}
	if (binding->how == PY_BINDS_IMPORT) {
		put(collecting->modules, &scope->names, binding->name, made);
		return;
	}
	scope->stars = memory_grow(scope->stars, scope->star_count, &scope->star_capacity,
	    sizeof(*scope->stars));
	scope->stars[scope->star_count++] = made.module;
}

/* Values that a function gives to names of its module rarely need its locals, so they are
 * looked at from the module, as are all that the visit of the module's node reports. */
static void
add_binding(void *context, const struct py_binding *binding)
{
	const struct collecting *collecting = context;
	struct name_binding made = { .kind = BIND_VALUE, .node = binding->value,
		.scope = collecting->scope };

	if (binding->global && collecting->scope->outer != NULL)
		return;
	switch (binding->how) {
	case PY_BINDS_IMPORT:
	case PY_BINDS_ALL:
		add_import(collecting, binding);
		return;
	case PY_BINDS_DEFINITION:
		made.kind = binding->node->kind == PY_CLASS ? BIND_CLASS : BIND_FUNCTION;
		made.node = binding->node;
		break;
	case PY_BINDS_PARAMETER:
		made.kind = BIND_PARAMETER;
		made.node = binding->node;
		break;
	default: /* a container is what its elements are */
		if (binding->value == NULL)
			return;
	}
	put(collecting->modules, &collecting->scope->names, binding->name, made);
}

/* self.x = value, Class.x = value, and the same for elements of x in the methods of a class. */
static void
bind_attributes(struct modules *modules, struct code_scope *class, const struct code_scope *method,
    const char *self, const struct py_node *node)
{
	for (; node != NULL; node = node->next) {
		const struct py_node *target = NULL;

		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS ||
		    node->kind > PY_TYPE_ALIAS)
			continue;
		if (node->kind == PY_ASSIGN || node->kind == PY_ANNOTATED_ASSIGN)
			target = node->assign.value == NULL ? NULL : node->assign.targets;
		for (; target != NULL; target = target->next) {
			const struct py_node *attribute = target->kind == PY_SUBSCRIPT ?
			    target->binary.left : target;
			const struct py_node *object = attribute->kind == PY_ATTRIBUTE ?
			    attribute->unary.operand : NULL;

			if (object != NULL && object->kind == PY_NAME && (object->name == self ||
			    object->name == class->node->name))
				put(modules, &class->attributes, attribute->name,
				    (struct name_binding){ .kind = BIND_VALUE,
				    .node = node->assign.value, .scope = method });
		}
		for (int i = 0; i < 4; i++)
			bind_attributes(modules, class, method, self, node->part[i]);
	}
}

static void
read_methods(struct modules *modules, struct code_scope *class)
{
	for (size_t i = 0; i < class->names.count; i++)
		for (const struct name_binding *b = class->names.entries[i].value; b != NULL;
		    b = b->next) {
			const struct py_node *self;

			if (b->kind != BIND_FUNCTION)
				continue;
			self = b->node->function.parameters;
			if (self != NULL)
				bind_attributes(modules, class, scope_of(modules, b->node, class),
				    self->name, b->node->function.body);
		}
}

static struct code_scope *
make_scope(struct modules *modules, const struct py_node *node, const struct code_scope *outer,
    const struct module *module)
{
	struct code_scope *scope = arena_alloc_zero(&modules->arena, sizeof(*scope));
	struct collecting collecting = { .modules = modules, .scope = scope };

	*scope = (struct code_scope){ .node = node, .outer = outer, .module = module, .path = "" };
	if (outer != NULL && node->kind != PY_LAMBDA) {
		scope->path = join(outer->path, node->name);
		if (node->kind == PY_FUNCTION && outer->node->kind == PY_CLASS)
			scope->class = outer;
	}
	*map_put(&modules->by_node, (const char *)&node, sizeof(const struct py_node *)) = scope;
	py_bindings(node, add_binding, &collecting);
	if (node->kind == PY_CLASS)
		read_methods(modules, scope);
	return scope;
}

const struct code_scope *
scope_of(struct modules *modules, const struct py_node *node, const struct code_scope *outer)
{
	void **place = map_get(&modules->by_node, (const char *)&node,
	    sizeof(const struct py_node *));

	return place != NULL ? *place : make_scope(modules, node, outer, outer->module);
}

void
modules_open(struct modules *modules, const struct tree *tree)
{
	*modules = (struct modules){ .tree = tree };
	for (size_t i = 0; i < tree->count; i++) {
		struct module *module = arena_alloc_zero(&modules->arena, sizeof(*module));
		void **place;

		module->file = &tree->files[i];
		if (module->file->module == NULL)
			continue;
		place = map_put_string(&modules->by_name, module->file->module);
		if (*place == NULL)
			*place = module;
	}
}

static void
read_module(struct modules *modules, struct module *module)
{
	size_t length;
	char *source = tree_read(module->file, &length);

	modules->read++;
	if (source == NULL) {
		modules->problems++;
		source = memory_alloc_zero(1, 1);
		length = 0;
	}
	module->parsed = py_parse(module->file->name, source, length);
	if (module->parsed->error != NULL) {
		warn("%s:%u: %s", module->file->name, (unsigned)module->parsed->error_line,
		    module->parsed->error);
		modules->problems++;
	}
	module->scope = make_scope(modules, module->parsed->module, NULL, module);
}

const struct code_scope *
modules_get(struct modules *modules, const char *name)
{
	void **place = map_get_string(&modules->by_name, name);
	struct module *module = place == NULL ? NULL : *place;

	if (module == NULL)
		return NULL;
	if (module->parsed == NULL)
		read_module(modules, module);
	return module->scope;
}

const struct name_binding *
scope_find(const struct code_scope *scope, const char *name)
{
	void **place = map_get_string(&scope->names, name);

	return place == NULL ? NULL : *place;
}

const struct name_binding *
scope_find_attribute(const struct code_scope *class, const char *name)
{
	void **place = map_get_string(&class->attributes, name);

	return place == NULL ? NULL : *place;
}

void
modules_close(struct modules *modules)
{
	for (size_t i = 0; i < modules->by_node.count; i++) {
		struct code_scope *scope = modules->by_node.entries[i].value;

		map_free(&scope->names);
		map_free(&scope->attributes);
		free(scope->stars);
	}
	for (size_t i = 0; i < modules->by_name.count; i++) {
		struct module *module = modules->by_name.entries[i].value;

		if (module->parsed != NULL)
			py_free(module->parsed);
	}
	map_free(&modules->by_name);
	map_free(&modules->by_node);
	arena_free(&modules->arena);
}
