/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions with operators, lambda, yield and await. Where the grammar binds differently
 * from Python ('&' and '^', await, ':=', `as`), the node is put right when it is built. */
#include "python/py_build.h"

/* Put `node`, an operation without its right operand, in the place of the leftmost operand
 * of the chain of operators `name` that was written after it: in a | (b | c) | d, where
 * the grammar nested to the right but no parentheses stand. Returns the top. */
static struct py_node *
graft_left(struct py_builder *b, struct py_node *node, struct py_node *chain, const char *name)
{
	struct py_node **slot = &chain;
	uint32_t begin = chain->begin;

	while ((*slot)->kind == PY_BINARY && (*slot)->begin == begin && (*slot)->name == name)
		slot = &(*slot)->binary.left;
	node->binary.right = *slot;
	node->end = py_outer_end(b, (*slot)->end);
	*slot = node;
	for (struct py_node *at = chain; at != node; at = at->binary.left) {
		at->begin = node->begin;
		at->line = node->line;
	}
	return chain;
}

/* For the grammar '^' binds tighter than '&'; in Python it is the other way round:
 * (p ^ q) & (r ^ s), when no parentheses were written, is p ^ (q & r) ^ s. */
static struct py_node *
join_and(struct py_builder *b, struct py_node *node, bool left_xor, bool right_xor)
{
	struct py_node *left = node->binary.left, *right = node->binary.right, *top = node;

	if (right_xor)
		top = graft_left(b, node, right, right->name);
	if (!left_xor)
		return top;
	/* node, now q & r, goes to where q was, and p ^ ... to where node was. */
	node->binary.left = left->binary.right;
	py_begin_at(b, node, py_outer_begin(b, node->binary.left->begin));
	left->binary.right = node;
	left->end = node->end;
	if (top == node)
		return left;
	for (struct py_node *at = top;; at = at->binary.left) {
		at->begin = left->begin;
		at->line = left->line;
		if (at->binary.left == node) {
			at->binary.left = left;
			return top;
		}
	}
}

static bool
is_xor(const struct py_node *node, bool direct)
{
	return direct && node->kind == PY_BINARY && node->name != NULL && *node->name == '^';
}

static struct py_node *
binary(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_BINARY, &b->now);
	bool left_direct, right_direct;

	if (!py_enter(b))
		return py_missing(b);
	left_direct = b->now.symbol == SYM_BINARY;
	node->binary.left = py_expression(b);
	if (py_advance(b))
		node->name = py_operator(b);
	if (py_advance(b)) {
		right_direct = b->now.symbol == SYM_BINARY;
		node->binary.right = py_expression(b);
	} else {
		right_direct = false;
		node->binary.right = py_missing(b);
	}
	py_leave(b);
	left_direct = is_xor(node->binary.left, left_direct);
	right_direct = is_xor(node->binary.right, right_direct);
	if (node->name != NULL && *node->name == '&' && (left_direct || right_direct))
		return join_and(b, node, left_direct, right_direct);
	return node;
}

static struct py_node *
unary(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_UNARY, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->name = py_operator(b);
	node->unary.operand = py_advance(b) ? py_expression(b) : py_missing(b);
	py_leave(b);
	if (b->source[node->begin] == '*') { /* the shadow has another sign there */
		node->kind = PY_STARRED;
		node->name = NULL;
	}
	return node;
}

/* For the grammar `await` covers a power; in Python it is the base alone. */
static struct py_node *
await(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_AWAIT, &b->now), *operand;
	bool direct = false;

	if (!py_enter(b))
		return py_missing(b);
	if (py_advance(b)) {
		direct = b->now.symbol == SYM_BINARY;
		operand = py_expression(b);
	} else {
		operand = py_missing(b);
	}
	py_leave(b);
	node->unary.operand = operand;
	if (!direct || operand->kind != PY_BINARY)
		return node;
	node->unary.operand = operand->binary.left;
	node->end = operand->binary.left->end;
	operand->binary.left = node;
	operand->begin = node->begin;
	operand->line = node->line;
	return operand;
}

/* a and b and c: one node of three elements, unless parentheses say otherwise. */
static struct py_node *
boolean(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_BOOLEAN, &b->now), *left, *right, *last;
	bool direct;

	if (!py_enter(b))
		return py_missing(b);
	direct = b->now.symbol == SYM_BOOLEAN;
	left = py_expression(b);
	if (py_advance(b))
		node->name = py_operator(b);
	right = py_advance(b) ? py_expression(b) : py_missing(b);
	py_leave(b);
	if (direct && left->kind == PY_BOOLEAN && left->name == node->name) {
		for (last = left->list.elements; last->next != NULL; last = last->next)
			;
		last->next = right;
		left->end = node->end;
		return left;
	}
	node->list.elements = left;
	left->next = right;
	return node;
}

