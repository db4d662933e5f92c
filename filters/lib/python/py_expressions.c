/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions without operators, and the targets of assignments. */
#include <string.h>

#include "python/py_build.h"

/* ---- Lists of elements ---- */

/* A `*` that the grammar bound to the leftmost name covers the whole element. */
static struct py_node *
hoist_star(struct py_builder *b, struct py_node *node)
{
	struct py_node **slot = NULL, *star = node, *at;
	uint32_t begin = node->begin + 1;

	if (b->source[node->begin] != '*' || node->kind == PY_STARRED)
		return node;
	while (star->kind != PY_STARRED) {
		if (star->part[0] == NULL || star->part[0]->begin != node->begin)
			return node;
		slot = &star->part[0];
		star = *slot;
	}
	*slot = star->unary.operand;
	/* What remains begins after the star: at a parenthesis, if there is one. */
	while (begin < star->unary.operand->begin &&
	    strchr(" \t\f\r\n\\", b->source[begin]) != NULL)
		begin++;
	for (at = node; at != star->unary.operand; at = at->part[0]) {
		at->begin = begin;
		at->line = py_source_line(b->file, begin);
	}
	star->unary.operand = node;
	star->end = node->end;
	return star;
}

/* Children that are expressions; *comma is set when one stands between or after them. */
static struct py_node *
elements(struct py_builder *b, bool *comma)
{
	struct py_list list = { 0 };

	*comma = false;
	if (!py_enter(b))
		return NULL;
	do {
		if (b->now.symbol == SYM_COMMA)
			*comma = true;
		else if (b->now.symbol == SYM_ERROR)
			py_broken(b, "invalid syntax");
		else if (b->now.symbol != SYM_OTHER)
			py_add(&list, hoist_star(b, py_expression(b)));
	} while (py_advance(b));
	py_leave(b);
	return list.first;
}

struct py_node *
py_elements(struct py_builder *b)
{
	struct py_place place = b->now;
	bool comma;
	struct py_node *list = elements(b, &comma), *tuple;

	if (!comma)
		return list != NULL ? list : py_missing(b);
	tuple = py_new(b, PY_TUPLE, &place);
	tuple->list.elements = list;
	return tuple;
}

static struct py_node *
sequence(struct py_builder *b, enum py_kind kind)
{
	struct py_node *node = py_new(b, kind, &b->now);
	bool comma;

	node->list.elements = elements(b, &comma);
	return node;
}

/* Targets know no parenthesised expression: `(a)` is a tuple pattern without a comma. */
static struct py_node *
tuple_target(struct py_builder *b)
{
	struct py_place place = b->now;
	bool comma;
	struct py_node *list = elements(b, &comma), *node;

	if (list != NULL && !comma)
		return list;
	node = py_new(b, PY_TUPLE, &place);
	node->list.elements = list;
	return node;
}

/* ---- Primaries ---- */

static struct py_node *
attribute(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_ATTRIBUTE, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->unary.operand = py_expression(b);
	while (py_advance(b))
		if (b->now.symbol == SYM_IDENTIFIER)
			node->name = py_now_name(b);
	py_leave(b);
	return node->name != NULL ? node : py_missing(b);
}

static struct py_node *
call(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_CALL, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->call.function = py_expression(b);
	if (py_advance(b))
		node->call.arguments =
		    b->now.symbol == SYM_ARGUMENTS ? py_arguments(b) : py_expression(b);
	py_leave(b);
	return node;
}

static struct py_node *
keyword_argument(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_KEYWORD, &b->now);

	if (!py_enter(b))
		return node;
	node->name = py_now_name(b);
	while (py_advance(b))
		if (b->now.symbol != SYM_EQUALS)
			node->unary.operand = py_expression(b);
	py_leave(b);
	if (node->unary.operand == NULL)
		node->unary.operand = py_missing(b);
	return node;
}

