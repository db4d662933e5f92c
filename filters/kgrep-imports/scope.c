/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the bindings of one scope at a time, when the walk enters it. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "python/bindings.h"
#include "scope.h"

/* What reading the bindings of a scope goes on with. */
struct collecting {
	struct scope_context *context;
	struct import_scope *scope;
	bool quiet; /* note no facts: they are noted at another time */
};

static void
bind(struct import_scope *scope, struct import_binding binding)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct import_binding *other = &scope->bindings[i];

		if (other->name == binding.name && other->module == binding.module &&
		    other->symbol == binding.symbol)
			return;
	}
	scope->bindings = memory_grow(scope->bindings, scope->count, &scope->capacity,
	    sizeof(*scope->bindings));
	scope->bindings[scope->count++] = binding;
}

static unsigned int
name_bit(const char *name)
{
	return (unsigned int)((uintptr_t)name * 0x9e3779b97f4a7c15u >> 54) & 1023;
}

bool
scope_may_bind(const struct scope_context *context, const char *name)
{
	unsigned int bit = name_bit(name);

	return context->bound[bit / 64] >> bit % 64 & 1;
}

/* A name that stands for a module, or for what a module holds. */
static void
bind_import(struct scope_context *context, struct import_scope *scope,
    struct import_binding binding)
{
	unsigned int bit = name_bit(binding.name);

	if (binding.symbol || sources_module(context->sources, binding.module) ||
	    strncmp(binding.module, "torch", 5) == 0)
		context->bound[bit / 64] |= (uint64_t)1 << bit % 64;
	bind(scope, binding);
}

const char *
scope_source(const struct scope_context *context, const char *module)
{
	const struct source_row *row = sources_module(context->sources, module);
	size_t length;

	if (!row)
		return NULL;
	length = strlen(row->name);
	if (context->module && strncmp(context->module, row->name, length) == 0 &&
	    (context->module[length] == '\0' || context->module[length] == '.'))
		return NULL;
	return row->source;
}

static void
note_module(const struct collecting *collecting, const char *module)
{
	struct facts *facts = collecting->context->facts;

	if (collecting->quiet || !sources_module(collecting->context->sources, module))
		return;
	facts->modules = memory_grow(facts->modules, facts->module_count,
	    &facts->module_capacity, sizeof(*facts->modules));
	facts->modules[facts->module_count++] = module;
}

static void
note_import(const struct collecting *collecting, const char *source, const char *module,
    const struct py_node *alias)
{
	struct facts *facts = collecting->context->facts;

	if (collecting->quiet)
		return;
	facts->imports = memory_grow(facts->imports, facts->import_count,
	    &facts->import_capacity, sizeof(*facts->imports));
	facts->imports[facts->import_count++] = (struct import_fact){ source, module,
		alias->name, alias->unary.operand ? alias->unary.operand->name : NULL,
		"from-import", scope_qualified(collecting->scope), alias->line };
}

static void
add_import(const struct collecting *collecting, struct import_scope *scope,
    const struct py_binding *binding)
{
	const struct py_node *import = binding->import, *alias = binding->node;
	const char *module, *source;

	if (import->kind == PY_IMPORT) {
		note_module(collecting, alias->name);
		bind_import(collecting->context, scope, (struct import_binding){
			.name = binding->name, .module = binding->module });
		return;
	}
	/* A relative import reaches no other package; its names hide outer ones. */
	module = import->op == 0 && import->name ? import->name : intern_string("");
	source = scope_source(collecting->context, module);
	if (alias == import->list.elements)
		note_module(collecting, module);
	if (binding->how == PY_BINDS_ALL) {
		if (source) {
			scope->star = module;
			scope->star_source = source;
			scope->star_line = alias->line;
		}
		return;
	}
	bind_import(collecting->context, scope, (struct import_binding){ .name = binding->name,
		.module = intern_dotted(module, alias->name),
		.symbol = source ? alias->name : NULL, .source = source });
	if (source)
		note_import(collecting, source, module, alias);
}

/* The module that an expression assigned to a variable stands for: a dotted name of a
 * source, an alias of a decorator, importlib.import_module("name"). */
