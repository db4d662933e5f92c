/* SPDX-License-Identifier: Apache-2.0 */
/* match statements and their patterns. */
#include "python/py_build.h"

static struct py_node *pattern(struct py_builder *b);

static struct py_node *
new_pattern(struct py_builder *b, enum py_pattern of, const struct py_place *place)
{
	struct py_node *node = py_new(b, PY_PATTERN, place);

	node->op = (uint8_t)of;
	return node;
}

static struct py_node *
value_pattern(struct py_builder *b, struct py_node *value)
{
	struct py_place place = { .begin = value->begin, .end = value->end };
	struct py_node *node = new_pattern(b, PY_MATCH_VALUE, &place);

	node->list.elements = value;
	return node;
}

/* a.b.c as the expression it is. */
static struct py_node *
dotted_expression(struct py_builder *b)
{
	struct py_node *node = NULL, *object;

	if (!py_enter(b))
		return py_missing(b);
	do {
		if (b->now.symbol != SYM_IDENTIFIER)
			continue;
		object = node;
		node = py_new(b, object != NULL ? PY_ATTRIBUTE : PY_NAME, &b->now);
		node->name = py_now_name(b);
		if (object != NULL) {
			py_begin_at(b, node, object->begin);
			node->unary.operand = object;
		}
	} while (py_advance(b));
	py_leave(b);
	return node != NULL ? node : py_missing(b);
}

/* One name alone captures, unless it is "_"; a dotted one is a value. */
static struct py_node *
name_pattern(struct py_builder *b)
{
	struct py_place place = b->now;
	struct py_node *expression = dotted_expression(b), *node;

	if (expression->kind != PY_NAME)
		return value_pattern(b, expression);
	node = new_pattern(b, PY_MATCH_CAPTURE, &place);
	if (place.end - place.begin != 1 || b->source[place.begin] != '_')
		node->name = expression->name;
	return node;
}

/* The number at hand with the sign before it, if `minus` is set. */
static struct py_node *
number(struct py_builder *b, const struct py_place *minus)
{
	struct py_node *value = py_expression(b), *node;

	if (minus == NULL)
		return value;
	node = py_new(b, PY_UNARY, minus);
	node->name = py_spelled(b, minus->begin, minus->end);
	node->end = value->end;
	node->unary.operand = value;
	return node;
}

/* -1 + 2j */
static struct py_node *
complex_number(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_BINARY, &b->now);
	struct py_place minus;
	bool negative = false;

	if (!py_enter(b))
		return py_missing(b);
	do {
		if (node->binary.left == NULL && b->now.symbol == SYM_MINUS) {
			negative = true;
			minus = b->now;
		} else if (node->binary.left == NULL) {
			node->binary.left = number(b, negative ? &minus : NULL);
		} else if (b->now.symbol == SYM_MINUS || b->now.symbol == SYM_PLUS) {
			node->name = py_operator(b);
		} else {
			node->binary.right = py_expression(b);
		}
	} while (py_advance(b));
	py_leave(b);
	return node;
}

/* The patterns among the children from the one at hand on; *comma as it says. */
static struct py_node *
patterns(struct py_builder *b, bool *comma, enum py_symbol stop)
{
	struct py_list list = { 0 };

	*comma = false;
	do {
		if (b->now.symbol == stop)
			break;
		if (b->now.symbol == SYM_COMMA)
			*comma = true;
		else if (b->now.symbol != SYM_OTHER)
			py_add(&list, pattern(b));
	} while (py_advance(b));
	return list.first;
}

/* [a, b], (a, b) and (a), which is just a. */
static struct py_node *
sequence_pattern(struct py_builder *b)
{
	struct py_node *node = new_pattern(b, PY_MATCH_SEQUENCE, &b->now);
	bool list = b->now.symbol == SYM_LIST_PATTERN, comma = false;

	if (!py_enter(b))
		return node;
	node->list.elements = patterns(b, &comma, SYM_COUNT);
	py_leave(b);
	if (!list && !comma && node->list.elements != NULL)
		return node->list.elements;
	return node;
}