/* `*x` and `**x`: the operand after the operator. */
static struct py_node *
splat(struct py_builder *b, enum py_kind kind)
{
	struct py_node *node = py_new(b, kind, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->unary.operand = py_advance(b) ? py_expression(b) : py_missing(b);
	py_leave(b);
	return node;
}

struct py_node *
py_arguments(struct py_builder *b)
{
	struct py_list list = { 0 };

	if (!py_enter(b))
		return NULL;
	do {
		switch (b->now.symbol) {
		case SYM_OTHER:
		case SYM_COMMA:
			break;
		case SYM_ERROR:
			py_broken(b, "invalid syntax");
			break;
		case SYM_KEYWORD_ARGUMENT:
			py_add(&list, keyword_argument(b));
			break;
		case SYM_DICTIONARY_SPLAT:
			py_add(&list, splat(b, PY_KEYWORD));
			break;
		default:
			py_add(&list, hoist_star(b, py_expression(b)));
		}
	} while (py_advance(b));
	py_leave(b);
	return list.first;
}

/* The index after the bracket at hand, which opens. Several subscripts, or a starred one,
 * are a tuple that begins at the first of them, with its parenthesis if it has one. */
static struct py_node *
subscripts(struct py_builder *b)
{
	struct py_place place = b->now;
	struct py_list list = { 0 };
	struct py_node *tuple;
	bool comma = false;

	while (py_advance(b)) {
		if (b->now.symbol == SYM_OTHER)
			continue;
		place.end = b->now.end;
		if (b->now.symbol == SYM_COMMA) {
			comma = true;
			continue;
		}
		if (list.first == NULL)
			place.begin = b->now.begin;
		py_add(&list, hoist_star(b, py_expression(b)));
	}
	if (list.first == NULL)
		return py_missing(b);
	if (!comma && list.first->kind != PY_STARRED)
		return list.first;
	tuple = py_new(b, PY_TUPLE, &place);
	tuple->list.elements = list.first;
	return tuple;
}

static struct py_node *
subscript(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_SUBSCRIPT, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->binary.left = py_expression(b);
	if (py_advance(b))
		node->binary.right = subscripts(b);
	py_leave(b);
	if (node->binary.right == NULL)
		node->binary.right = py_missing(b);
	return node;
}

/* A subscript in an annotation: name and type_parameter. */
static struct py_node *
generic_type(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_SUBSCRIPT, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->binary.left = py_expression(b);
	if (py_advance(b) && py_enter(b)) {
		node->binary.right = subscripts(b);
		py_leave(b);
	}
	py_leave(b);
	if (node->binary.right == NULL)
		node->binary.right = py_missing(b);
	return node;
}

/* a:b:c, also where an annotation's subscript took it for a bound. */
static struct py_node *
slice(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_SLICE, &b->now);
	size_t part = 0;

	if (!py_enter(b))
		return node;
	do {
		if (b->now.symbol == SYM_COLON)
			part += part < 2;
		else
			node->part[part] = py_expression(b);
	} while (py_advance(b));
	py_leave(b);
	return node;
}

static struct py_node *
dictionary(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_DICT, &b->now), *item;
	struct py_list items = { 0 };

	if (!py_enter(b))
		return node;
	do {
		if (b->now.symbol != SYM_PAIR && b->now.symbol != SYM_DICTIONARY_SPLAT)
			continue;
		if (b->now.symbol == SYM_PAIR) {
			item = py_expression(b);
		} else {
			item = splat(b, PY_DICT_ITEM);
			item->binary.right = item->unary.operand;
			item->binary.left = NULL;
		}
		py_add(&items, item);
	} while (py_advance(b));
	py_leave(b);
	node->list.elements = items.first;
	return node;
}

static struct py_node *
pair(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_DICT_ITEM, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->binary.left = py_expression(b);
	if (py_advance_past(b))
		node->binary.right = py_expression(b);
	py_leave(b);
	if (node->binary.right == NULL)
		node->binary.right = py_missing(b);
	return node;
}

/* ---- Comprehensions ---- */

static struct py_node *
comprehension_for(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_COMPREHENSION_FOR, &b->now);
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
		case SYM_OTHER:
		case SYM_COMMA:
			break;
		default:
			if (in)
				node->loop.iterable = py_expression(b);
			else
				node->loop.target = py_expression(b);
		}
	} while (py_advance(b));
	py_leave(b);
	return node;
}

static struct py_node *
comprehension(struct py_builder *b, enum py_comprehension of)
{
	struct py_node *node = py_new(b, PY_COMPREHENSION, &b->now), *element;
	struct py_list clauses = { 0 }, conditions = { 0 };

	node->op = (uint8_t)of;
	if (!py_enter(b))
		return py_missing(b);
	do {
		if (b->now.symbol == SYM_OTHER)
			continue;
		if (b->now.symbol == SYM_FOR_IN) {
			struct py_node *clause = comprehension_for(b);

			py_add(&clauses, clause);
			conditions = (struct py_list){ .end = &clause->loop.body };
		} else if (b->now.symbol == SYM_IF_CLAUSE) {
			if (py_enter(b)) {
				if (py_advance(b))
					py_add(&conditions, py_expression(b));
				py_leave(b);
			}
		} else {
			element = py_expression(b);
			if (of == PY_DICT_OF && element->kind == PY_DICT_ITEM) {
				node->comprehension.value = element->binary.right;
				element = element->binary.left;
			}
			node->comprehension.element = element;
		}
	} while (py_advance(b));
	py_leave(b);
	node->comprehension.clauses = clauses.first;
	return node;
}

