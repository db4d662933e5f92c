/* SPDX-License-Identifier: Apache-2.0 */
/* Statements in, bindings out. The order of statements and the branches that are taken are
 * not looked at: a name has every value that some statement gives it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "python/imports.h"
#include "scope.h"

struct walk {
	struct modules *modules;
	struct scope *scope;
};

static void bind_statements(const struct walk *walk, const struct py_node *node);

static void
put(struct modules *modules, struct map *names, const char *name, struct binding made)
{
	void **place = map_put_string(names, name);
	struct binding *binding = arena_alloc(&modules->arena, sizeof(*binding));

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
bind_import(const struct walk *walk, const struct py_node *statement)
{
	struct scope *scope = walk->scope;

	for (const struct py_node *alias = statement->list.elements; alias != NULL;
	    alias = alias->next) {
		const struct py_node *as = alias->unary.operand;
		const char *name = as != NULL ? as->name : alias->name;
		struct binding made = { .kind = BIND_MODULE, .node = alias, .scope = scope,
			.module = alias->name };

		if (statement->kind == PY_IMPORT_FROM) {
			made.kind = BIND_MEMBER;
			made.module = import_absolute(scope->module->file->module,
			    scope->module->file->is_package, statement->op,
			    statement->name);
			if (made.module == NULL)
				made.module = ""; /* Python raises ImportError */
			made.name = alias->name;
		} else if (as == NULL && strchr(name, '.') != NULL) {
			name = intern(name, strcspn(name, "."));
			made.module = name;
		}
		if (strcmp(alias->name, "*") != 0) {
			put(walk->modules, &scope->names, name, made);
			continue;
		}
		scope->stars = memory_grow(scope->stars, scope->star_count,
		    &scope->star_capacity, sizeof(*scope->stars));
		scope->stars[scope->star_count++] = made.module;
	}
}

/* `a, (b, *c) = value`: each gets its element of a tuple, else all of the value. */
static void
bind_target(const struct walk *walk, const struct py_node *target, const struct py_node *value)
{
	const struct py_node *element;

	if (target == NULL || value == NULL)
		return;
	switch (target->kind) {
	case PY_NAME:
		put(walk->modules, &walk->scope->names, target->name, (struct binding){
			.kind = BIND_VALUE, .node = value, .scope = walk->scope });
		break;
	case PY_STARRED:
		bind_target(walk, target->unary.operand, value);
		break;
	case PY_SUBSCRIPT: /* a container is what its elements are */
		if (target->binary.left->kind == PY_NAME)
			bind_target(walk, target->binary.left, value);
		break;
	case PY_TUPLE:
	case PY_LIST:
		element = value->kind == PY_TUPLE || value->kind == PY_LIST ?
		    value->list.elements : NULL;
		for (const struct py_node *t = target->list.elements; t != NULL; t = t->next) {
			bind_target(walk, t, element != NULL ? element : value);
			element = element != NULL ? element->next : NULL;
		}
		break;
	default:
		break;
	}
}

static void
bind_definition(const struct walk *walk, const struct py_node *node)
{
	put(walk->modules, &walk->scope->names, node->name, (struct binding){
		.kind = node->kind == PY_CLASS ? BIND_CLASS : BIND_FUNCTION, .node = node,
		.scope = walk->scope });
}

/* x := value anywhere in an expression. */
static void
bind_named(const struct walk *walk, const struct py_node *node)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == PY_NAMED)
			bind_target(walk, node->binary.left, node->binary.right);
		if (node->kind == PY_LAMBDA || node->kind <= PY_TYPE_ALIAS)
			continue;
		for (int i = 0; i < 4; i++)
			bind_named(walk, node->part[i]);
	}
}

static void
bind_statement(const struct walk *walk, const struct py_node *node)
{
	switch (node->kind) {
	case PY_FUNCTION:
	case PY_CLASS:
		bind_definition(walk, node);
		return;
	case PY_IMPORT:
	case PY_IMPORT_FROM:
		bind_import(walk, node);
		return;
	case PY_ASSIGN:
		for (const struct py_node *t = node->assign.targets; t != NULL; t = t->next)
			bind_target(walk, t, node->assign.value);
		break;
	case PY_ANNOTATED_ASSIGN:
	case PY_AUGMENTED_ASSIGN:
		bind_target(walk, node->assign.targets, node->assign.value);
		break;
	case PY_FOR:
		bind_target(walk, node->loop.target, node->loop.iterable);
		break;
	case PY_WITH:
		for (const struct py_node *i = node->with.items; i != NULL; i = i->next)
			bind_target(walk, i->binary.right, i->binary.left);
		break;
	default:
		break;
	}
	for (int i = 0; i < 4; i++)
		if (node->part[i] != NULL)
			bind_statements(walk, node->part[i]);
}