static struct py_node *
splat_pattern(struct py_builder *b)
{
	struct py_node *node = new_pattern(b, PY_MATCH_STAR, &b->now);

	if (!py_enter(b))
		return node;
	while (py_advance(b))
		if (b->now.symbol == SYM_IDENTIFIER)
			node->name = py_now_name(b);
	py_leave(b);
	return node;
}

static struct py_node *
union_pattern(struct py_builder *b)
{
	struct py_node *node = new_pattern(b, PY_MATCH_OR, &b->now);
	bool comma;

	if (!py_enter(b))
		return node;
	node->list.elements = patterns(b, &comma, SYM_COUNT);
	py_leave(b);
	return node;
}

/* Keys are expressions, values patterns, in turn. */
static struct py_node *
mapping_pattern(struct py_builder *b)
{
	struct py_node *node = new_pattern(b, PY_MATCH_MAPPING, &b->now), *key;
	struct py_list list = { 0 };
	bool value = false;

	if (!py_enter(b))
		return node;
	do {
		if (b->now.symbol == SYM_COLON) {
			value = true;
		} else if (b->now.symbol == SYM_COMMA) {
			value = false;
		} else if (b->now.symbol == SYM_SPLAT_PATTERN) {
			node->name = splat_pattern(b)->name;
		} else if (b->now.symbol != SYM_OTHER) {
			key = pattern(b);
			if (!value && key->kind == PY_PATTERN && key->op == PY_MATCH_VALUE)
				key = key->list.elements;
			py_add(&list, key);
		}
	} while (py_advance(b));
	py_leave(b);
	node->list.elements = list.first;
	return node;
}

static struct py_node *
keyword_pattern(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_KEYWORD, &b->now);

	if (!py_enter(b))
		return node;
	node->name = py_now_name(b);
	while (py_advance(b))
		if (b->now.symbol != SYM_EQUALS)
			node->unary.operand = pattern(b);
	py_leave(b);
	return node;
}

static struct py_node *
class_pattern(struct py_builder *b)
{
	struct py_node *node = new_pattern(b, PY_MATCH_CLASS, &b->now), *class;
	bool comma;

	if (!py_enter(b))
		return node;
	class = dotted_expression(b);
	if (py_advance(b))
		class->next = patterns(b, &comma, SYM_COUNT);
	py_leave(b);
	node->list.elements = class;
	return node;
}

static struct py_node *
as_pattern(struct py_builder *b)
{
	struct py_node *node = new_pattern(b, PY_MATCH_AS, &b->now), *keyword;

	if (!py_enter(b))
		return node;
	do {
		if (b->now.symbol == SYM_IDENTIFIER)
			node->name = py_now_name(b);
		else if (b->now.symbol != SYM_KW_AS)
			node->list.elements = pattern(b);
	} while (py_advance(b));
	py_leave(b);
	keyword = node->list.elements;
	if (keyword == NULL || keyword->kind != PY_KEYWORD)
		return node;
	/* For the grammar C(a=b as c) is (a=b) as c. */
	node->list.elements = keyword->unary.operand;
	py_begin_at(b, node, py_outer_begin(b, keyword->unary.operand->begin));
	keyword->unary.operand = node;
	keyword->end = node->end;
	return keyword;
}

static struct py_node *
case_pattern(struct py_builder *b)
{
	struct py_node *node = NULL;

	if (!py_enter(b))
		return py_missing(b);
	node = pattern(b);
	py_leave(b);
	return node;
}

