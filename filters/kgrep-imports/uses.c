/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a file once, scope by scope: uses of what is imported, decorated functions. */
#include <stdlib.h>
#include <string.h>

#include "builtin.h"
#include "base/error.h"
#include "base/memory.h"
#include "python/bindings.h"
#include "scope.h"

struct walk {
	struct scope_context context;
	const struct py_file *file;
	struct import_scope *scope;       /* the one we are in */
	struct use_fact *names;    /* open addressing by name: uses of names of other origin */
	size_t name_slots, name_count;
};

static void visit(struct walk *walk, const struct py_node *node, uint8_t use);
static void visit_list(struct walk *walk, const struct py_node *node, uint8_t use);

static struct use_fact *
find_name(struct use_fact *names, size_t slots, const char *name)
{
	size_t slot = (size_t)((uintptr_t)name * 0x9e3779b97f4a7c15u >> 32) & (slots - 1);

	while (names[slot].name && names[slot].name != name)
		slot = (slot + 1) & (slots - 1);
	return &names[slot];
}

static void
note_name(struct walk *walk, const char *name, uint8_t use)
{
	struct use_fact *found;

	if (!(use & (USE_CALL | USE_BASE)))
		return;
	if (2 * (walk->name_count + 1) > walk->name_slots) {
		size_t slots = walk->name_slots ? 2 * walk->name_slots : 256;
		struct use_fact *names = memory_alloc_zero(slots, sizeof(*names));

		for (size_t i = 0; i < walk->name_slots; i++)
			if (walk->names[i].name)
				*find_name(names, slots, walk->names[i].name) = walk->names[i];
		free(walk->names);
		walk->names = names;
		walk->name_slots = slots;
	}
	found = find_name(walk->names, walk->name_slots, name);
	walk->name_count += !found->name;
	found->name = name;
	found->use |= use;
}

/* The names of a chain of attributes, outermost object first; returns their number, and
 * in *base what they hang on. 0 when there are too many. */
static int
chain_names(const struct walk *walk, const struct py_node *node, const struct py_node **base,
    const struct py_node *names[CHAIN_NAMES])
{
	int count = 0;

	for (; node->kind == PY_ATTRIBUTE; node = node->unary.operand) {
		if (count == CHAIN_NAMES) {
			warn("%s:%u: of a name with more than %d parts the last are not followed",
			    walk->file->path, (unsigned)node->line, CHAIN_NAMES);
			return 0;
		}
		names[count++] = node;
	}
	*base = node;
	for (int i = 0; i < count / 2; i++) {
		const struct py_node *other = names[i];

		names[i] = names[count - 1 - i];
		names[count - 1 - i] = other;
	}
	return count;
}

static bool
chain_matters(const struct walk *walk, const struct chain_fact *chain)
{
	if (scope_source(&walk->context, chain->module))
		return true;
	if (strncmp(chain->module, "torch.ops", 9) == 0)
		return true;
	return strcmp(chain->module, "torch") == 0 && chain->count > 0 &&
	    strcmp(chain->names[0], "ops") == 0;
}

static void
add_chain(struct walk *walk, const char *module, const struct import_binding *binding,
    const struct py_node *const *names, int count, uint8_t use)
{
	struct facts *facts = walk->context.facts;
	struct chain_fact chain = { .module = module, .use = use, .count = (uint8_t)count };

	for (int i = 0; i < count; i++) {
		chain.names[i] = names[i]->name;
		chain.lines[i] = py_end_line(walk->file, names[i]);
	}
	if (!chain_matters(walk, &chain))
		return;
	if (binding) {
		chain.object = binding->symbol;
		chain.by_assignment = binding->by_assignment;
	}
	if (count == 0 && !chain.by_assignment)
		return;
	chain.scope = scope_qualified(walk->scope);
	facts->chains = memory_grow(facts->chains, facts->chain_count, &facts->chain_capacity,
	    sizeof(*facts->chains));
	facts->chains[facts->chain_count++] = chain;
}

