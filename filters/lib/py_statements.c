/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: one function for each kind that has parts. */
#include "py_build.h"

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

/* The block at hand. */
static struct py_node *
block(struct py_builder *b)
{
	struct py_list list = { 0 };

	py_statements(b, &list);
	return list.first;
}

/* The block among the children of the clause at hand. */
static struct py_node *
clause_block(struct py_builder *b)
{
	struct py_node *body = NULL;

	if (!py_enter(b))
		return NULL;
	do {
		if (b->now.symbol == SYM_BLOCK)
			body = block(b);
	} while (py_advance(b));
	py_leave(b);
	return body;
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
		case SYM_FUTURE:
			node->name = py_spelled(b, b->now.begin, b->now.end);
			from = false;
			break;
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

static struct py_node *
assign(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_ASSIGN, &b->now), *part;
	struct py_list targets = { 0 };
	bool value = false;

	if (!py_enter(b))
		return py_missing(b);
	do {
		if (b->now.symbol == SYM_EQUALS) {
			value = true;
		} else if (b->now.symbol == SYM_TYPE) {
			node->kind = PY_ANNOTATED_ASSIGN;
			node->assign.annotation = py_expression(b);
		} else if (b->now.symbol == SYM_ASSIGNMENT && value) {
			/* a = b = c nests to the right. */
			if (!py_nest(b))
				continue;
			part = assign(b);
			py_unnest(b);
			*targets.end = part->assign.targets;
			node->assign.value = part->assign.value;
		} else if (b->now.symbol != SYM_COLON) {
			part = py_expression(b);
			if (value)
				node->assign.value = part;
			else
				py_add(&targets, part);
		}
	} while (py_advance(b));
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

/* raise and assert: up to two expressions, the second behind `from` or ','. */
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

/* ---- Compound statements ---- */

/* if and elif alike: the alternatives become a chain through orelse. */
static struct py_node *
if_statement(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_IF, &b->now), *last = node;
	unsigned chain = 0;

	if (!py_enter(b))
		return node;
	while (py_advance(b)) {
		if (b->now.symbol == SYM_OTHER || b->now.symbol == SYM_COLON)
			continue;
		if (b->now.symbol == SYM_ERROR) {
			py_broken(b, "invalid syntax");
		} else if (b->now.symbol == SYM_BLOCK) {
			node->branch.body = block(b);
		} else if (b->now.symbol == SYM_ELSE) {
			last->branch.orelse = clause_block(b);
		} else if (b->now.symbol == SYM_ELIF) {
			if (!py_nest(b))
				break;
			chain++;
			last = last->branch.orelse = if_statement(b);
		} else {
			node->branch.test = py_expression(b);
		}
	}
	py_leave(b);
	b->depth -= chain;
	node->end = py_list_end(b, node->branch.body, node->end);
	if (last != node)
		node->end = last->end;
	if (last->branch.orelse != NULL)
		node->end = py_list_end(b, last->branch.orelse, node->end);
	/* Each elif reaches to the end of the whole. */
	for (struct py_node *at = node; at != last; at = at->branch.orelse)
		at->end = node->end;
	last->end = node->end;
	return node;
}

static struct py_node *
while_statement(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_WHILE, &b->now);

	if (!py_enter(b))
		return node;
	while (py_advance(b)) {
		if (b->now.symbol == SYM_BLOCK)
			node->branch.body = block(b);
		else if (b->now.symbol == SYM_ELSE)
			node->branch.orelse = clause_block(b);
		else if (b->now.symbol != SYM_COLON)
			node->branch.test = py_expression(b);
	}
	py_leave(b);
	node->end = py_list_end(b, node->branch.body, node->end);
	node->end = py_list_end(b, node->branch.orelse, node->end);
	return node;
}

static struct py_node *
for_statement(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_FOR, &b->now);
	bool in = false;

	if (!py_enter(b))
		return node;
	do {
		switch (b->now.symbol) {
		case SYM_KW_ASYNC:
			node->op = 1;
			break;
		case SYM_KW_IN:
			in = true;
			break;
		case SYM_BLOCK:
			node->loop.body = block(b);
			break;
		case SYM_ELSE:
			node->loop.orelse = clause_block(b);
			break;
		case SYM_OTHER:
		case SYM_COLON:
			break;
		default:
			if (in)
				node->loop.iterable = py_expression(b);
			else
				node->loop.target = py_expression(b);
		}
	} while (py_advance(b));
	py_leave(b);
	node->end = py_list_end(b, node->loop.body, node->end);
	node->end = py_list_end(b, node->loop.orelse, node->end);
	return node;
}

/* except and except*; sets *group for the latter. */
static struct py_node *
handler(struct py_builder *b, bool *group)
{
	struct py_node *node = py_new(b, PY_HANDLER, &b->now), *part;
	bool as = false;

	*group |= b->now.symbol == SYM_EXCEPT_GROUP;
	if (!py_enter(b))
		return node;
	while (py_advance(b)) {
		switch (b->now.symbol) {
		case SYM_BLOCK:
			node->branch.body = block(b);
			break;
		case SYM_KW_AS:
			as = true;
			break;
		case SYM_COLON:
			break;
		default:
			part = py_expression(b);
			if (part->kind == PY_WITH_ITEM) {
				if (part->binary.right->kind == PY_NAME)
					node->name = part->binary.right->name;
				part = part->binary.left;
			} else if (as) {
				node->name = part->name;
				break;
			}
			node->branch.test = part;
		}
	}
	py_leave(b);
	node->end = py_list_end(b, node->branch.body, node->end);
	return node;
}

