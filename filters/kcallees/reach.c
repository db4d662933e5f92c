/* SPDX-License-Identifier: Apache-2.0 */
/* Breadth first, so that the way to each link is a shortest one. */
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "base/intern.h"
#include "base/memory.h"
#include "reach.h"
#include "base/text.h"

enum { MOST_STEPS = 3000 };

struct walk {
	struct reach *reach;
	const struct code_scope *scope, *receiver;
	uint32_t step; /* index + 1 */
};

static void walk_nodes(const struct walk *walk, const struct py_node *node);

const char *
function_dialect(struct evaluator *evaluator, const struct code_scope *function)
{
	const struct py_node *d = function->node->kind != PY_FUNCTION ? NULL :
	    function->node->function.decorators;

	for (; d != NULL; d = d->next) {
		const struct py_node *named = d->kind == PY_CALL ? d->call.function : d;
		const char *written = py_dotted(named), *dialect = NULL;
		struct code_values values = {0};

		evaluate(evaluator, named, function->outer, NULL, &values);
		for (size_t i = 0; i < values.count && dialect == NULL; i++)
			if (values.list[i].kind == VALUE_EXTERNAL)
				dialect = dialect_of(values.list[i].name);
		if (dialect == NULL && written != NULL)
			dialect = dialect_of(written);
		if (dialect != NULL)
			return dialect;
	}
	return NULL;
}

static void
add_link(const struct walk *walk, struct link link)
{
	struct reach *reach = walk->reach;

	link.step = walk->step;
	for (size_t i = 0; i < reach->link_count; i++) {
		const struct link *has = &reach->links[i];

		if (has->kind == link.kind && has->function == link.function &&
		    has->name == link.name)
			return;
	}
	reach->links = memory_grow(reach->links, reach->link_count, &reach->link_capacity,
	    sizeof(*reach->links));
	reach->links[reach->link_count++] = link;
}

static void
add_step(struct reach *reach, const struct code_scope *function, const struct code_scope *receiver,
    uint32_t from)
{
	const void *key[2] = { function->node, receiver };
	void **place = map_put(&reach->seen, (const char *)key, sizeof(key));

	reach->cut |= *place == NULL && reach->count == MOST_STEPS;
	if (*place != NULL || reach->count == MOST_STEPS)
		return;
	*place = reach;
	reach->steps = memory_grow(reach->steps, reach->count, &reach->capacity,
	    sizeof(*reach->steps));
	reach->steps[reach->count++] = (struct reach_step){ function, receiver, from };
}

static void
reach_function(const struct walk *walk, const struct code_value *function)
{
	const char *dialect = function_dialect(walk->reach->evaluator, function->scope);

	if (dialect != NULL)
		add_link(walk, (struct link){ .kind = LINK_DIALECT, .dialect = dialect,
			.function = function->scope });
	else
		add_step(walk->reach, function->scope, function->receiver, walk->step);
}

static void
reach_method(const struct walk *walk, const struct code_scope *class, const char *name)
{
	struct code_values methods = {0};

	evaluate_method(walk->reach->evaluator, class, name, class, &methods);
	for (size_t i = 0; i < methods.count; i++)
		reach_function(walk, &methods.list[i]);
}

static void
reach_object(const struct walk *walk, const struct code_scope *class)
{
	reach_method(walk, class, "__call__");
	reach_method(walk, class, "forward");
}

/* Whether a name of another package can be a binding: of torch, or of a package's own
 * extension module. */
static bool
is_bound(const struct evaluator *evaluator, const char *name)
{
	if (strncmp(name, "torch.ops.", 10) == 0)
		return true;
	for (size_t i = 0; i < evaluator->package_count; i++) {
		size_t length = strcspn(evaluator->packages[i], ".");

		if (strncmp(name, evaluator->packages[i], length) == 0 &&
		    strchr("._", name[length]) != NULL && name[length] != '\0')
			return true;
	}
	return false;
}

static bool
reach_value(const struct walk *walk, const struct code_value *value)
{
	switch (value->kind) {
	case VALUE_FUNCTION:
		reach_function(walk, value);
		return true;
	case VALUE_CLASS:
		reach_method(walk, value->scope, "__init__");
		return true;
	case VALUE_INSTANCE:
		reach_object(walk, value->scope);
		return true;
	case VALUE_EXPORT:
		add_link(walk, (struct link){ .kind = LINK_EXPORT, .function = value->scope,
			.name = value->name });
		return true;
	case VALUE_EXTERNAL:
		if (is_bound(walk->reach->evaluator, value->name))
			add_link(walk, (struct link){ .kind = LINK_OP, .name = value->name });
		return false;
	default:
		return false;
	}
}

/* What is passed to a call may be called there: any function, and an object where it is not
 * known what becomes of it. What only goes into a namespace is called from there. */
