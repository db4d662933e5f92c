/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the bindings of one scope at a time, when the walk enters it. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "scope.h"
#include "base/text.h"

static void collect_list(struct scope_context *context, struct scope *scope,
    const struct py_node *node);

static bool
is_global(const struct scope *scope, const char *name)
{
	for (size_t i = 0; i < scope->count; i++)
		if (scope->bindings[i].is_global && scope->bindings[i].name == name)
			return true;
	return false;
}

static void
bind(struct scope *scope, struct binding binding)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct binding *other = &scope->bindings[i];

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

/* A name bound by an import, in the scope or, after `global name`, at module level. */
static void
bind_import(struct scope_context *context, struct scope *scope, struct binding binding)
{
	unsigned int bit = name_bit(binding.name);

	if (binding.symbol || sources_module(context->sources, binding.module) ||
	    strncmp(binding.module, "torch", 5) == 0)
		context->bound[bit / 64] |= (uint64_t)1 << bit % 64;
	bind(is_global(scope, binding.name) ? context->top : scope, binding);
}

/* A name bound by anything but an import. At module level such a name hides nothing, and
 * beside an import of the same name it is the fallback that `except ImportError` sets. */
static void
bind_other(struct scope *scope, const char *name)
{
	if (name && (scope->kind != SCOPE_MODULE || scope->star))
		bind(scope, (struct binding){ .name = name });
}

static void
bind_targets(struct scope *scope, const struct py_node *target)
{
	for (; target; target = target->next) {
		if (target->kind == PY_NAME)
			bind_other(scope, target->name);
		else if (target->kind == PY_TUPLE || target->kind == PY_LIST)
			bind_targets(scope, target->list.elements);
		else if (target->kind == PY_STARRED)
			bind_targets(scope, target->unary.operand);
	}
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
note_module(struct scope_context *context, const char *module)
{
	struct facts *facts = context->facts;

	if (!sources_module(context->sources, module))
		return;
	facts->modules = memory_grow(facts->modules, facts->module_count,
	    &facts->module_capacity, sizeof(*facts->modules));
	facts->modules[facts->module_count++] = module;
}

static void
collect_import(struct scope_context *context, struct scope *scope, const struct py_node *node)
{
	for (const struct py_node *alias = node->list.elements; alias; alias = alias->next) {
		const char *as = alias->unary.operand ? alias->unary.operand->name : NULL;
		const char *first = intern(alias->name, strcspn(alias->name, "."));
		const char *name = as ? as : first;

		note_module(context, alias->name);
		bind_import(context, scope,
		    (struct binding){ .name = name, .module = as ? alias->name : first });
	}
}

static void
collect_from(struct scope_context *context, struct scope *scope, const struct py_node *node)
{
	/* A relative import reaches no other package; its names hide outer ones. */
	const char *module = node->op == 0 && node->name ? node->name : intern_string("");
	const char *source = scope_source(context, module);

	note_module(context, module);
	for (const struct py_node *alias = node->list.elements; alias; alias = alias->next) {
		const char *as = alias->unary.operand ? alias->unary.operand->name : NULL;
		const char *name = as ? as : alias->name;
		struct facts *facts = context->facts;

		if (strcmp(alias->name, "*") == 0) {
			if (source) {
				scope->star = module;
				scope->star_source = source;
				scope->star_line = alias->line;
			}
			continue;
		}
		bind_import(context, scope, (struct binding){ .name = name,
			.module = intern_dotted(module, alias->name),
			.symbol = source ? alias->name : NULL, .source = source });
		if (!source)
			continue;
		facts->imports = memory_grow(facts->imports, facts->import_count,
		    &facts->import_capacity, sizeof(*facts->imports));
		facts->imports[facts->import_count++] = (struct import_fact){ source, module,
			alias->name, as, "from-import", scope_qualified(scope), alias->line };
	}
}

/* The module that an expression assigned to a variable stands for: a dotted name of a
 * source, an alias of a decorator, importlib.import_module("name"). */
static const char *
module_value(struct scope_context *context, const struct scope *scope,
    const struct py_node *value)
{
	const struct py_node *argument;
	const char *dotted;

	if (value->kind == PY_IF_EXPRESSION) {
		dotted = module_value(context, scope, value->branch.body);
		return dotted ? dotted : module_value(context, scope, value->branch.orelse);
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
		note_module(context, argument->name);
		return argument->name;
	}
	dotted = scope_resolve(scope, value);
	if (dotted && (scope_source(context, dotted) ||
	    strncmp(dotted, "torch.ops.", 10) == 0 ||
	    sources_decorator(context->sources, dotted)))
		return dotted;
	return NULL;
}

static void
collect_assignment(struct scope_context *context, struct scope *scope,
    const struct py_node *node)
{
	const struct py_node *target = node->assign.targets;
	const char *module;

	if (node->assign.value && target && !target->next && target->kind == PY_NAME) {
		module = module_value(context, scope, node->assign.value);
		if (module) {
			bind_import(context, scope, (struct binding){ .name = target->name,
				.module = module,
				.by_assignment = node->assign.value->kind != PY_CALL });
			return;
		}
	}
	bind_targets(scope, target);
	collect_list(context, scope, node->assign.value);
}

int
type_checking(const struct py_node *test)
{
	const char *dotted;

	if (test->kind == PY_UNARY && strcmp(test->name, "not") == 0)
		return -type_checking(test->unary.operand);
	if (test->kind == PY_BOOLEAN && strcmp(test->name, "and") == 0) {
		for (test = test->list.elements; test; test = test->next)
			if (type_checking(test) == 1)
				return 1;
		return 0;
	}
	dotted = py_dotted(test);
	if (!dotted)
		return 0;
	dotted = strrchr(dotted, '.') ? strrchr(dotted, '.') + 1 : dotted;
	return strcmp(dotted, "TYPE_CHECKING") == 0;
}

static void
collect_statement_names(struct scope *scope, const struct py_node *node)
{
	switch (node->kind) {
	case PY_AUGMENTED_ASSIGN:
		bind_targets(scope, node->assign.targets);
		break;
	case PY_FOR:
	case PY_COMPREHENSION_FOR:
		bind_targets(scope, node->loop.target);
		break;
	case PY_WITH_ITEM:
	case PY_NAMED:
		bind_targets(scope, node->kind == PY_NAMED ? node->binary.left
							   : node->binary.right);
		break;
	case PY_HANDLER:
	case PY_PATTERN:
		bind_other(scope, node->name);
		break;
	default:
		break;
	}
}

static void
collect(struct scope_context *context, struct scope *scope, const struct py_node *node)
{
	int only;

	switch (node->kind) {
	case PY_FUNCTION:
	case PY_CLASS:
		bind_other(scope, node->name);
		return;
	case PY_LAMBDA:
	case PY_GLOBAL:
		return;
	case PY_IMPORT:
		collect_import(context, scope, node);
		return;
	case PY_IMPORT_FROM:
		collect_from(context, scope, node);
		return;
	case PY_ASSIGN:
	case PY_ANNOTATED_ASSIGN:
		collect_assignment(context, scope, node);
		return;
	case PY_IF:
		only = type_checking(node->branch.test);
		collect_list(context, scope, node->branch.test);
		if (only != 1)
			collect_list(context, scope, node->branch.body);
		if (only != -1)
			collect_list(context, scope, node->branch.orelse);
		return;
	default:
		collect_statement_names(scope, node);
		for (int i = 0; i < 4; i++)
			collect_list(context, scope, node->part[i]);
	}
}

static void
collect_list(struct scope_context *context, struct scope *scope, const struct py_node *node)
{
	for (; node; node = node->next)
		collect(context, scope, node);
}

/* `global x` comes before what it is about, so it is bound first, as a mark. */
static void
collect_globals(struct scope *scope, const struct py_node *node)
{
	for (; node; node = node->next) {
		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS ||
		    node->kind > PY_TYPE_ALIAS)
			continue;
		for (int i = 0; i < 4 && node->kind != PY_GLOBAL; i++)
			collect_globals(scope, node->part[i]);
		if (node->kind != PY_GLOBAL)
			continue;
		for (const struct py_node *n = node->list.elements; n; n = n->next)
			bind(scope, (struct binding){ .name = n->name, .is_global = true });
	}
}

