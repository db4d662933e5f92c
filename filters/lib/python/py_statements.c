/* SPDX-License-Identifier: Apache-2.0 */
/* Simple statements, and lists of statements of all kinds. */
#include "python/py_build.h"

static void statement(struct py_builder *b, struct py_list *list);

uint32_t
py_list_end(const struct py_builder *b, const struct py_node *list, uint32_t otherwise)
{
	uint32_t at;

	if (list == NULL)
		return otherwise;
	while (list->next != NULL)
		list = list->next;
	for (at = list->end; b->shadow[at] == ' ' || b->shadow[at] == '\t'; at++)
		;
	return b->shadow[at] == ';' ? at + 1 : list->end;
}

void
py_statements(struct py_builder *b, struct py_list *list)
{
	if (!py_enter(b))
		return;
	do {
		statement(b, list);
	} while (py_advance(b));
	py_leave(b);
}

/* ---- Imports ---- */

static struct py_node *
alias(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_ALIAS, &b->now);

	if (b->now.symbol != SYM_ALIASED_IMPORT) {
		node->name = b->now.symbol == SYM_WILDCARD
		                 ? py_spelled(b, b->now.begin, b->now.end)
		                 : py_dotted_text(b, b->now.begin, b->now.end);
		return node;
	}
	if (!py_enter(b))
		return node;
	do {
		if (b->now.symbol == SYM_DOTTED_NAME) {
			node->name = py_dotted_text(b, b->now.begin, b->now.end);
		} else if (b->now.symbol == SYM_IDENTIFIER) {
			node->unary.operand = py_new(b, PY_NAME, &b->now);
			node->unary.operand->name = py_now_name(b);
		}
	} while (py_advance(b));
	py_leave(b);
	return node;
}

/* `from` .module: the dots into op, the rest into name. */
static void
import_origin(struct py_builder *b, struct py_node *node)
{
	if (b->now.symbol != SYM_RELATIVE_IMPORT) {
		node->name = py_dotted_text(b, b->now.begin, b->now.end);
		return;
	}
	if (!py_enter(b))
		return;
	do {
		if (b->now.symbol == SYM_DOTTED_NAME)
			node->name = py_dotted_text(b, b->now.begin, b->now.end);
		else
			for (uint32_t i = b->now.begin; i < b->now.end; i++)
				node->op = (uint8_t)(node->op + (b->source[i] == '.'));
	} while (py_advance(b));
	py_leave(b);
}

static struct py_node *
import(struct py_builder *b)
{
	bool from = b->now.symbol != SYM_IMPORT;
	struct py_node *node = py_new(b, from ? PY_IMPORT_FROM : PY_IMPORT, &b->now);
	struct py_list names = { 0 };

	if (!py_enter(b))
		return node;
	do {
		switch (b->now.symbol) {
		case SYM_RELATIVE_IMPORT:
		case SYM_DOTTED_NAME:
			if (from) {
				import_origin(b, node);
				from = false;
				break;
			}
			/* fall through */
		case SYM_ALIASED_IMPORT:
		case SYM_WILDCARD:
			py_add(&names, alias(b));
			break;
		default:
			break;
		}
	} while (py_advance(b));
	py_leave(b);
	node->list.elements = names.first;
	return node;
}

/* ---- Simple statements ---- */

/* One assignment of the chain a = b = value, which nests to the right. True when the cursor
 * was left on the next. */
static bool
assign_link(struct py_builder *b, struct py_node *node, struct py_list *targets)
{
	bool value = false;

	do {
		if (b->now.symbol == SYM_EQUALS) {
			value = true;
		} else if (b->now.symbol == SYM_TYPE) {
			node->kind = PY_ANNOTATED_ASSIGN;
			node->assign.annotation = py_expression(b);
		} else if (b->now.symbol == SYM_ASSIGNMENT && value) {
			return true;
		} else if (value) {
			node->assign.value = py_expression(b);
		} else if (b->now.symbol != SYM_COLON) {
			py_add(targets, py_expression(b));
		}
	} while (py_advance(b));
	return false;
}

static struct py_node *
assign(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_ASSIGN, &b->now);
	struct py_list targets = { 0 };
	unsigned entered = 0;

	do {
		if (!py_enter(b))
			break;
		entered++;
	} while (assign_link(b, node, &targets));
	while (entered-- > 0)
		py_leave(b);
	node->assign.targets = targets.first;
	return node;
}

static struct py_node *
augmented_assign(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_AUGMENTED_ASSIGN, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->assign.targets = py_expression(b);
	if (py_advance(b))
		node->name = py_spelled(b, b->now.begin, b->now.end - 1);
	if (py_advance(b))
		node->assign.value = py_expression(b);
	py_leave(b);
	return node;
}

