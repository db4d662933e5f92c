/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of the model's code, evaluated one node at a time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "interp.h"
#include "base/text.h"

enum { DEPTH_LIMIT = 600 };

static struct value *
constant(struct interp *it, const struct py_node *node)
{
	char digits[64];
	size_t i, used = 0;
	int64_t integer;
	int base = 10;
	char *end;

	switch (node->op) {
	case PY_NONE:
		return value_none();
	case PY_TRUE:
		return value_bool(true);
	case PY_FALSE:
		return value_bool(false);
	case PY_STRING:
		return value_text(&it->arena, node->name ? node->name : "");
	case PY_INT:
	case PY_FLOAT:
		for (i = 0; node->name[i] && used + 1 < sizeof digits; i++)
			if (node->name[i] != '_')
				digits[used++] = node->name[i];
		digits[used] = '\0';
		if (node->op == PY_FLOAT)
			return value_float(&it->arena, strtod(digits, NULL));
		if (digits[0] == '0' && digits[1])
			base = strchr("xX", digits[1]) ? 16 : strchr("oO", digits[1]) ? 8 :
			    strchr("bB", digits[1]) ? 2 : 10;
		integer = strtoll(digits + (base == 10 ? 0 : 2), &end, base);
		if (*end || integer == INT64_MAX)
			return unknown(it, "the number %s does not fit 64 bits", digits);
		return value_int(&it->arena, integer);
	default:
		return unknown(it, "a %s is not evaluated",
		    node->op == PY_ELLIPSIS ? "..." : "bytes or complex constant");
	}
}

static struct value *
elements(struct interp *it, struct env *env, const struct py_node *node, enum value_kind kind)
{
	struct value *list = value_list(&it->arena, kind);
	const struct py_node *item;
	size_t i;

	for (item = node->list.elements; item; item = item->next) {
		if (item->kind == PY_STARRED) {
			struct list more = { 0 };

			if (!iterate(it, eval(it, env, item->unary.operand), &more))
				return unknown(it, "*%s has no known items", "expression");
			for (i = 0; i < more.count; i++)
				list_add(&it->arena, &list->list, more.items[i]);
		} else {
			list_add(&it->arena, &list->list, eval(it, env, item));
		}
	}
	return list;
}

static struct value *
dictionary(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *dict = value_dict(&it->arena);
	const struct py_node *item;
	size_t i;

	for (item = node->list.elements; item; item = item->next) {
		struct value *value = eval(it, env, item->binary.right);

		if (item->binary.left) {
			step(it, (long)dict->dict.keys.count);
			dict_set(&it->arena, &dict->dict, eval(it, env, item->binary.left), value);
		} else if (value->kind == VALUE_DICT) {
			for (i = 0; i < value->dict.keys.count; i++)
				dict_set(&it->arena, &dict->dict, value->dict.keys.items[i],
				    value->dict.values.items[i]);
		}
	}
	return dict;
}

static struct value *
joined_string(struct interp *it, struct env *env, const struct py_node *node)
{
	const struct py_node *part;
	struct text text = { 0 };
	struct value *result = NULL;

	text_add_string(&text, "");
	for (part = node->list.elements; part; part = part->next) {
		struct value *value = eval(it, env,
		    part->kind == PY_FORMATTED ? part->binary.left : part);

		if (value_is_unknown(value))
			result = value;
		text_add_string(&text, value_str(&it->arena, value));
		if (step(it, (long)text.length / 64))
			break;
	}
	if (!result)
		result = value_string(&it->arena, text.bytes, text.length);
	text_free(&text);
	return result;
}

static struct value *
unary(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *operand = eval(it, env, node->unary.operand);

	if (value_is_unknown(operand))
		return operand;
	if (node->name[0] == 'n')
		return value_bool(!value_truth(operand));
	if (operand->kind == VALUE_INT || operand->kind == VALUE_BOOL) {
		if (node->name[0] == '-')
			return operand->integer == INT64_MIN ?
			    unknown(it, "- overflows") : value_int(&it->arena, -operand->integer);
		return value_int(&it->arena,
		    node->name[0] == '~' ? ~operand->integer : operand->integer);
	}
	if (operand->kind == VALUE_FLOAT && node->name[0] != '~')
		return value_float(&it->arena,
		    node->name[0] == '-' ? -operand->number : operand->number);
	return unknown(it, "%s of %s", node->name, value_show(&it->arena, operand));
}

/* `and` stops at the first value that is not true, `or` at the first that is; unknowns
 * count as not true. */
static struct value *
boolean(struct interp *it, struct env *env, const struct py_node *node)
{
	bool stop_at = node->name[0] == 'o';
	struct value *value = value_none();
	const struct py_node *item;

	for (item = node->list.elements; item; item = item->next) {
		value = eval(it, env, item);
		if (value_truth(value) == stop_at)
			break;
	}
	return value;
}

