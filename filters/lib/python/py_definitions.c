/* SPDX-License-Identifier: Apache-2.0 */
/* Functions, classes, their parameters and decorators. */
#include "python/py_build.h"

/* *args, **kwargs and the names of other parameters: the node lies at the name. */
static void
parameter_name(struct py_builder *b, struct py_node *node)
{
	bool star = b->now.symbol == SYM_LIST_SPLAT_PATTERN;

	if (b->now.symbol == SYM_IDENTIFIER) {
		py_begin_at(b, node, b->now.begin);
		node->end = b->now.end;
		node->name = py_now_name(b);
		return;
	}
	if (!star && b->now.symbol != SYM_DICTIONARY_SPLAT_PATTERN) {
		py_missing(b);
		return;
	}
	node->op = star ? PY_STAR : PY_DOUBLE_STAR;
	if (!py_enter(b))
		return;
	if (py_advance(b) && b->now.symbol == SYM_IDENTIFIER)
		parameter_name(b, node);
	py_leave(b);
}

static struct py_node *
parameter(struct py_builder *b, bool keyword_only)
{
	struct py_node *node = py_new(b, PY_PARAMETER, &b->now);

	node->op = keyword_only ? PY_KEYWORD_ONLY : PY_NORMAL;
	switch (b->now.symbol) {
	case SYM_TYPED_PARAMETER:
	case SYM_DEFAULT_PARAMETER:
	case SYM_TYPED_DEFAULT_PARAMETER:
		if (!py_enter(b))
			return node;
		parameter_name(b, node);
		while (py_advance(b)) {
			if (b->now.symbol == SYM_TYPE) {
				node->end = b->now.end;
				node->parameter.annotation = py_expression(b);
			} else if (b->now.symbol != SYM_COLON && b->now.symbol != SYM_EQUALS) {
				node->parameter.value = py_expression(b);
			}
		}
		py_leave(b);
		break;
	default:
		parameter_name(b, node);
	}
	return node;
}

struct py_node *
py_parameters(struct py_builder *b)
{
	struct py_list list = { 0 };
	bool keyword_only = false;

	if (!py_enter(b))
		return NULL;
	do {
		switch (b->now.symbol) {
		case SYM_OTHER:
		case SYM_COMMA:
			break;
		case SYM_KEYWORD_SEPARATOR:
			keyword_only = true;
			break;
		case SYM_POSITIONAL_SEPARATOR:
			for (struct py_node *at = list.first; at != NULL; at = at->next)
				at->op = PY_POSITIONAL;
			break;
		case SYM_ERROR:
			py_broken(b, "invalid syntax");
			break;
		default: {
			struct py_node *node = parameter(b, keyword_only);

			keyword_only |= node->op == PY_STAR;
			py_add(&list, node);
		}
		}
	} while (py_advance(b));
	py_leave(b);
	return list.first;
}

static struct py_node *
body(struct py_builder *b, struct py_node *node)
{
	struct py_list list = { 0 };

	py_statements(b, &list);
	node->end = py_list_end(b, list.first, node->end);
	return list.first;
}

struct py_node *
py_function(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_FUNCTION, &b->now);

	if (!py_enter(b))
		return node;
	do {
		switch (b->now.symbol) {
		case SYM_KW_ASYNC:
			node->op = 1;
			break;
		case SYM_IDENTIFIER:
			node->name = py_now_name(b);
			break;
		case SYM_PARAMETERS:
			node->function.parameters = py_parameters(b);
			break;
		case SYM_TYPE:
			node->function.returns = py_expression(b);
			break;
		case SYM_BLOCK:
			node->function.body = body(b, node);
			break;
		case SYM_ERROR:
			py_broken(b, "invalid syntax");
			break;
		default:
			break;
		}
	} while (py_advance(b));
	py_leave(b);
	return node;
}

struct py_node *
py_class(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_CLASS, &b->now);

	if (!py_enter(b))
		return node;
	do {
		switch (b->now.symbol) {
		case SYM_IDENTIFIER:
			node->name = py_now_name(b);
			break;
		case SYM_ARGUMENTS:
			node->class.arguments = py_arguments(b);
			break;
		case SYM_BLOCK:
			node->class.body = body(b, node);
			break;
		case SYM_ERROR:
			py_broken(b, "invalid syntax");
			break;
		default:
			break;
		}
	} while (py_advance(b));
	py_leave(b);
	return node;
}

static struct py_node *
decorator(struct py_builder *b)
{
	struct py_node *node = NULL;

	if (!py_enter(b))
		return py_missing(b);
	if (py_advance(b))
		node = py_expression(b);
	py_leave(b);
	return node != NULL ? node : py_missing(b);
}

/* NULL when the definition itself does not parse. */
struct py_node *
py_decorated(struct py_builder *b)
{
	struct py_list decorators = { 0 };
	struct py_node *node = NULL;

	if (!py_enter(b))
		return NULL;
	do {
		if (b->now.symbol == SYM_DECORATOR) {
			py_add(&decorators, decorator(b));
		} else if (b->now.symbol == SYM_FUNCTION) {
			node = py_function(b);
			node->function.decorators = decorators.first;
		} else if (b->now.symbol == SYM_CLASS) {
			node = py_class(b);
			node->class.decorators = decorators.first;
		}
	} while (py_advance(b));
	py_leave(b);
	return node;
}
