/* SPDX-License-Identifier: Apache-2.0 */
/* Python's built-in functions over sequences. */
#include <string.h>

#include "base/intern.h"
#include "interp.h"

static struct value *
need(struct interp *it, struct call *call, size_t position)
{
	if (position < call->count)
		return call->arguments[position];
	return unknown(it, "%s() lacks an argument", call->builtin->name);
}

/* list(), tuple(), set(): `data` is the kind they make. */
static struct value *
seq_collection(struct interp *it, struct call *call)
{
	static const enum value_kind kinds[] = { VALUE_LIST, VALUE_TUPLE, VALUE_SET, VALUE_SET };
	enum value_kind kind = kinds[strchr("ltsf", call->builtin->name[0]) - "ltsf"];
	struct value *result = value_list(&it->arena, kind);
	struct list items = { 0 };
	size_t i, k;

	if (!call->count)
		return result;
	if (value_is_unknown(call->arguments[0]))
		return call->arguments[0];
	if (!iterate(it, call->arguments[0], &items))
		return unknown(it, "%s() of %s", call->builtin->name,
		    value_show(&it->arena, call->arguments[0]));
	for (i = 0; i < items.count; i++) {
		for (k = 0; kind == VALUE_SET && k < result->list.count; k++)
			if (value_equal(result->list.items[k], items.items[i]))
				break;
		if (kind != VALUE_SET || k == result->list.count)
			list_add(&it->arena, &result->list, items.items[i]);
		if (step(it, (long)k / 16 + 1))
			break;
	}
	return result;
}

static struct value *
seq_dict(struct interp *it, struct call *call)
{
	struct value *result = value_dict(&it->arena);
	size_t i;

	if (call->count && call->arguments[0]->kind == VALUE_DICT) {
		const struct dict *from = &call->arguments[0]->dict;

		for (i = 0; i < from->keys.count; i++)
			dict_set(&it->arena, &result->dict, from->keys.items[i],
			    from->values.items[i]);
	} else if (call->count) {
		struct list pairs = { 0 };

		if (!iterate(it, call->arguments[0], &pairs))
			return unknown(it, "dict() of %s",
			    value_show(&it->arena, call->arguments[0]));
		for (i = 0; i < pairs.count; i++)
			if (pairs.items[i]->kind == VALUE_TUPLE && pairs.items[i]->list.count == 2)
				dict_set(&it->arena, &result->dict, pairs.items[i]->list.items[0],
				    pairs.items[i]->list.items[1]);
	}
	for (i = 0; i < call->keyword_count; i++)
		dict_set(&it->arena, &result->dict, value_text(&it->arena, call->keywords[i]),
		    call->values[i]);
	return result;
}

/* max() and min(); the latter when the name begins with "mi". */
static struct value *
seq_extreme(struct interp *it, struct call *call)
{
	const char *op = call->builtin->name[1] == 'i' ? "<" : ">";
	struct list items = { 0 };
	struct value *best;
	size_t i;

	if (call->count == 1) {
		if (value_is_unknown(call->arguments[0]))
			return call->arguments[0];
		if (!iterate(it, call->arguments[0], &items))
			return unknown(it, "%s() of %s", call->builtin->name,
			    value_show(&it->arena, call->arguments[0]));
	} else {
		items.items = call->arguments;
		items.count = call->count;
	}
	if (!items.count)
		return unknown(it, "%s() of nothing", call->builtin->name);
	best = items.items[0];
	for (i = 0; i < items.count; i++) {
		struct value *better = compare(it, op, items.items[i], best);

		if (value_is_unknown(better))
			return better;
		if (value_truth(better))
			best = items.items[i];
	}
	return best;
}

static struct value *
seq_sum(struct interp *it, struct call *call)
{
	struct value *total = call->count > 1 ? call->arguments[1] : value_int(&it->arena, 0);
	struct list items = { 0 };
	size_t i;

	if (!call->count || !iterate(it, call->arguments[0], &items))
		return call->count && value_is_unknown(call->arguments[0]) ? call->arguments[0] :
		    unknown(it, "sum() of something that is no list");
	for (i = 0; i < items.count; i++)
		total = operate(it, "+", total, items.items[i]);
	return total;
}

static struct value *
pair(struct interp *it, struct value *first, struct value *second)
{
	struct value *tuple = value_list(&it->arena, VALUE_TUPLE);

	list_add(&it->arena, &tuple->list, first);
	list_add(&it->arena, &tuple->list, second);
	return tuple;
}

