/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions are, without running anything. */
#include <string.h>

#include "base/intern.h"
#include "base/text.h"
#include "value_parts.h"

static void
values_add_text(struct evaluator *evaluator, struct code_values *values, struct text *text)
{
	values_add(evaluator, values, (struct code_value){ .kind = VALUE_TEXT,
		.name = text->length == 0 ? "" : intern(text->bytes, text->length) });
	text_free(text);
}

bool
is_keyworded(const struct py_node *call)
{
	for (const struct py_node *a = call->call.arguments; a != NULL; a = a->next)
		if (a->kind != PY_KEYWORD)
			return false;
	return call->call.arguments != NULL;
}

/* getattr(x, "name"), super(), and others whose meaning the language fixes. */
static bool
evaluate_builtin(struct evaluator *evaluator, const struct py_node *call, struct code_place at,
    struct code_values *values)
{
	const struct py_node *function = call->call.function, *first = call->call.arguments;
	struct code_values bases = {0}, names = {0};

	if (function->kind != PY_NAME)
		return false;
	if (strcmp(function->name, "super") == 0) {
		const struct code_scope *class = at.scope->class;

		if (class != NULL)
			evaluate_bases(evaluator, class, &bases);
		for (size_t i = 0; i < bases.count; i++)
			values_add(evaluator, values, (struct code_value){ .kind = VALUE_INSTANCE,
				.scope = bases.list[i].scope });
		return true;
	}
	if (strcmp(function->name, "getattr") != 0 || first == NULL || first->next == NULL)
		return false;
	evaluate(evaluator, first, at.scope, at.receiver, &bases);
	evaluate(evaluator, first->next, at.scope, at.receiver, &names);
	for (size_t i = 0; i < bases.count; i++)
		if (names.count == 1 && names.list[0].kind == VALUE_TEXT &&
		    strchr(names.list[0].name, '*') == NULL)
			evaluate_attribute(evaluator, &bases.list[i], names.list[0].name, values);
		else
			evaluate_attribute(evaluator, &bases.list[i], NULL, values);
	return true;
}

static void
evaluate_call(struct evaluator *evaluator, const struct py_node *call, struct code_place at,
    struct code_values *values)
{
	struct code_values callees = {0};
	size_t before = values->count;

	if (evaluate_builtin(evaluator, call, at, values))
		return;
	evaluate(evaluator, call->call.function, at.scope, at.receiver, &callees);
	for (size_t i = 0; i < callees.count; i++) {
		const struct code_value *callee = &callees.list[i];

		if (callee->kind == VALUE_FUNCTION)
			evaluate_result(evaluator, callee->scope, callee->receiver, values);
		else if (callee->kind == VALUE_CLASS)
			values_add(evaluator, values, (struct code_value){ .kind = VALUE_INSTANCE,
				.scope = callee->scope });
		else if (callee->kind == VALUE_LIBRARY || callee->kind == VALUE_EXPORT)
			values_add(evaluator, values, (struct code_value){ .kind = VALUE_LIBRARY,
				.scope = callee->scope });
	}
	if (values->count > before)
		return;
	if (is_keyworded(call)) {
		values_add(evaluator, values, (struct code_value){ .kind = VALUE_SPACE,
			.node = call, .scope = at.scope, .receiver = at.receiver });
		return;
	}
	/* What is given to a call that tells nothing may be what comes back: caches, casts,
	 * pickers of the best of several runners. */
	for (const struct py_node *a = call->call.arguments; a != NULL; a = a->next) {
		struct code_values given = {0};

		evaluate(evaluator, a->kind == PY_KEYWORD || a->kind == PY_STARRED ?
		    a->unary.operand : a, at.scope, at.receiver, &given);
		for (size_t i = 0; i < given.count; i++)
			if (given.list[i].kind != VALUE_TEXT &&
			    given.list[i].kind != VALUE_EXTERNAL)
				values_add(evaluator, values, given.list[i]);
	}
}

/* The strings that an f-string can make, some of them when they are many; what is not known
 * becomes "*". */
static void
evaluate_joined(struct evaluator *evaluator, const struct py_node *node, struct code_place at,
    struct code_values *values)
{
	struct text made[MOST_TEXTS] = {{0}};
	size_t count = 1;

	for (; node != NULL; node = node->next) {
		struct code_values parts = {0};
		const char *texts[MOST_TEXTS] = { "*" };
		size_t known = 0, before = count;

		evaluate(evaluator, node->kind == PY_FORMATTED ? node->binary.left : node,
		    at.scope, at.receiver, &parts);
		for (size_t i = 0; i < parts.count; i++)
			if (parts.list[i].kind == VALUE_TEXT && known < MOST_TEXTS)
				texts[known++] = parts.list[i].name;
			else
				evaluator->left_out |= parts.list[i].kind == VALUE_TEXT;
		evaluator->left_out |= before * (known > 0 ? known : 1) > MOST_TEXTS;
		for (size_t i = 1; i < known; i++)
			for (size_t j = 0; j < before && count < MOST_TEXTS; j++) {
				if (made[j].length > 0)
					text_add(&made[count], made[j].bytes, made[j].length);
				text_add_string(&made[count++], texts[i]);
			}
		for (size_t j = 0; j < before; j++)
			text_add_string(&made[j], texts[0]);
	}
	for (size_t i = 0; i < count; i++)
		values_add_text(evaluator, values, &made[i]);
}

