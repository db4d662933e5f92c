/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a scope's statements and the expressions in them for what they bind. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "python/bindings.h"

/* The body of a function and of a class is this part of its node. */
enum { BODY = 2 };

struct reading {
	py_binding_visit *visit;
	void *context;
	struct declared { const char *name; bool global; } *declared;
	size_t count, capacity;
	bool global_only; /* reading a function for its module */
	bool types_only;
};

static void read_list(struct reading *reading, const struct py_node *node);

static void
report(struct reading *reading, struct py_binding binding)
{
	for (size_t i = 0; i < reading->count; i++)
		if (reading->declared[i].name == binding.name) {
			binding.global = reading->declared[i].global;
			binding.nonlocal = !binding.global;
		}
	binding.types_only = reading->types_only;
	if (!reading->global_only || binding.global)
		reading->visit(reading->context, &binding);
}

/* The names that the statements declare, nested scopes aside. */
static void
declare(struct reading *reading, const struct py_node *node)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS ||
		    node->kind > PY_TYPE_ALIAS)
			continue;
		if (node->kind != PY_GLOBAL && node->kind != PY_NONLOCAL) {
			for (int i = 0; i < 4; i++)
				declare(reading, node->part[i]);
			continue;
		}
		for (const struct py_node *n = node->list.elements; n != NULL; n = n->next) {
			reading->declared = memory_grow(reading->declared, reading->count,
			    &reading->capacity, sizeof(*reading->declared));
			reading->declared[reading->count++] = (struct declared){ n->name,
				node->kind == PY_GLOBAL };
			report(reading, (struct py_binding){ .how = PY_BINDS_ELSEWHERE,
				.name = n->name, .node = node });
		}
	}
}

static bool
is_display(const struct py_node *node)
{
	return node != NULL && (node->kind == PY_TUPLE || node->kind == PY_LIST);
}

/* In `a, b = v, w` each target has its own value, as far as no star comes before it. */
static void
read_target(struct reading *reading, const struct py_node *target, struct py_binding binding)
{
	const struct py_node *all = binding.value, *own = NULL;

	switch (target->kind) {
	case PY_NAME:
		binding.name = target->name;
		report(reading, binding);
		break;
	case PY_STARRED:
		binding.how = PY_BINDS_PART;
		read_target(reading, target->unary.operand, binding);
		break;
	case PY_SUBSCRIPT:
		if (target->binary.left->kind != PY_NAME)
			break;
		binding.how = PY_BINDS_ITEM;
		binding.name = target->binary.left->name;
		report(reading, binding);
		break;
	case PY_TUPLE:
	case PY_LIST:
		if (binding.how == PY_BINDS_VALUE && is_display(all))
			own = all->list.elements;
		for (target = target->list.elements; target != NULL; target = target->next) {
			if (own != NULL && (own->kind == PY_STARRED ||
			    target->kind == PY_STARRED))
				own = NULL;
			if (own == NULL && binding.how == PY_BINDS_VALUE)
				binding.how = PY_BINDS_PART;
			binding.value = own != NULL ? own : all;
			read_target(reading, target, binding);
			own = own != NULL ? own->next : NULL;
		}
		break;
	default:
		break;
	}
}

static void
read_targets(struct reading *reading, enum py_binds how, const struct py_node *node,
    const struct py_node *target, const struct py_node *value)
{
	for (; target != NULL; target = target->next)
		read_target(reading, target,
		    (struct py_binding){ .how = how, .node = node, .value = value });
}

struct py_binding
py_import_binding(const struct py_node *import, const struct py_node *alias)
{
	const struct py_node *as = alias->unary.operand;
	struct py_binding binding = { .how = PY_BINDS_IMPORT, .name = alias->name, .node = alias,
		.import = import };

	if (strcmp(alias->name, "*") == 0)
		binding.how = PY_BINDS_ALL;
	else if (import->kind == PY_IMPORT)
		binding.name = binding.module = as != NULL ? alias->name :
		    intern(alias->name, strcspn(alias->name, "."));
	if (as != NULL)
		binding.name = as->name;
	return binding;
}

int
py_type_checking(const struct py_node *test)
{
	const char *dotted;

	if (test->kind == PY_UNARY && strcmp(test->name, "not") == 0)
		return -py_type_checking(test->unary.operand);
	if (test->kind == PY_BOOLEAN && strcmp(test->name, "and") == 0) {
		for (test = test->list.elements; test != NULL; test = test->next)
			if (py_type_checking(test) == 1)
				return 1;
		return 0;
	}
	dotted = py_dotted(test);
	if (dotted == NULL)
		return 0;
	dotted = strrchr(dotted, '.') != NULL ? strrchr(dotted, '.') + 1 : dotted;
	return strcmp(dotted, "TYPE_CHECKING") == 0;
}