/* A called name that nothing in the file binds comes from `import *`, if there is one. */
static void
note_star(struct walk *walk, const char *name)
{
	const struct import_scope *star = walk->scope;
	struct facts *facts = walk->context.facts;

	while (star && !star->star)
		star = star->parent;
	if (!star || builtin_is(name))
		return;
	for (size_t i = 0; i < facts->import_count; i++)
		if (facts->imports[i].name == name && facts->imports[i].line == star->star_line)
			return;
	facts->imports = memory_grow(facts->imports, facts->import_count,
	    &facts->import_capacity, sizeof(*facts->imports));
	facts->imports[facts->import_count++] = (struct import_fact){ star->star_source,
		star->star, name, NULL, "star", "<module>", star->star_line };
	facts_add_use(facts, star->star_source, name, USE_CALL);
}

/* A use of a name, with attributes or without. */
static void
use_name(struct walk *walk, const struct py_node *base, const struct py_node *const *names,
    int count, uint8_t use)
{
	const struct import_scope *found = NULL;
	bool imported = false;

	if (scope_may_bind(&walk->context, base->name))
		found = scope_find(walk->scope, base->name);
	for (size_t i = 0; found && i < found->count; i++) {
		const struct import_binding *binding = &found->bindings[i];

		if (binding->name != base->name || !binding->module)
			continue;
		imported = true;
		if (binding->symbol)
			facts_add_use(walk->context.facts, binding->source, binding->symbol,
			    count == 0 ? use : USE_BASE);
		add_chain(walk, binding->module, binding, names, count, use);
	}
	if (imported)
		return;
	if (!found && strcmp(base->name, "torch") == 0)
		add_chain(walk, base->name, NULL, names, count, use);
	if (count == 0 && use == USE_CALL && !found && !scope_find(walk->scope, base->name))
		note_star(walk, base->name);
	note_name(walk, base->name, count == 0 ? use : USE_BASE);
}

static void
visit_chain(struct walk *walk, const struct py_node *node, uint8_t use)
{
	const struct py_node *names[CHAIN_NAMES], *base = node;
	int count = chain_names(walk, node, &base, names);

	if (use == USE_STORE && node->kind == PY_ATTRIBUTE)
		visit(walk, node->unary.operand, USE_BASE);
	else if (use == USE_STORE)
		return;
	else if (count == 0 && node->kind == PY_ATTRIBUTE)
		visit(walk, node->unary.operand, USE_BASE);
	else if (base->kind == PY_NAME)
		use_name(walk, base, names, count, use);
	else
		visit(walk, base, USE_BASE);
}

/* The row of a decorator (or of what is called like one), with its calls stripped:
 * @triton.jit, @triton.jit(...), functools.partial(triton.jit, ...). */
static const struct source_row *
decorator_row(const struct walk *walk, const struct py_node *node)
{
	const struct source_row *row;
	const char *dotted;

	while (node->kind == PY_CALL) {
		const struct py_node *first = node->call.arguments;

		dotted = scope_resolve(walk->scope, node->call.function);
		if (dotted && first && (strcmp(dotted, "functools.partial") == 0 ||
		    strcmp(dotted, "partial") == 0))
			node = first;
		else
			node = node->call.function;
	}
	dotted = scope_resolve(walk->scope, node);
	row = dotted ? sources_decorator(walk->context.sources, dotted) : NULL;
	return row;
}

static void
visit_decorators(struct walk *walk, const struct py_node *function)
{
	const struct source_row *row = NULL;

	for (const struct py_node *d = function->function.decorators; d; d = d->next) {
		if (!row && function->kind == PY_FUNCTION)
			row = decorator_row(walk, d);
		visit(walk, d, USE_TEST);
	}
	if (row)
		facts_add_definition(walk->context.facts, (struct definition_fact){ row->source,
			function->name, NULL, row->name, scope_qualified(walk->scope),
			function->line });
}