static struct py_node *
any_pattern(struct py_builder *b)
{
	struct py_place place = b->now;

	switch (b->now.symbol) {
	case SYM_CASE_PATTERN:
		return case_pattern(b);
	case SYM_AS_PATTERN:
		return as_pattern(b);
	case SYM_KEYWORD_PATTERN:
		return keyword_pattern(b);
	case SYM_CLASS_PATTERN:
		return class_pattern(b);
	case SYM_SPLAT_PATTERN:
		return splat_pattern(b);
	case SYM_UNION_PATTERN:
		return union_pattern(b);
	case SYM_LIST_PATTERN:
	case SYM_TUPLE_PATTERN:
		return sequence_pattern(b);
	case SYM_DICT_PATTERN:
		return mapping_pattern(b);
	case SYM_DOTTED_NAME:
		return name_pattern(b);
	case SYM_UNDERSCORE:
		return new_pattern(b, PY_MATCH_CAPTURE, &b->now);
	case SYM_COMPLEX_PATTERN:
		return value_pattern(b, complex_number(b));
	case SYM_MINUS:
		if (!py_advance(b))
			return py_missing(b);
		return value_pattern(b, number(b, &place));
	default:
		return value_pattern(b, py_expression(b));
	}
}

static struct py_node *
pattern(struct py_builder *b)
{
	struct py_node *node;

	if (!py_nest(b))
		return py_new(b, PY_ERROR, &b->now);
	node = any_pattern(b);
	py_unnest(b);
	return node;
}

static struct py_node *
guard(struct py_builder *b)
{
	struct py_node *node = NULL;

	if (!py_enter(b))
		return py_missing(b);
	if (py_advance(b))
		node = py_expression(b);
	py_leave(b);
	return node;
}

/* Several patterns, or one with a comma after, are a sequence without brackets. */
static struct py_node *
case_clause(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_CASE, &b->now), *sequence;
	struct py_list list = { 0 }, body = { 0 };
	struct py_place place = { 0 };
	bool comma = false;

	if (!py_enter(b))
		return node;
	while (py_advance(b)) {
		switch (b->now.symbol) {
		case SYM_CASE_PATTERN:
			if (list.first == NULL)
				place = b->now;
			place.end = b->now.end;
			py_add(&list, pattern(b));
			break;
		case SYM_COMMA:
			comma = true;
			place.end = b->now.end;
			break;
		case SYM_IF_CLAUSE:
			node->branch.test = guard(b);
			break;
		case SYM_BLOCK:
			py_statements(b, &body);
			node->branch.body = body.first;
			break;
		default:
			break;
		}
	}
	py_leave(b);
	node->end = py_list_end(b, node->branch.body, node->end);
	node->part[3] = list.first;
	if (comma) {
		sequence = new_pattern(b, PY_MATCH_SEQUENCE, &place);
		sequence->list.elements = list.first;
		node->part[3] = sequence;
	}
	return node;
}

/* Cases are children of a block, and of an ERROR where one does not parse. */
static void
cases(struct py_builder *b, struct py_list *list)
{
	if (!py_enter(b))
		return;
	do {
		if (b->now.symbol == SYM_CASE)
			py_add(list, case_clause(b));
	} while (py_advance(b));
	py_leave(b);
}

struct py_node *
py_match(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_MATCH, &b->now), *tuple;
	struct py_list subjects = { 0 }, list = { 0 };
	struct py_place place = { 0 };
	bool comma = false;

	if (!py_enter(b))
		return node;
	while (py_advance(b)) {
		if (b->now.symbol == SYM_BLOCK) {
			cases(b, &list);
		} else if (b->now.symbol == SYM_COMMA) {
			comma = true;
			place.end = b->now.end;
		} else if (b->now.symbol != SYM_COLON) {
			if (subjects.first == NULL)
				place = b->now;
			place.end = b->now.end;
			py_add(&subjects, py_expression(b));
		}
	}
	py_leave(b);
	node->match.subject = subjects.first;
	if (comma) {
		tuple = py_new(b, PY_TUPLE, &place);
		tuple->list.elements = subjects.first;
		node->match.subject = tuple;
	}
	node->match.cases = list.first;
	node->end = py_list_end(b, list.first, node->end);
	return node;
}