/* Imports that functions bind at module level are known before any use is looked at. */
static void
collect_global_imports(struct scope_context *context, const struct py_node *node)
{
	for (; node; node = node->next) {
		if (node->kind > PY_TYPE_ALIAS)
			continue;
		if (node->kind == PY_FUNCTION) {
			struct scope scope = { .kind = SCOPE_FUNCTION, .name = node->name };
			struct scope_context quiet = *context;
			struct facts facts = { 0 };

			collect_globals(&scope, node->function.body);
			if (scope.count > 0) {
				quiet.facts = &facts;
				scope.parent = context->top;
				collect_list(&quiet, &scope, node->function.body);
			}
			facts_free(&facts);
			scope_close(&scope);
		}
		for (int i = 0; i < 4; i++)
			collect_global_imports(context, node->part[i]);
	}
}

/* What an `import *` may bring in is what nothing else binds: with one in sight all names
 * of the module count, also those bound before it. */
static void
collect_again(struct scope_context *context, struct scope *scope, const struct py_node *body)
{
	struct scope_context quiet = *context;
	struct facts facts = { 0 };

	quiet.facts = &facts;
	collect_list(&quiet, scope, body);
	facts_free(&facts);
}

void
scope_open(struct scope_context *context, struct scope *scope, const struct py_node *node)
{
	switch (node->kind) {
	case PY_MODULE:
		context->top = scope;
		collect_list(context, scope, node->module.body);
		collect_global_imports(context, node->module.body);
		if (scope->star)
			collect_again(context, scope, node->module.body);
		break;
	case PY_CLASS:
		collect_list(context, scope, node->class.body);
		break;
	default:
		for (const struct py_node *p = node->function.parameters; p; p = p->next)
			bind_other(scope, p->name);
		if (node->kind == PY_FUNCTION)
			collect_globals(scope, node->function.body);
		collect_list(context, scope, node->function.body);
	}
}

void
scope_close(struct scope *scope)
{
	free(scope->bindings);
	scope->bindings = NULL;
	scope->count = scope->capacity = 0;
}

const struct scope *
scope_find(const struct scope *scope, const char *name)
{
	bool inner = true;

	while (scope) {
		const struct binding *bindings = scope->bindings;
		bool is_visible = scope->kind != SCOPE_CLASS || inner;

		for (size_t i = 0; i < scope->count && is_visible; i++)
			if (bindings[i].name == name && !bindings[i].is_global)
				return scope;
		inner = false;
		scope = scope->parent;
	}
	return NULL;
}

const char *
scope_qualified(struct scope *scope)
{
	struct text text = { 0 };

	if (scope->qualified)
		return scope->qualified;
	if (!scope->parent) {
		scope->qualified = intern_string("<module>");
	} else {
		if (scope->parent->parent)
			text_add_format(&text, "%s.", scope_qualified(scope->parent));
		text_add_string(&text, scope->name ? scope->name : "<lambda>");
		scope->qualified = intern(text.bytes, text.length);
		text_free(&text);
	}
	return scope->qualified;
}

const char *
scope_resolve(const struct scope *scope, const struct py_node *expression)
{
	const char *dotted = py_dotted(expression), *first, *module = NULL;
	const struct scope *found;

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