static void
read_if(struct reading *reading, const struct py_node *node)
{
	int only = py_type_checking(node->branch.test);
	bool outer = reading->types_only;

	read_list(reading, node->branch.test);
	reading->types_only = outer || only == 1;
	read_list(reading, node->branch.body);
	reading->types_only = outer || only == -1;
	read_list(reading, node->branch.orelse);
	reading->types_only = outer;
}

static void
read_node(struct reading *reading, const struct py_node *node)
{
	bool is_scope = node->kind == PY_FUNCTION || node->kind == PY_CLASS ||
	    node->kind == PY_LAMBDA;

	switch (node->kind) {
	case PY_FUNCTION:
	case PY_CLASS:
		report(reading, (struct py_binding){ .how = PY_BINDS_DEFINITION,
			.name = node->name, .node = node });
		break;
	case PY_IMPORT:
	case PY_IMPORT_FROM:
		for (const struct py_node *a = node->list.elements; a != NULL; a = a->next)
			report(reading, py_import_binding(node, a));
		return;
	case PY_IF:
		read_if(reading, node);
		return;
	case PY_ASSIGN:
	case PY_ANNOTATED_ASSIGN:
	case PY_AUGMENTED_ASSIGN:
		read_targets(reading, node->kind == PY_AUGMENTED_ASSIGN ? PY_BINDS_PART :
		    PY_BINDS_VALUE, node, node->assign.targets, node->assign.value);
		break;
	case PY_FOR:
		read_targets(reading, PY_BINDS_PART, node, node->loop.target,
		    node->loop.iterable);
		break;
	case PY_WITH_ITEM:
		read_targets(reading, PY_BINDS_PART, node, node->binary.right,
		    node->binary.left);
		break;
	case PY_NAMED:
		read_targets(reading, PY_BINDS_VALUE, node, node->binary.left,
		    node->binary.right);
		break;
	case PY_DELETE:
	case PY_TYPE_ALIAS:
		read_targets(reading, PY_BINDS_OTHER, node, node->part[0], NULL);
		break;
	case PY_HANDLER:
	case PY_PATTERN:
		if (node->name != NULL)
			report(reading, (struct py_binding){ .how = PY_BINDS_OTHER,
				.name = node->name, .node = node });
		break;
	default:
		break;
	}
	for (int i = 0; i < 4; i++)
		if (!is_scope || i != BODY)
			read_list(reading, node->part[i]);
}

static void
read_list(struct reading *reading, const struct py_node *node)
{
	for (; node != NULL; node = node->next)
		read_node(reading, node);
}

/* What functions and classes below the statements bind at module level. */
static void
read_globals(const struct reading *module, const struct py_node *node)
{
	for (; node != NULL; node = node->next) {
		if (node->kind > PY_TYPE_ALIAS)
			continue;
		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS) {
			struct reading reading = { .visit = module->visit,
				.context = module->context, .global_only = true };

			declare(&reading, node->part[BODY]);
			if (reading.count > 0)
				read_list(&reading, node->part[BODY]);
			free(reading.declared);
		}
		for (int i = 0; i < 4; i++)
			read_globals(module, node->part[i]);
	}
}

void
py_bindings(const struct py_node *scope, py_binding_visit *visit, void *context)
{
	struct reading reading = { .visit = visit, .context = context };
	const struct py_node *node;

	switch (scope->kind) {
	case PY_MODULE:
		read_list(&reading, scope->module.body);
		read_globals(&reading, scope->module.body);
		return;
	case PY_COMPREHENSION:
		for (node = scope->comprehension.clauses; node != NULL; node = node->next)
			read_targets(&reading, PY_BINDS_PART, node, node->loop.target,
			    node->loop.iterable);
		return;
	case PY_CLASS:
		node = NULL;
		break;
	default:
		node = scope->function.parameters;
	}
	for (; node != NULL; node = node->next)
		report(&reading, (struct py_binding){ .how = PY_BINDS_PARAMETER,
			.name = node->name, .node = node, .value = node->parameter.value });
	declare(&reading, scope->part[BODY]);
	read_list(&reading, scope->part[BODY]);
	free(reading.declared);
}

bool
py_scope_is_seen(const struct py_node *around, const struct py_node *from)
{
	return around->kind != PY_CLASS || around == from;
}