static struct py_node *
compare(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_COMPARE, &b->now), *comparison;
	struct py_list rights = { 0 };

	if (!py_enter(b))
		return py_missing(b);
	node->binary.left = py_expression(b);
	while (py_advance(b)) {
		comparison = py_new(b, PY_COMPARISON, &b->now);
		comparison->name = py_operator(b);
		comparison->unary.operand = py_advance(b) ? py_expression(b) : py_missing(b);
		comparison->end = comparison->unary.operand->end;
		py_add(&rights, comparison);
	}
	py_leave(b);
	node->binary.right = rights.first;
	return node;
}

/* `x as y` is parsed as an expression and comes up from there as a PY_WITH_ITEM. Where it
 * hangs at the right end of `a if b else x as y` or `lambda: x as y`, it covers all. */
static struct py_node *
hoist_as(struct py_node *node, struct py_node **last)
{
	struct py_node *item = *last;

	if (item == NULL || item->kind != PY_WITH_ITEM)
		return node;
	*last = item->binary.left;
	node->end = item->binary.left->end;
	item->binary.left = node;
	item->begin = node->begin;
	item->line = node->line;
	return item;
}

/* `x := a if b else c` names the whole: the grammar binds x := a first. */
static struct py_node *
hoist_named(struct py_builder *b, struct py_node *node)
{
	struct py_node *named = node->branch.body;

	node->branch.body = named->binary.right;
	py_begin_at(b, node, py_outer_begin(b, node->branch.body->begin));
	named->binary.right = node;
	named->end = node->end;
	return named;
}

static struct py_node *
conditional(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_IF_EXPRESSION, &b->now);
	bool named;

	if (!py_enter(b))
		return py_missing(b);
	named = b->now.symbol == SYM_NAMED;
	node->branch.body = py_expression(b);
	if (py_advance_past(b))
		node->branch.test = py_expression(b);
	if (py_advance_past(b))
		node->branch.orelse = py_expression(b);
	py_leave(b);
	if (node->branch.test == NULL)
		node->branch.test = py_missing(b);
	if (node->branch.orelse == NULL)
		node->branch.orelse = py_missing(b);
	if (named && node->branch.body->kind == PY_NAMED)
		return hoist_named(b, node);
	return hoist_as(node, &node->branch.orelse);
}

static struct py_node *
lambda(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_LAMBDA, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	while (py_advance(b)) {
		if (b->now.symbol == SYM_LAMBDA_PARAMETERS)
			node->function.parameters = py_parameters(b);
		else if (b->now.symbol != SYM_COLON)
			node->function.body = py_expression(b);
	}
	py_leave(b);
	if (node->function.body == NULL)
		node->function.body = py_missing(b);
	return hoist_as(node, &node->function.body);
}

static struct py_node *
named(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_NAMED, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->binary.left = py_expression(b);
	if (py_advance_past(b))
		node->binary.right = py_expression(b);
	py_leave(b);
	if (node->binary.right == NULL)
		node->binary.right = py_missing(b);
	return hoist_as(node, &node->binary.right);
}

static struct py_node *
as_pattern(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_WITH_ITEM, &b->now);

	if (!py_enter(b))
		return py_missing(b);
	node->binary.left = py_expression(b);
	while (py_advance(b))
		if (b->now.symbol != SYM_KW_AS)
			node->binary.right = py_expression(b);
	py_leave(b);
	if (node->binary.right == NULL)
		node->binary.right = py_missing(b);
	return node;
}

static struct py_node *
yield(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_YIELD, &b->now);

	if (!py_enter(b))
		return node;
	while (py_advance(b)) {
		if (b->now.symbol == SYM_KW_FROM)
			node->kind = PY_YIELD_FROM;
		else
			node->unary.operand = py_expression(b);
	}
	py_leave(b);
	return node;
}

/* a[b] | c | d in an annotation: the grammar may bind c | d first. */
static struct py_node *
union_type(struct py_builder *b)
{
	struct py_node *node = py_new(b, PY_BINARY, &b->now), *right;
	uint32_t begin;

	if (!py_enter(b))
		return py_missing(b);
	node->binary.left = py_expression(b);
	if (py_advance(b))
		node->name = py_operator(b);
	if (!py_advance(b)) {
		py_leave(b);
		return py_missing(b);
	}
	begin = b->now.begin;
	right = py_expression(b);
	py_leave(b);
	if (right->begin == begin)
		return graft_left(b, node, right, node->name);
	node->binary.right = right; /* it stands in parentheses */
	return node;
}

struct py_node *
py_operation(struct py_builder *b)
{
	switch (b->now.symbol) {
	case SYM_BINARY:
		return binary(b);
	case SYM_UNION_TYPE:
		return union_type(b);
	case SYM_UNARY:
	case SYM_NOT:
		return unary(b);
	case SYM_BOOLEAN:
		return boolean(b);
	case SYM_COMPARISON:
		return compare(b);
	case SYM_CONDITIONAL:
		return conditional(b);
	case SYM_LAMBDA:
		return lambda(b);
	case SYM_NAMED:
		return named(b);
	case SYM_AS_PATTERN:
		return as_pattern(b);
	case SYM_AWAIT:
		return await(b);
	case SYM_YIELD:
		return yield(b);
	default:
		return py_missing(b);
	}
}