static struct value *
seq_enumerate(struct interp *it, struct call *call)
{
	struct value *result = value_list(&it->arena, VALUE_LIST);
	struct value *start = call_argument(call, 1, "start");
	struct list items = { 0 };
	int64_t from = 0;
	size_t i;

	if (!iterate(it, need(it, call, 0), &items))
		return unknown(it, "enumerate() of something unknown");
	if (start)
		value_integer(start, &from);
	for (i = 0; i < items.count; i++)
		list_add(&it->arena, &result->list, pair(it,
		    value_int(&it->arena, (int64_t)((uint64_t)from + i)), items.items[i]));
	return result;
}

static struct value *
seq_zip(struct interp *it, struct call *call)
{
	struct value *result = value_list(&it->arena, VALUE_LIST);
	struct list *columns = arena_alloc_zero(&it->arena, (call->count + 1) * sizeof *columns);
	size_t i, row, rows = SIZE_MAX;

	for (i = 0; i < call->count; i++) {
		if (!iterate(it, call->arguments[i], &columns[i]))
			return unknown(it, "zip() of something unknown");
		if (columns[i].count < rows)
			rows = columns[i].count;
	}
	for (row = 0; call->count && row < rows; row++) {
		struct value *tuple = value_list(&it->arena, VALUE_TUPLE);

		for (i = 0; i < call->count; i++)
			list_add(&it->arena, &tuple->list, columns[i].items[row]);
		list_add(&it->arena, &result->list, tuple);
	}
	return result;
}

static struct value *
seq_map(struct interp *it, struct call *call)
{
	bool filters = call->builtin->name[0] == 'f';
	struct value *result = value_list(&it->arena, VALUE_LIST);
	struct list items = { 0 };
	size_t i;

	if (call->count != 2 || !iterate(it, call->arguments[1], &items))
		return unknown(it, "%s() of something unknown", call->builtin->name);
	for (i = 0; i < items.count && !step(it, 1); i++) {
		struct value *value = call_simple(it, call->arguments[0], &items.items[i], 1);

		if (!filters || value_truth(value))
			list_add(&it->arena, &result->list, filters ? items.items[i] : value);
	}
	return result;
}

/* any() and all(). */
static struct value *
seq_quantify(struct interp *it, struct call *call)
{
	bool any = call->builtin->name[1] == 'n';
	struct list items = { 0 };
	size_t i;

	if (!iterate(it, need(it, call, 0), &items))
		return unknown(it, "%s() of something unknown", call->builtin->name);
	for (i = 0; i < items.count; i++)
		if (value_truth(items.items[i]) == any)
			return value_bool(any);
	return value_bool(!any);
}

/* sorted() and reversed(), without keys. */
static struct value *
seq_ordered(struct interp *it, struct call *call)
{
	bool sorts = call->builtin->name[0] == 's';
	struct value *result = value_list(&it->arena, VALUE_LIST);
	struct list items = { 0 };
	size_t i, k;

	if (!iterate(it, need(it, call, 0), &items))
		return unknown(it, "%s() of something unknown", call->builtin->name);
	for (i = 0; i < items.count && !step(it, (long)i / 4 + 1); i++) {
		struct value *item = items.items[sorts ? i : items.count - 1 - i];

		list_add(&it->arena, &result->list, item);
		for (k = i; sorts && k > 0 && value_truth(compare(it, "<", item,
		    result->list.items[k - 1])); k--) {
			result->list.items[k] = result->list.items[k - 1];
			result->list.items[k - 1] = item;
		}
	}
	return result;
}

static const struct {
	const char *name;
	builtin_function *function;
} table[] = {
	{ "list", seq_collection }, { "tuple", seq_collection }, { "set", seq_collection },
	{ "frozenset", seq_collection },
	{ "dict", seq_dict }, { "max", seq_extreme }, { "min", seq_extreme }, { "sum", seq_sum },
	{ "enumerate", seq_enumerate }, { "zip", seq_zip }, { "map", seq_map },
	{ "filter", seq_map }, { "any", seq_quantify }, { "all", seq_quantify },
	{ "sorted", seq_ordered }, { "reversed", seq_ordered },
};

void
sequences_install(struct interp *it)
{
	size_t i;

	for (i = 0; i < sizeof table / sizeof *table; i++)
		scope_set(&it->arena, &it->builtins, intern_string(table[i].name),
		    builtin_value(it, table[i].name, table[i].function, NULL, NULL));
}