/* `kernel = triton.jit(function)`, also with the decorator's own call between. */
static void
visit_application(struct walk *walk, const struct py_node *assign)
{
	const struct py_node *call = assign->assign.value, *target = assign->assign.targets;
	const struct py_node *argument;
	const struct source_row *row;

	if (!call || call->kind != PY_CALL || !target || target->kind != PY_NAME)
		return;
	argument = call->call.arguments;
	if (!argument || argument->next || argument->kind != PY_NAME)
		return;
	row = decorator_row(walk, call->call.function);
	if (row)
		facts_add_definition(walk->context.facts, (struct definition_fact){ row->source,
			argument->name, target->name, row->name, scope_qualified(walk->scope),
			call->line });
}

static void
enter(struct walk *walk, const struct py_node *node, const struct py_node *body, uint8_t use)
{
	struct import_scope scope = { .node = node, .parent = walk->scope };

	scope_open(&walk->context, &scope);
	walk->scope = &scope;
	visit_list(walk, body, use);
	walk->scope = scope.parent;
	scope_close(&scope);
}

static void
enter_comprehension(struct walk *walk, const struct py_node *node)
{
	struct import_scope scope = { .node = node, .parent = walk->scope };

	scope_open(&walk->context, &scope);
	walk->scope = &scope;
	for (int i = 0; i < 4; i++)
		visit_list(walk, node->part[i], USE_VALUE);
	walk->scope = scope.parent;
	scope_close(&scope);
}

static void
visit_parameters(struct walk *walk, const struct py_node *parameter)
{
	/* Annotations say what a parameter is for, not that it is used. */
	for (; parameter; parameter = parameter->next)
		visit_list(walk, parameter->parameter.value, USE_ARGUMENT);
}

/* getattr(torch.ops.sgl_kernel, "name") is the attribute. */
static bool
visit_getattr(struct walk *walk, const struct py_node *call, uint8_t use)
{
	const struct py_node *names[CHAIN_NAMES], *base, *object, *name;
	int count;

	if (call->call.function->kind != PY_NAME ||
	    strcmp(call->call.function->name, "getattr") != 0)
		return false;
	object = call->call.arguments;
	name = object ? object->next : NULL;
	if (!name || name->kind != PY_CONSTANT || name->op != PY_STRING || !name->name)
		return false;
	base = object;
	count = chain_names(walk, object, &base, names);
	if (base->kind != PY_NAME || count == CHAIN_NAMES || (count == 0 && base != object))
		return false;
	names[count] = name;
	use_name(walk, base, names, count + 1, use);
	visit_list(walk, name->next, USE_ARGUMENT);
	return true;
}

static void
visit_call(struct walk *walk, const struct py_node *node, uint8_t use)
{
	if (visit_getattr(walk, node, use))
		return;
	if (use == USE_TRUTH && node->call.arguments == NULL &&
	    (node->call.function->kind == PY_NAME || node->call.function->kind == PY_ATTRIBUTE))
		visit_chain(walk, node->call.function, USE_TRUTH);
	else
		visit(walk, node->call.function, USE_CALL);
	for (const struct py_node *a = node->call.arguments; a; a = a->next)
		visit(walk, a->kind == PY_KEYWORD || a->kind == PY_STARRED ? a->unary.operand : a,
		    USE_ARGUMENT);
}

static void
visit_compare(struct walk *walk, const struct py_node *node)
{
	uint8_t use = USE_ARGUMENT;

	for (const struct py_node *c = node->binary.right; c; c = c->next)
		if (strncmp(c->name, "is", 2) == 0)
			use = USE_TEST;
	visit(walk, node->binary.left, use);
	for (const struct py_node *c = node->binary.right; c; c = c->next)
		visit(walk, c->unary.operand, use);
}