static const char *
module_value(const struct collecting *collecting, const struct py_node *value)
{
	const struct scope_context *context = collecting->context;
	const struct py_node *argument;
	const char *dotted;

	if (value->kind == PY_IF_EXPRESSION) {
		dotted = module_value(collecting, value->branch.body);
		return dotted ? dotted : module_value(collecting, value->branch.orelse);
	}
	if (value->kind == PY_CALL) {
		dotted = py_dotted(value->call.function);
		argument = value->call.arguments;
		if (!dotted || !argument || argument->kind != PY_CONSTANT ||
		    argument->op != PY_STRING)
			return NULL;
		if (strcmp(dotted, "importlib.import_module") != 0 &&
		    strcmp(dotted, "import_module") != 0)
			return NULL;
		if (!scope_source(context, argument->name))
			return NULL;
		note_module(collecting, argument->name);
		return argument->name;
	}
	dotted = scope_resolve(collecting->scope, value);
	if (dotted && (scope_source(context, dotted) ||
	    strncmp(dotted, "torch.ops.", 10) == 0 ||
	    sources_decorator(context->sources, dotted)))
		return dotted;
	return NULL;
}

/* A name bound by anything but an import or an alias of one. At module level such a name
 * hides nothing, and beside an import of the same name it is the fallback that `except
 * ImportError` sets; but what an `import *` may bring in is what nothing else binds. */
static void
add_other(const struct collecting *collecting, struct import_scope *scope,
    const struct py_binding *binding)
{
	const struct py_node *value = binding->how == PY_BINDS_VALUE ? binding->value : NULL;
	const char *module = value ? module_value(collecting, value) : NULL;

	if (module)
		bind_import(collecting->context, scope, (struct import_binding){
			.name = binding->name, .module = module,
			.by_assignment = value->kind != PY_CALL });
	else if (scope->node->kind != PY_MODULE || scope->star)
		bind(scope, (struct import_binding){ .name = binding->name });
}

static void
add_binding(void *context, const struct py_binding *binding)
{
	struct collecting collecting = *(const struct collecting *)context;
	struct import_scope *scope = binding->global ? collecting.context->top :
	    collecting.scope;

	if (binding->types_only)
		return;
	/* What a function binds at module level is noted when the function is read. */
	collecting.quiet |= binding->global && collecting.scope == scope;
	switch (binding->how) {
	case PY_BINDS_IMPORT:
	case PY_BINDS_ALL:
		add_import(&collecting, scope, binding);
		break;
	case PY_BINDS_ELSEWHERE:
	case PY_BINDS_ITEM:
		break;
	default:
		add_other(&collecting, scope, binding);
	}
}

void
scope_open(struct scope_context *context, struct import_scope *scope)
{
	struct collecting collecting = { .context = context, .scope = scope };

	if (scope->node->kind == PY_MODULE)
		context->top = scope;
	py_bindings(scope->node, add_binding, &collecting);
	if (scope->node->kind == PY_MODULE && scope->star) {
		/* With an `import *` in sight all names of the module count, also those that
		 * were bound before it. */
		collecting.quiet = true;
		py_bindings(scope->node, add_binding, &collecting);
	}
}

void
scope_close(struct import_scope *scope)
{
	free(scope->bindings);
	scope->bindings = NULL;
	scope->count = scope->capacity = 0;
}

/* Comprehensions aside, the scope itself or the nearest around it. */
static struct import_scope *
nearest(struct import_scope *scope)
{
	while (scope->node->kind == PY_COMPREHENSION)
		scope = scope->parent;
	return scope;
}

const struct import_scope *
scope_find(struct import_scope *scope, const char *name)
{
	const struct py_node *from = nearest(scope)->node;

	for (; scope; scope = scope->parent)
		for (size_t i = 0; i < scope->count && py_scope_is_seen(scope->node, from); i++)
			if (scope->bindings[i].name == name)
				return scope;
	return NULL;
}

const char *
scope_qualified(struct import_scope *scope)
{
	struct text text = { 0 };

	scope = nearest(scope);
	if (!scope->qualified && !scope->parent)
		scope->qualified = intern_string("<module>");
	if (!scope->qualified) {
		struct import_scope *around = nearest(scope->parent);

		if (around->parent)
			text_add_format(&text, "%s.", scope_qualified(around));
		text_add_string(&text, scope->node->name ? scope->node->name : "<lambda>");
		scope->qualified = intern(text.bytes, text.length);
		text_free(&text);
	}
	return scope->qualified;
}

const char *
scope_resolve(struct import_scope *scope, const struct py_node *expression)
{
	const char *dotted = py_dotted(expression), *first, *module = NULL;
	const struct import_scope *found;

	if (!dotted)
		return NULL;
	first = intern(dotted, strcspn(dotted, "."));
	found = scope_find(scope, first);
	for (size_t i = 0; found && i < found->count && !module; i++)
		if (found->bindings[i].name == first)
			module = found->bindings[i].module;
	if (!module)
		return dotted;
	if (first == dotted)
		return module;
	return intern_dotted(module, dotted + strlen(first) + 1);
}