static void
reach_arguments(const struct walk *walk, const struct py_node *call, bool known)
{
	const struct py_node *argument = call->call.arguments;

	if (!known && is_keyworded(call))
		return;
	for (; argument != NULL; argument = argument->next) {
		struct code_values values = {0};

		evaluate(walk->reach->evaluator, argument->kind == PY_KEYWORD ||
		    argument->kind == PY_STARRED ? argument->unary.operand : argument,
		    walk->scope, walk->receiver, &values);
		for (size_t i = 0; i < values.count; i++)
			if (values.list[i].kind == VALUE_FUNCTION ||
			    (values.list[i].kind == VALUE_INSTANCE && !known))
				reach_value(walk, &values.list[i]);
	}
}

static void
walk_call(const struct walk *walk, const struct py_node *call)
{
	struct code_values callees = {0};
	bool known = false;

	evaluate(walk->reach->evaluator, call->call.function, walk->scope, walk->receiver,
	    &callees);
	for (size_t i = 0; i < callees.count; i++)
		known |= reach_value(walk, &callees.list[i]);
	reach_arguments(walk, call, known);
}

static void
walk_nodes(const struct walk *walk, const struct py_node *node)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS)
			continue;
		if (node->kind == PY_CALL)
			walk_call(walk, node);
		if (node->kind == PY_LAMBDA) {
			struct walk inner = *walk;

			inner.scope = scope_of(walk->reach->evaluator->modules, node,
			    walk->scope);
			walk_nodes(&inner, node->function.body);
			continue;
		}
		for (int i = 0; i < 4; i++)
			walk_nodes(walk, node->part[i]);
	}
}

/* All methods of a class and of its bases: any may be called on its objects. */
static void
start_class(const struct walk *walk, const struct code_scope *class,
    const struct code_scope *receiver)
{
	void **place = map_put(&walk->reach->seen, (const char *)&class,
	    sizeof(const struct code_scope *));
	struct code_values bases = {0};

	if (*place != NULL)
		return;
	*place = walk->reach;
	for (size_t i = 0; i < class->names.count; i++)
		for (const struct name_binding *b = class->names.entries[i].value; b != NULL;
		    b = b->next)
			if (b->kind == BIND_FUNCTION)
				reach_function(walk, &(struct code_value){ .receiver = receiver,
					.scope = scope_of(walk->reach->evaluator->modules,
					b->node, class) });
	evaluate_bases(walk->reach->evaluator, class, &bases);
	for (size_t i = 0; i < bases.count; i++)
		start_class(walk, bases.list[i].scope, receiver);
}

/* A body of a docstring, `...` and pass: what runs comes from a decorator. */
static bool
is_stub(const struct py_node *function)
{
	if (function->kind != PY_FUNCTION)
		return false;
	for (const struct py_node *node = function->function.body; node != NULL;
	    node = node->next)
		if (node->kind != PY_PASS && (node->kind != PY_EXPRESSION ||
		    node->unary.operand->kind != PY_CONSTANT))
			return false;
	return true;
}

static void
link_bound(const struct walk *walk, const char *name)
{
	const char *module = walk->scope->module->file->module;
	struct text text = {0};

	text_add_format(&text, "%.*s.%s", (int)strcspn(module, "."), module, name);
	add_link(walk, (struct link){ .kind = LINK_OP,
		.name = intern(text.bytes, text.length) });
	text_free(&text);
}

/* @compile_ops("module", fc_name="f") def f(...): ...  stands for what the package's extension
 * binds to its name or to one that the decorator is given. */
static void
walk_stub(const struct walk *walk, const struct py_node *function)
{
	const struct py_node *d = function->function.decorators;

	for (; d != NULL; d = d->next) {
		if (d->kind != PY_CALL)
			continue;
		link_bound(walk, function->name);
		for (const struct py_node *a = d->call.arguments; a != NULL; a = a->next) {
			const struct py_node *value = a->kind == PY_KEYWORD ?
			    a->unary.operand : a;

			if (value->kind == PY_CONSTANT && value->op == PY_STRING)
				link_bound(walk, value->name);
		}
	}
}

void
reach_run(struct reach *reach, struct evaluator *evaluator, const struct code_values *starts)
{
	struct walk walk = { .reach = reach };

	*reach = (struct reach){ .evaluator = evaluator };
	for (size_t i = 0; i < starts->count; i++)
		if (starts->list[i].kind == VALUE_CLASS)
			start_class(&walk, starts->list[i].scope, starts->list[i].scope);
		else
			reach_value(&walk, &starts->list[i]);
	for (size_t i = 0; i < reach->count; i++) {
		struct reach_step step = reach->steps[i];

		walk = (struct walk){ .reach = reach, .scope = step.function,
			.receiver = step.receiver, .step = (uint32_t)i + 1 };
		if (is_stub(step.function->node))
			walk_stub(&walk, step.function->node);
		walk_nodes(&walk, step.function->node->function.body);
	}
}

void
reach_free(struct reach *reach)
{
	free(reach->steps);
	free(reach->links);
	map_free(&reach->seen);
}