static struct py_node *
try_statement(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_TRY, &b->now);
	struct py_list handlers = { 0 };
	bool group = false;

	if (!py_enter(b))
		return node;
	while (py_advance(b)) {
		switch (b->now.symbol) {
		case SYM_BLOCK:
			node->try.body = block(b);
			break;
		case SYM_EXCEPT:
		case SYM_EXCEPT_GROUP:
			py_add(&handlers, handler(b, &group));
			break;
		case SYM_ELSE:
			node->try.orelse = clause_block(b);
			break;
		case SYM_FINALLY:
			node->try.finalbody = clause_block(b);
			break;
		default:
			break;
		}
	}
	py_leave(b);
	node->op = group;
	node->try.handlers = handlers.first;
	for (size_t i = 0; i < 4; i++)
		node->end = py_list_end(b, node->part[i], node->end);
	return node;
}

/* ---- with ---- */

static struct py_node *
with_item(struct py_builder *b, struct py_node *value)
{
	struct py_place place = { .begin = value->begin, .end = value->end };
	struct py_node *node;

	if (value->kind == PY_WITH_ITEM)
		return value;
	node = py_new(b, PY_WITH_ITEM, &place);
	node->binary.left = value;
	return node;
}

/* No item may be starred or named by ':='; where one is, the brackets make a tuple. */
static bool
is_tuple(const struct py_node *elements)
{
	for (; elements != NULL; elements = elements->next) {
		const struct py_node *value =
		    elements->kind == PY_WITH_ITEM ? elements->binary.left : elements;

		if (value->kind == PY_STARRED || value->kind == PY_NAMED)
			return true;
	}
	return false;
}

/* `with (a, b as c):` that was read as a tuple: its elements are the items. */
static void
split_tuple(struct py_builder *b, struct py_list *items)
{
	struct py_node *element = items->first->binary.left->list.elements, *next;

	if (element == NULL || is_tuple(element))
		return;
	*items = (struct py_list){ 0 };
	for (; element != NULL; element = next) {
		next = element->next;
		element->next = NULL;
		py_add(items, with_item(b, element));
	}
}

/* `with (*a, b):` that was read as items. */
static void
join_tuple(struct py_builder *b, struct py_list *items, const struct py_place *place)
{
	struct py_node *tuple = py_new(b, PY_TUPLE, place), *item;
	struct py_list elements = { 0 };

	for (item = items->first; item != NULL; item = item->next)
		py_add(&elements, item->binary.left);
	tuple->list.elements = elements.first;
	*items = (struct py_list){ 0 };
	py_add(items, with_item(b, tuple));
}

static struct py_node *
with_items(struct py_builder *b)
{
	struct py_place place = b->now;
	struct py_list items = { 0 };
	bool brackets = false, tuple = false, comma = false;

	if (!py_enter(b))
		return NULL;
	do {
		brackets |= b->now.symbol == SYM_OTHER;
		comma |= b->now.symbol == SYM_COMMA;
		if (b->now.symbol != SYM_WITH_ITEM || !py_enter(b))
			continue;
		tuple = b->now.symbol == SYM_TUPLE;
		py_add(&items, with_item(b, py_expression(b)));
		py_leave(b);
	} while (py_advance(b));
	py_leave(b);
	if (!brackets && tuple && items.first->next == NULL)
		split_tuple(b, &items);
	else if (brackets && comma && is_tuple(items.first))
		join_tuple(b, &items, &place);
	return items.first;
}

static struct py_node *
with_statement(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_WITH, &b->now);

	if (!py_enter(b))
		return node;
	do {
		if (b->now.symbol == SYM_KW_ASYNC)
			node->op = 1;
		else if (b->now.symbol == SYM_WITH_CLAUSE)
			node->with.items = with_items(b);
		else if (b->now.symbol == SYM_BLOCK)
			node->with.body = block(b);
	} while (py_advance(b));
	py_leave(b);
	node->end = py_list_end(b, node->with.body, node->end);
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
	case SYM_IMPORT_FUTURE:
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

static struct py_node *
compound_statement(struct py_builder *b)
{
	switch (b->now.symbol) {
	case SYM_IF:
		return if_statement(b);
	case SYM_FOR:
		return for_statement(b);
	case SYM_WHILE:
		return while_statement(b);
	case SYM_TRY:
		return try_statement(b);
	case SYM_WITH:
		return with_statement(b);
	case SYM_FUNCTION:
		return py_function(b);
	case SYM_CLASS:
		return py_class(b);
	case SYM_DECORATED:
		return py_decorated(b);
	case SYM_MATCH:
		return py_match(b);
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
		node = compound_statement(b);
		py_unnest(b);
	}
	if (node != NULL)
		py_add(list, node);
}