static struct value *
comparison(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *left = eval(it, env, node->binary.left), *result = value_bool(true);
	const struct py_node *item;

	for (item = node->binary.right; item; item = item->next) {
		struct value *right = eval(it, env, item->unary.operand);

		result = compare(it, item->name, left, right);
		if (!value_truth(result))
			break;
		left = right;
	}
	return result;
}

static void
comprehend(struct interp *it, struct env *env, const struct py_node *node,
    const struct py_node *clause, struct value *into)
{
	struct list items = { 0 };
	const struct py_node *condition;
	struct value *iterable;
	size_t i;

	if (!clause) {
		struct value *element = eval(it, env, node->comprehension.element);

		if (into->kind == VALUE_DICT)
			dict_set(&it->arena, &into->dict, element,
			    eval(it, env, node->comprehension.value));
		else
			list_add(&it->arena, &into->list, element);
		return;
	}
	iterable = eval(it, env, clause->loop.iterable);
	if (!iterate(it, iterable, &items)) {
		into->kind = VALUE_UNKNOWN;
		into->reason = value_is_unknown(iterable) ? iterable->reason :
		    unknown(it, "a loop over %s", value_show(&it->arena, iterable))->reason;
		return;
	}
	for (i = 0; i < items.count && !step(it, 1) && !it->raised; i++) {
		bool wanted = true;

		assign(it, env, clause->loop.target, items.items[i]);
		for (condition = clause->loop.body; condition && wanted; condition = condition->next)
			wanted = value_truth(eval(it, env, condition));
		if (wanted)
			comprehend(it, env, node, clause->next, into);
		if (into->kind == VALUE_UNKNOWN)
			return;
	}
}

static struct value *
comprehension(struct interp *it, struct env *env, const struct py_node *node)
{
	static const enum value_kind kinds[] = {
		[PY_LIST_OF] = VALUE_LIST, [PY_SET_OF] = VALUE_SET,
		[PY_DICT_OF] = VALUE_DICT, [PY_GENERATOR] = VALUE_LIST,
	};
	struct value *into = value_list(&it->arena, kinds[node->op]);
	struct env *inner = arena_alloc_zero(&it->arena, sizeof *inner);

	*inner = *env;
	inner->names = arena_alloc_zero(&it->arena, sizeof *inner->names);
	memset(&inner->outer, 0, sizeof inner->outer);
	inner->parent = env;
	inner->is_class = false;
	comprehend(it, inner, node, node->comprehension.clauses, into);
	return into;
}

static struct value *
function_value(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *value = arena_alloc_zero(&it->arena, sizeof *value);

	value->kind = VALUE_FUNCTION;
	value->function = arena_alloc_zero(&it->arena, sizeof *value->function);
	value->function->node = node;
	value->function->module = env->module;
	value->function->closure = env;
	return value;
}

static void
keyword_add(struct interp *it, struct call *call, size_t *capacity, const char *name,
    struct value *value)
{
	if (call->keyword_count == *capacity) {
		size_t wanted = *capacity ? *capacity * 2 : 8;
		const char **names = arena_alloc(&it->arena, wanted * sizeof *names);
		struct value **values = arena_alloc(&it->arena, wanted * sizeof *values);

		if (*capacity) {
			memcpy(names, call->keywords, *capacity * sizeof *names);
			memcpy(values, call->values, *capacity * sizeof *values);
		}
		call->keywords = names;
		call->values = values;
		*capacity = wanted;
	}
	call->keywords[call->keyword_count] = name;
	call->values[call->keyword_count++] = value;
}

static void
spread_keywords(struct interp *it, struct call *call, size_t *capacity, struct value *value)
{
	size_t i;

	if (value->kind != VALUE_DICT)
		return;
	for (i = 0; i < value->dict.keys.count; i++)
		if (value->dict.keys.items[i]->kind == VALUE_STRING)
			keyword_add(it, call, capacity,
			    intern_string(value->dict.keys.items[i]->string.text),
			    value->dict.values.items[i]);
}

/* super() without arguments: the class whose method runs and its first argument. */
static struct value *
implicit_super(struct interp *it, struct env *env)
{
	struct value *value;

	for (; env && !env->owner; env = env->parent)
		;
	if (!env || !env->self)
		return unknown(it, "super() outside a method");
	value = arena_alloc_zero(&it->arena, sizeof *value);
	value->kind = VALUE_SUPER;
	value->super.class = env->owner;
	value->super.self = env->self;
	return value;
}