static void
visit_if(struct walk *walk, const struct py_node *node)
{
	int only = py_type_checking(node->branch.test);

	visit(walk, node->branch.test, USE_TRUTH);
	if (only != 1)
		visit_list(walk, node->branch.body, USE_TEST);
	if (only != -1)
		visit_list(walk, node->branch.orelse, USE_TEST);
}

static void
visit_definition(struct walk *walk, const struct py_node *node)
{
	if (node->kind != PY_LAMBDA)
		visit_decorators(walk, node);
	if (node->kind == PY_CLASS) {
		for (const struct py_node *a = node->class.arguments; a; a = a->next)
			visit(walk, a, USE_VALUE);
		enter(walk, node, node->class.body, USE_TEST);
		return;
	}
	visit_parameters(walk, node->function.parameters);
	enter(walk, node, node->function.body,
	    node->kind == PY_LAMBDA ? USE_VALUE : USE_TEST);
}

static void
visit(struct walk *walk, const struct py_node *node, uint8_t use)
{
	switch (node->kind) {
	case PY_FUNCTION:
	case PY_CLASS:
	case PY_LAMBDA:
		visit_definition(walk, node);
		return;
	case PY_IMPORT:
	case PY_IMPORT_FROM:
		return;
	case PY_IF:
		visit_if(walk, node);
		return;
	case PY_NAME:
	case PY_ATTRIBUTE:
		visit_chain(walk, node, use == USE_TRUTH ? USE_TEST : use);
		return;
	case PY_CALL:
		visit_call(walk, node, use);
		return;
	case PY_SUBSCRIPT:
		visit(walk, node->binary.left, use == USE_CALL ? USE_CALL : USE_VALUE);
		visit(walk, node->binary.right, USE_ARGUMENT);
		return;
	case PY_COMPARE:
		visit_compare(walk, node);
		return;
	case PY_ASSIGN:
	case PY_ANNOTATED_ASSIGN:
	case PY_AUGMENTED_ASSIGN:
		visit_application(walk, node);
		visit_list(walk, node->assign.targets, USE_STORE);
		visit_list(walk, node->assign.value, USE_VALUE);
		return;
	case PY_UNARY:
		visit(walk, node->unary.operand, strcmp(node->name, "not") == 0 ? USE_TRUTH : USE_VALUE);
		return;
	case PY_BOOLEAN:
		visit_list(walk, node->part[0], use == USE_TRUTH ? USE_TRUTH : USE_VALUE);
		return;
	case PY_EXPRESSION:
		visit(walk, node->unary.operand, USE_TEST);
		return;
	case PY_COMPREHENSION:
		enter_comprehension(walk, node);
		return;
	case PY_TUPLE:
	case PY_LIST:
	case PY_STARRED:
		visit_list(walk, node->part[0], use == USE_STORE ? use : USE_VALUE);
		return;
	case PY_FOR:
	case PY_COMPREHENSION_FOR:
		visit(walk, node->loop.target, USE_STORE);
		visit(walk, node->loop.iterable, USE_VALUE);
		visit_list(walk, node->loop.body, USE_VALUE);
		visit_list(walk, node->loop.orelse, USE_VALUE);
		return;
	default:
		for (int i = 0; i < 4; i++)
			visit_list(walk, node->part[i], USE_VALUE);
	}
}

static void
visit_list(struct walk *walk, const struct py_node *node, uint8_t use)
{
	for (; node; node = node->next)
		visit(walk, node, use);
}

void
uses_gather(struct facts *facts, const struct sources *sources, const struct py_file *file,
    const char *module)
{
	struct walk walk = {
		.context = { .facts = facts, .sources = sources, .module = module },
		.file = file,
	};

	enter(&walk, file->module, file->module->module.body, USE_TEST);
	for (size_t i = 0; i < walk.name_slots; i++)
		if (walk.names[i].name)
			facts_add_use(facts, NULL, walk.names[i].name, walk.names[i].use);
	free(walk.names);
}