/* ---- Dispatch ---- */

/* The only child that is an expression: parentheses, type, as_pattern_target. */
static struct py_node *
inner(struct py_builder *b)
{
	struct py_node *node = NULL;

	if (!py_enter(b))
		return py_missing(b);
	do {
		if (b->now.symbol == SYM_ERROR)
			py_broken(b, "invalid syntax");
		else if (b->now.symbol != SYM_OTHER)
			node = hoist_star(b, py_expression(b));
	} while (py_advance(b));
	py_leave(b);
	return node != NULL ? node : py_missing(b);
}

static struct py_node *
constant(struct py_builder *b, enum py_constant of)
{
	struct py_node *node = py_new(b, PY_CONSTANT, &b->now);
	char last = b->source[b->now.end - 1];

	node->op = (uint8_t)of;
	if ((of == PY_INT || of == PY_FLOAT) && (last == 'j' || last == 'J'))
		node->op = PY_COMPLEX;
	node->name = py_spelled(b, b->now.begin, b->now.end);
	return node;
}

static struct py_node *
name(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_NAME, &b->now);

	node->name = py_now_name(b);
	return node;
}

/* Or what py_scan made a number of: a string, or a name that begins an annotation. */
static struct py_node *
integer(struct py_builder *b)
{
	char first = b->source[b->now.begin];

	if (first >= '0' && first <= '9')
		return constant(b, PY_INT);
	return py_ends_in_quote(b) ? py_string(b) : name(b);
}

static struct py_node *
atom(struct py_builder *b)
{
	switch (b->now.symbol) {
	case SYM_INTEGER:
		return integer(b);
	case SYM_FLOAT:
		return constant(b, PY_FLOAT);
	case SYM_TRUE:
		return constant(b, PY_TRUE);
	case SYM_FALSE:
		return constant(b, PY_FALSE);
	case SYM_NONE:
		return constant(b, PY_NONE);
	case SYM_ELLIPSIS:
		return constant(b, PY_ELLIPSIS);
	case SYM_LIST:
	case SYM_LIST_PATTERN:
		return sequence(b, PY_LIST);
	case SYM_SET:
		return sequence(b, PY_SET);
	case SYM_TUPLE:
		return sequence(b, PY_TUPLE);
	case SYM_TUPLE_PATTERN:
		return tuple_target(b);
	case SYM_DICTIONARY:
		return dictionary(b);
	case SYM_PAIR:
		return pair(b);
	case SYM_LIST_COMPREHENSION:
		return comprehension(b, PY_LIST_OF);
	case SYM_SET_COMPREHENSION:
		return comprehension(b, PY_SET_OF);
	case SYM_DICT_COMPREHENSION:
		return comprehension(b, PY_DICT_OF);
	case SYM_GENERATOR:
		return comprehension(b, PY_GENERATOR);
	default:
		return py_missing(b);
	}
}

static struct py_node *
expression(struct py_builder *b)
{
	switch (b->now.symbol) {
	case SYM_IDENTIFIER:
		return py_ends_in_quote(b) ? py_string(b) : name(b);
	case SYM_ATTRIBUTE:
	case SYM_MEMBER_TYPE:
		return attribute(b);
	case SYM_CALL:
		return call(b);
	case SYM_SUBSCRIPT:
		return subscript(b);
	case SYM_GENERIC_TYPE:
		return generic_type(b);
	case SYM_SLICE:
	case SYM_CONSTRAINED_TYPE:
		return slice(b);
	case SYM_STRING:
	case SYM_CONCATENATED:
		return py_string(b);
	case SYM_TYPE:
	case SYM_PARENTHESIZED:
	case SYM_AS_TARGET:
		return inner(b);
	case SYM_EXPRESSION_LIST:
	case SYM_PATTERN_LIST:
		return py_elements(b);
	case SYM_BINARY:
	case SYM_UNION_TYPE:
	case SYM_UNARY:
	case SYM_NOT:
	case SYM_BOOLEAN:
	case SYM_COMPARISON:
	case SYM_CONDITIONAL:
	case SYM_LAMBDA:
	case SYM_NAMED:
	case SYM_AS_PATTERN:
	case SYM_AWAIT:
	case SYM_YIELD:
		return py_operation(b);
	case SYM_LIST_SPLAT:
	case SYM_LIST_SPLAT_PATTERN:
	case SYM_SPLAT_TYPE:
		return splat(b, PY_STARRED);
	default:
		return atom(b);
	}
}

struct py_node *
py_expression(struct py_builder *b)
{
	struct py_node *node;

	if (!py_nest(b))
		return py_new(b, PY_ERROR, &b->now);
	node = expression(b);
	py_unnest(b);
	return node;
}