/* left + right for strings, left / right for paths; a path's unknown beginning is dropped. */
static void
evaluate_binary(struct evaluator *evaluator, const struct py_node *node, struct code_place at,
    struct code_values *values)
{
	struct code_values left = {0}, right = {0};
	bool path = strcmp(node->name, "/") == 0;

	evaluate(evaluator, node->binary.left, at.scope, at.receiver, &left);
	evaluate(evaluator, node->binary.right, at.scope, at.receiver, &right);
	if (!path)
		values_add_all(evaluator, values, &left);
	evaluator->left_out |= path && left.count > MOST_TEXTS;
	for (size_t i = 0; i < right.count; i++) {
		bool joined = false;

		if (right.list[i].kind != VALUE_TEXT) {
			values_add(evaluator, values, right.list[i]);
			continue;
		}
		for (size_t j = 0; path && j < left.count && j < MOST_TEXTS; j++)
			if (left.list[j].kind == VALUE_TEXT) {
				struct text text = {0};

				text_add_format(&text, "%s/%s", left.list[j].name,
				    right.list[i].name);
				values_add_text(evaluator, values, &text);
				joined = true;
			}
		if (!joined)
			values_add(evaluator, values, right.list[i]);
	}
}

static void
evaluate_list(struct evaluator *evaluator, const struct py_node *node, struct code_place at,
    struct code_values *values)
{
	for (; node != NULL; node = node->next)
		evaluate(evaluator, node, at.scope, at.receiver, values);
}

static void
evaluate_node(struct evaluator *evaluator, const struct py_node *node, struct code_place at,
    struct code_values *values)
{
	struct code_values base = {0};

	switch (node->kind) {
	case PY_NAME:
		evaluate_name(evaluator, node->name, at, values);
		break;
	case PY_CONSTANT:
		if (node->op == PY_STRING)
			values_add(evaluator, values, (struct code_value){ .kind = VALUE_TEXT,
				.name = node->name });
		break;
	case PY_JOINED_STRING:
		evaluate_joined(evaluator, node->list.elements, at, values);
		break;
	case PY_ATTRIBUTE:
		evaluate(evaluator, node->unary.operand, at.scope, at.receiver, &base);
		for (size_t i = 0; i < base.count; i++)
			evaluate_attribute(evaluator, &base.list[i], node->name, values);
		break;
	case PY_CALL:
		evaluate_call(evaluator, node, at, values);
		break;
	case PY_LAMBDA:
		values_add(evaluator, values,
		    (struct code_value){ .kind = VALUE_FUNCTION, .receiver = at.receiver,
			.scope = scope_of(evaluator->modules, node, at.scope) });
		break;
	case PY_BINARY:
		evaluate_binary(evaluator, node, at, values);
		break;
	case PY_SUBSCRIPT:
		evaluate(evaluator, node->binary.left, at.scope, at.receiver, values);
		break;
	case PY_IF_EXPRESSION:
		evaluate(evaluator, node->branch.body, at.scope, at.receiver, values);
		evaluate(evaluator, node->branch.orelse, at.scope, at.receiver, values);
		break;
	case PY_NAMED:
		evaluate(evaluator, node->binary.right, at.scope, at.receiver, values);
		break;
	case PY_DICT_ITEM:
		evaluate(evaluator, node->binary.right, at.scope, at.receiver, values);
		break;
	case PY_AWAIT:
	case PY_STARRED:
		evaluate(evaluator, node->unary.operand, at.scope, at.receiver, values);
		break;
	case PY_COMPREHENSION:
		evaluate(evaluator, node->comprehension.value != NULL ?
		    node->comprehension.value : node->comprehension.element, at.scope,
		    at.receiver, values);
		break;
	case PY_BOOLEAN:
	case PY_LIST:
	case PY_TUPLE:
	case PY_SET:
	case PY_DICT:
		evaluate_list(evaluator, node->list.elements, at, values);
		break;
	default:
		break;
	}
}

void
evaluate(struct evaluator *evaluator, const struct py_node *node, const struct code_scope *scope,
    const struct code_scope *receiver, struct code_values *values)
{
	if (node == NULL || is_too_deep(evaluator))
		return;
	evaluator->depth++;
	evaluate_node(evaluator, node, (struct code_place){ scope, receiver }, values);
	evaluator->depth--;
}