static struct py_node *
expression_statement(struct py_builder *b)
{
	struct py_place place = b->now;
	struct py_node *node;

	if (!py_enter(b))
		return py_missing(b);
	if (b->now.symbol == SYM_ASSIGNMENT) {
		node = assign(b);
	} else if (b->now.symbol == SYM_AUGMENTED_ASSIGNMENT) {
		node = augmented_assign(b);
	} else {
		py_leave(b);
		b->now = place;
		node = py_new(b, PY_EXPRESSION, &place);
		node->unary.operand = py_elements(b);
		return node;
	}
	py_leave(b);
	return node;
}

/* return, and any statement of one keyword and at most one expression. */
static struct py_node *
unary_statement(struct py_builder *b, enum py_kind kind)
{
	struct py_node *node = py_new(b, kind, &b->now);

	if (!py_enter(b))
		return node;
	if (py_advance(b))
		node->unary.operand = py_expression(b);
	py_leave(b);
	return node;
}

static struct py_node *
delete(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_DELETE, &b->now), *target;
	bool several;

	if (!py_enter(b))
		return node;
	if (py_advance(b)) {
		several = b->now.symbol == SYM_EXPRESSION_LIST;
		target = py_expression(b);
		node->list.elements = several ? target->list.elements : target;
	}
	py_leave(b);
	return node;
}

/* raise and assert: up to two expressions, the second after `from` or ','. */
static struct py_node *
binary_statement(struct py_builder *b, enum py_kind kind)
{
	struct py_node *node = py_new(b, kind, &b->now);
	bool second = false;

	if (!py_enter(b))
		return node;
	while (py_advance(b)) {
		if (b->now.symbol == SYM_KW_FROM || b->now.symbol == SYM_COMMA)
			second = true;
		else if (second)
			node->binary.right = py_expression(b);
		else
			node->binary.left = py_expression(b);
	}
	py_leave(b);
	return node;
}

static struct py_node *
names(struct py_builder *b, enum py_kind kind)
{
	struct py_node *node = py_new(b, kind, &b->now);
	struct py_list list = { 0 };

	if (!py_enter(b))
		return node;
	do {
		if (b->now.symbol == SYM_IDENTIFIER)
			py_add(&list, py_expression(b));
	} while (py_advance(b));
	py_leave(b);
	node->list.elements = list.first;
	return node;
}

static struct py_node *
type_alias(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_TYPE_ALIAS, &b->now);

	if (!py_enter(b))
		return node;
	while (py_advance(b)) {
		if (b->now.symbol != SYM_TYPE)
			continue;
		if (node->binary.left != NULL) {
			node->binary.right = py_expression(b);
			continue;
		}
		node->binary.left = py_expression(b);
		/* Type parameters are not kept. */
		if (node->binary.left->kind == PY_SUBSCRIPT)
			node->binary.left = node->binary.left->binary.left;
	}
	py_leave(b);
	return node;
}

/* ---- Dispatch ---- */

/* What stands in the middle of an error is kept where it is a statement of its own. */
static void
salvage(struct py_builder *b, struct py_list *list)
{
	py_broken(b, "invalid syntax");
	if (!py_nest(b))
		return;
	if (py_enter(b)) {
		do {
			statement(b, list);
		} while (py_advance(b));
		py_leave(b);
	}
	py_unnest(b);
}

static struct py_node *
simple_statement(struct py_builder *b)
{
	switch (b->now.symbol) {
	case SYM_EXPRESSION_STATEMENT:
		return expression_statement(b);
	case SYM_RETURN:
		return unary_statement(b, PY_RETURN);
	case SYM_IMPORT:
	case SYM_IMPORT_FROM:
		return import(b);
	case SYM_ASSERT:
		return binary_statement(b, PY_ASSERT);
	case SYM_RAISE:
		return binary_statement(b, PY_RAISE);
	case SYM_DELETE:
		return delete(b);
	case SYM_GLOBAL:
		return names(b, PY_GLOBAL);
	case SYM_NONLOCAL:
		return names(b, PY_NONLOCAL);
	case SYM_PASS:
		return py_new(b, PY_PASS, &b->now);
	case SYM_BREAK:
		return py_new(b, PY_BREAK, &b->now);
	case SYM_CONTINUE:
		return py_new(b, PY_CONTINUE, &b->now);
	case SYM_TYPE_ALIAS:
		return type_alias(b);
	default:
		return NULL;
	}
}

static void
statement(struct py_builder *b, struct py_list *list)
{
	struct py_node *node;

	if (b->now.symbol == SYM_ERROR) {
		salvage(b, list);
		return;
	}
	node = simple_statement(b);
	if (node == NULL && py_nest(b)) {
		node = py_compound(b);
		py_unnest(b);
	}
	if (node != NULL)
		py_add(list, node);
}
