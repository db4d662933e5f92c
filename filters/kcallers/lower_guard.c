/* SPDX-License-Identifier: Apache-2.0 */
/* Guards: the conditions that code stands under, and what each of them asks. A condition that
 * holds because code before it left otherwise (an early return, an assert) is one, too. */
#include <string.h>

#include "base/memory.h"
#include "lower.h"

static void
add_name(struct lowering *lowering, struct ask *ask, const char *name)
{
	for (uint32_t i = 0; i < ask->name_count; i++)
		if (ask->names[i] == name)
			return;
	/* Room is made for 4, 8, 16... names. */
	if (ask->name_count == 0 || (ask->name_count >= 4 &&
	    (ask->name_count & (ask->name_count - 1)) == 0)) {
		size_t room = ask->name_count == 0 ? 4 : 2 * (size_t)ask->name_count;
		const char **names = arena_alloc(&lowering->module->arena,
		    room * sizeof(*names));

		if (ask->name_count > 0)
			memcpy(names, ask->names, ask->name_count * sizeof(*names));
		ask->names = names;
	}
	ask->names[ask->name_count++] = name;
}

/* Every name of the expression, dotted ones whole. */
static void
add_names(struct lowering *lowering, struct ask *ask, const struct py_node *node)
{
	const char *dotted;

	for (; node != NULL; node = node->next) {
		dotted = node->kind == PY_NAME || node->kind == PY_ATTRIBUTE ?
		    py_dotted(node) : NULL;
		if (dotted != NULL) {
			add_name(lowering, ask, dotted);
			continue;
		}
		for (int i = 0; i < 4; i++)
			add_names(lowering, ask, node->part[i]);
	}
}

static struct ask *
new_ask(struct lowering *lowering, const struct py_node *node, bool negated)
{
	struct ask *ask = arena_alloc_zero(&lowering->module->arena, sizeof(*ask));
	struct py_node alone = *node;

	ask->begin = node->begin;
	ask->end = node->end;
	ask->negated = negated;
	alone.next = NULL;
	add_names(lowering, ask, &alone);
	return ask;
}

static void add_asks(struct lowering *lowering, struct ask ***end, const struct py_node *test,
    bool negated);

/* One of the elements must hold: an ask with the alternatives, each a list of its own. */
static void
add_alternatives(struct lowering *lowering, struct ask *ask, const struct py_node *test)
{
	const struct py_node *element;
	uint32_t count = 0;

	for (element = test->list.elements; element != NULL; element = element->next)
		count++;
	ask->any = arena_alloc_zero(&lowering->module->arena, (count + 1) * sizeof(*ask->any));
	for (element = test->list.elements; element != NULL; element = element->next) {
		struct ask **end = &ask->any[ask->any_count++];

		add_asks(lowering, &end, element, ask->negated);
	}
}

/* What must hold for the test to have this outcome, by De Morgan's laws. */
static void
add_asks(struct lowering *lowering, struct ask ***end, const struct py_node *test, bool negated)
{
	const struct py_node *element;
	struct ask *ask;

	if (test->kind == PY_UNARY && strcmp(test->name, "not") == 0) {
		add_asks(lowering, end, test->unary.operand, !negated);
		return;
	}
	if (test->kind == PY_BOOLEAN && (strcmp(test->name, "or") == 0) == negated) {
		for (element = test->list.elements; element != NULL; element = element->next)
			add_asks(lowering, end, element, negated);
		return;
	}
	ask = new_ask(lowering, test, negated);
	if (test->kind == PY_BOOLEAN)
		add_alternatives(lowering, ask, test);
	else
		ask->term = lower_term(lowering, test);
	**end = ask;
	*end = &ask->next;
}

static uint32_t
add_guard(struct lowering *lowering, struct guard guard)
{
	struct module *module = lowering->module;

	guard.outer = lowering->guard;
	module->guards = memory_grow(module->guards, module->guard_count,
	    &module->guard_capacity, sizeof(*module->guards));
	module->guards[module->guard_count] = guard;
	return module->guard_count++;
}

uint32_t
lower_guard(struct lowering *lowering, const struct py_node *test, bool negated,
    enum guard_why why)
{
	struct ask *asks = NULL, **end = &asks;

	add_asks(lowering, &end, test, negated);
	return add_guard(lowering, (struct guard){ .begin = test->begin, .end = test->end,
		.negated = negated, .why = why, .asks = asks });
}

uint32_t
lower_guard_case(struct lowering *lowering, const struct py_node *pattern,
    const struct py_node *subject)
{
	struct ask *ask = new_ask(lowering, subject, false);
	struct py_node alone = *pattern;

	alone.next = NULL;
	add_names(lowering, ask, &alone);
	ask->begin = pattern->begin;
	ask->end = pattern->end;
	return add_guard(lowering, (struct guard){ .begin = pattern->begin,
		.end = pattern->end, .why = GUARD_IF, .asks = ask });
}

uint32_t
lower_guard_handler(struct lowering *lowering, const struct py_node *handler)
{
	const struct py_node *type = handler->branch.test;
	struct ask *ask = arena_alloc_zero(&lowering->module->arena, sizeof(*ask));

	ask->begin = handler->begin;
	ask->end = type != NULL ? type->end : handler->begin + (uint32_t)strlen("except");
	if (type != NULL)
		add_names(lowering, ask, type);
	return add_guard(lowering, (struct guard){ .begin = ask->begin, .end = ask->end,
		.why = GUARD_TRY, .asks = ask });
}

static bool
all_leave(const struct py_node *handlers)
{
	for (; handlers != NULL; handlers = handlers->next)
		if (!lower_leaves(handlers->branch.body))
			return false;
	return true;
}

bool
lower_leaves(const struct py_node *body)
{
	if (body == NULL)
		return false;
	while (body->next != NULL)
		body = body->next;
	switch (body->kind) {
	case PY_RETURN:
	case PY_RAISE:
	case PY_BREAK:
	case PY_CONTINUE:
		return true;
	case PY_IF:
		return lower_leaves(body->branch.body) && lower_leaves(body->branch.orelse);
	case PY_WITH:
		return lower_leaves(body->with.body);
	case PY_TRY:
		return lower_leaves(body->try.finalbody) ||
		    ((lower_leaves(body->try.body) || lower_leaves(body->try.orelse)) &&
		    all_leave(body->try.handlers));
	default:
		return false;
	}
}

static enum guard_why
why_left(const struct py_node *body)
{
	while (body->next != NULL)
		body = body->next;
	return body->kind == PY_RAISE ? GUARD_ASSERT : GUARD_EARLY_RETURN;
}

/* What holds once these statements are done. */
static void
lower_rest_of(struct lowering *lowering, const struct py_node *body)
{
	for (; body != NULL; body = body->next)
		if (body->kind == PY_IF)
			lower_rest(lowering, body);
		else if (body->kind == PY_ASSERT)
			lowering->guard = lower_guard(lowering, body->binary.left, false,
			    GUARD_ASSERT);
}

void
lower_rest(struct lowering *lowering, const struct py_node *branch)
{
	const struct py_node *body = branch->branch.body, *orelse = branch->branch.orelse;
	bool body_leaves = lower_leaves(body), orelse_leaves = lower_leaves(orelse);

	if (body_leaves == orelse_leaves)
		return;
	lowering->guard = lower_guard(lowering, branch->branch.test, body_leaves,
	    why_left(body_leaves ? body : orelse));
	lower_rest_of(lowering, body_leaves ? orelse : body);
}