static struct value *
call_node(struct interp *it, struct env *env, const struct py_node *node)
{
	struct call call = { .node = node, .module = env->module };
	const struct py_node *item, *function = node->call.function;
	struct list arguments = { 0 };
	size_t capacity = 0, i;
	struct value *callee, *result;
	uint32_t line = it->line;

	if (function->kind == PY_NAME && !strcmp(function->name, "super") &&
	    !node->call.arguments)
		return implicit_super(it, env);
	callee = eval(it, env, function);
	for (item = node->call.arguments; item; item = item->next) {
		if (item->kind == PY_KEYWORD) {
			struct value *value = eval(it, env, item->unary.operand);

			if (item->name)
				keyword_add(it, &call, &capacity, item->name, value);
			else
				spread_keywords(it, &call, &capacity, value);
		} else if (item->kind == PY_STARRED) {
			struct list more = { 0 };

			if (iterate(it, eval(it, env, item->unary.operand), &more))
				for (i = 0; i < more.count; i++)
					list_add(&it->arena, &arguments, more.items[i]);
		} else {
			list_add(&it->arena, &arguments, eval(it, env, item));
		}
	}
	call.arguments = arguments.items;
	call.count = arguments.count;
	if (it->raised)
		return value_none();
	it->line = line;
	result = call_value(it, callee, &call);
	it->line = line;
	return result;
}

static struct value *
slice(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *value = arena_alloc_zero(&it->arena, sizeof *value);
	struct value **parts[3] = { &value->slice.lower, &value->slice.upper, &value->slice.step };
	int i;

	value->kind = VALUE_SLICE;
	for (i = 0; i < 3; i++)
		*parts[i] = node->part[i] ? eval(it, env, node->part[i]) : value_none();
	return value;
}

static struct value *
yielded(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *value = node->unary.operand ? eval(it, env, node->unary.operand) :
	    value_none();
	struct list more = { 0 };
	size_t i;

	for (; env && !env->yields; env = env->parent)
		;
	if (!env)
		return value_none();
	if (node->kind == PY_YIELD)
		list_add(&it->arena, env->yields, value);
	else if (iterate(it, value, &more))
		for (i = 0; i < more.count; i++)
			list_add(&it->arena, env->yields, more.items[i]);
	return value_none();
}

static struct value *
dispatch(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *value, *left;

	switch (node->kind) {
	case PY_NAME:
		return lookup(it, env, node->name);
	case PY_CONSTANT:
		return constant(it, node);
	case PY_JOINED_STRING:
		return joined_string(it, env, node);
	case PY_FORMATTED:
		return eval(it, env, node->binary.left);
	case PY_ATTRIBUTE:
		value = eval(it, env, node->unary.operand);
		it->line = node->line;
		return attribute(it, value, node->name);
	case PY_SUBSCRIPT:
		left = eval(it, env, node->binary.left);
		value = eval(it, env, node->binary.right);
		return subscript(it, left, value);
	case PY_SLICE:
		return slice(it, env, node);
	case PY_CALL:
		return call_node(it, env, node);
	case PY_BINARY:
		left = eval(it, env, node->binary.left);
		value = eval(it, env, node->binary.right);
		return operate(it, node->name, left, value);
	case PY_UNARY:
		return unary(it, env, node);
	case PY_BOOLEAN:
		return boolean(it, env, node);
	case PY_COMPARE:
		return comparison(it, env, node);
	case PY_IF_EXPRESSION:
		return eval(it, env, value_truth(eval(it, env, node->branch.test)) ?
		    node->branch.body : node->branch.orelse);
	case PY_LAMBDA:
		return function_value(it, env, node);
	case PY_LIST:
		return elements(it, env, node, VALUE_LIST);
	case PY_TUPLE:
		return elements(it, env, node, VALUE_TUPLE);
	case PY_SET:
		return elements(it, env, node, VALUE_SET);
	case PY_DICT:
		return dictionary(it, env, node);
	case PY_COMPREHENSION:
		return comprehension(it, env, node);
	case PY_YIELD:
	case PY_YIELD_FROM:
		return yielded(it, env, node);
	case PY_AWAIT:
		return eval(it, env, node->unary.operand);
	case PY_NAMED:
		value = eval(it, env, node->binary.right);
		assign(it, env, node->binary.left, value);
		return value;
	case PY_ERROR:
		return unknown(it, "a syntax error");
	default:
		return unknown(it, "%s is not evaluated", py_kind_name(node->kind));
	}
}

struct value *
eval(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *value;

	if (!node || it->raised)
		return value_none();
	it->line = node->line;
	if (step(it, 1))
		return unknown(it, "stopped: the work allowed for one model is used up");
	if (it->depth >= DEPTH_LIMIT)
		return unknown(it, "stopped: nested deeper than %d levels", DEPTH_LIMIT);
	it->depth++;
	value = dispatch(it, env, node);
	it->depth--;
	return value;
}