/* Statements and, between them, the expressions they hold. */
static void
bind_statements(const struct walk *walk, const struct py_node *node)
{
	for (; node != NULL; node = node->next)
		if (node->kind <= PY_TYPE_ALIAS)
			bind_statement(walk, node);
		else {
			struct py_node alone = *node;

			alone.next = NULL;
			bind_named(walk, &alone);
		}
}

/* self.x = value, Class.x = value, and the same for elements of x in the methods of a class. */
static void
bind_attributes(struct modules *modules, struct scope *class, const struct scope *method,
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
				    (struct binding){ .kind = BIND_VALUE,
				    .node = node->assign.value, .scope = method });
		}
		for (int i = 0; i < 4; i++)
			bind_attributes(modules, class, method, self, node->part[i]);
	}
}

static void
read_methods(struct modules *modules, struct scope *class)
{
	for (size_t i = 0; i < class->names.count; i++)
		for (const struct binding *b = class->names.entries[i].value; b != NULL;
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

/* What a function assigns to names that it declares global; such values rarely need its
 * locals, so they are looked at from the module. */
static void
bind_declared(const struct walk *module, const struct py_node *name, const struct py_node *body)
{
	for (const struct py_node *node = body; node != NULL; node = node->next) {
		if (node->kind > PY_TYPE_ALIAS)
			continue;
		if (node->kind == PY_ASSIGN && node->assign.targets->kind == PY_NAME &&
		    node->assign.targets->name == name->name)
			bind_target(module, node->assign.targets, node->assign.value);
		for (int i = 0; i < 4; i++)
			bind_declared(module, name, node->part[i]);
	}
}

static void
bind_globals(const struct walk *module, const struct py_node *function,
    const struct py_node *body)
{
	for (const struct py_node *node = body; node != NULL; node = node->next) {
		if (node->kind > PY_TYPE_ALIAS)
			continue;
		if (node->kind == PY_GLOBAL && function != NULL)
			for (const struct py_node *name = node->list.elements; name != NULL;
			    name = name->next)
				bind_declared(module, name, function->function.body);
		for (int i = 0; i < 4; i++)
			bind_globals(module, node->kind == PY_FUNCTION ? node : function,
			    node->part[i]);
	}
}

static struct scope *
make_scope(struct modules *modules, const struct py_node *node, const struct scope *outer,
    const struct module *module)
{
	struct scope *scope = arena_alloc_zero(&modules->arena, sizeof(*scope));
	struct walk walk = { .modules = modules, .scope = scope };

	*scope = (struct scope){ .node = node, .outer = outer, .module = module, .path = "" };
	if (outer != NULL && node->kind != PY_LAMBDA) {
		scope->path = join(outer->path, node->name);
		if (node->kind == PY_FUNCTION && outer->node->kind == PY_CLASS)
			scope->class = outer;
	}
	*map_put(&modules->by_node, (const char *)&node, sizeof(const struct py_node *)) = scope;
	switch (node->kind) {
	case PY_MODULE:
		bind_statements(&walk, node->module.body);
		bind_globals(&walk, NULL, node->module.body);
		break;
	case PY_CLASS:
		bind_statements(&walk, node->class.body);
		read_methods(modules, scope);
		break;
	default:
		for (const struct py_node *p = node->function.parameters; p != NULL; p = p->next)
			put(modules, &scope->names, p->name, (struct binding){
				.kind = BIND_PARAMETER, .node = p, .scope = scope });
		bind_statements(&walk, node->function.body);
	}
	return scope;
}

const struct scope *
scope_of(struct modules *modules, const struct py_node *node, const struct scope *outer)
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

const struct scope *
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

bool
modules_know(const struct modules *modules, const char *name)
{
	size_t length = strlen(name);

	if (map_get_string(&modules->by_name, name) != NULL)
		return true;
	for (size_t i = 0; i < modules->by_name.count; i++) {
		const char *key = modules->by_name.entries[i].key;

		if (strncmp(key, name, length) == 0 && key[length] == '.')
			return true;
	}
	return false;
}

const struct binding *
scope_find(const struct scope *scope, const char *name)
{
	void **place = map_get_string(&scope->names, name);

	return place == NULL ? NULL : *place;
}

const struct binding *
scope_find_attribute(const struct scope *class, const char *name)
{
	void **place = map_get_string(&class->attributes, name);

	return place == NULL ? NULL : *place;
}

void
modules_close(struct modules *modules)
{
	for (size_t i = 0; i < modules->by_node.count; i++) {
		struct scope *scope = modules->by_node.entries[i].value;

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
