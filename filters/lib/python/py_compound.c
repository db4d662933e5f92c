/* SPDX-License-Identifier: Apache-2.0 */
/* Compound statements other than definitions and match. */
#include "python/py_build.h"

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

struct py_node *
py_compound(struct py_builder *b)
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
