/* SPDX-License-Identifier: Apache-2.0 */
/* Values, and the scopes, lists and dictionaries that hold them. */
#include "value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"

static struct value none_value = { .kind = VALUE_NONE };
static struct value unset_value = { .kind = VALUE_UNSET };
static struct value bool_values[2] = {
	{ .kind = VALUE_BOOL, .integer = 0 },
	{ .kind = VALUE_BOOL, .integer = 1 },
};

static uint32_t
scope_hash(const char *interned)
{
	uint64_t bits = (uint64_t)(uintptr_t)interned;

	return (uint32_t)((bits * 0x9e3779b97f4a7c15u) >> 32);
}

static uint32_t *
scope_slot(const struct scope *scope, const char *interned)
{
	uint32_t at = scope_hash(interned) & (scope->slot_count - 1);

	while (scope->slots[at] && scope->keys[scope->slots[at] - 1] != interned)
		at = (at + 1) & (scope->slot_count - 1);
	return &scope->slots[at];
}

struct value *
scope_get(const struct scope *scope, const char *interned)
{
	uint32_t i;

	if (scope->slot_count) {
		uint32_t slot = *scope_slot(scope, interned);

		return slot ? scope->values[slot - 1] : NULL;
	}
	for (i = 0; i < scope->count; i++)
		if (scope->keys[i] == interned)
			return scope->values[i];
	return NULL;
}

static void
scope_grow(struct arena *arena, struct scope *scope)
{
	uint32_t capacity = scope->capacity ? scope->capacity * 2 : 4, i;
	const char **keys = arena_alloc(arena, capacity * sizeof *keys);
	struct value **values = arena_alloc(arena, capacity * sizeof *values);

	if (scope->count) {
		memcpy(keys, scope->keys, scope->count * sizeof *keys);
		memcpy(values, scope->values, scope->count * sizeof *values);
	}
	scope->keys = keys;
	scope->values = values;
	scope->capacity = capacity;
	if (capacity < 16) /* a short scope is searched in order */
		return;
	scope->slot_count = capacity * 2;
	scope->slots = arena_alloc_zero(arena, scope->slot_count * sizeof *scope->slots);
	for (i = 0; i < scope->count; i++)
		*scope_slot(scope, scope->keys[i]) = i + 1;
}

void
scope_set(struct arena *arena, struct scope *scope, const char *interned, struct value *value)
{
	uint32_t i;

	if (scope->slot_count) {
		uint32_t *slot = scope_slot(scope, interned);

		if (*slot) {
			scope->values[*slot - 1] = value;
			return;
		}
	} else {
		for (i = 0; i < scope->count; i++) {
			if (scope->keys[i] == interned) {
				scope->values[i] = value;
				return;
			}
		}
	}
	if (scope->count == scope->capacity)
		scope_grow(arena, scope);
	scope->keys[scope->count] = interned;
	scope->values[scope->count++] = value;
	if (scope->slot_count)
		*scope_slot(scope, interned) = scope->count;
}

void
scope_remove(struct scope *scope, const char *interned)
{
	uint32_t i;

	for (i = 0; i < scope->count; i++)
		if (scope->keys[i] == interned)
			scope->values[i] = NULL;
}

struct value *
value_none(void)
{
	return &none_value;
}

struct value *
value_unset(void)
{
	return &unset_value;
}

struct value *
value_bool(bool truth)
{
	return &bool_values[truth];
}

static struct value *
value_new(struct arena *arena, enum value_kind kind)
{
	struct value *value = arena_alloc_zero(arena, sizeof *value);

	value->kind = kind;
	return value;
}

struct value *
value_int(struct arena *arena, int64_t integer)
{
	struct value *value = value_new(arena, VALUE_INT);

	value->integer = integer;
	return value;
}

struct value *
value_float(struct arena *arena, double number)
{
	struct value *value = value_new(arena, VALUE_FLOAT);

	value->number = number;
	return value;
}

struct value *
value_string(struct arena *arena, const char *text, size_t length)
{
	struct value *value = value_new(arena, VALUE_STRING);

	value->string.text = arena_copy(arena, text, length);
	value->string.length = length;
	return value;
}

struct value *
value_text(struct arena *arena, const char *text)
{
	return value_string(arena, text, strlen(text));
}

struct value *
value_list(struct arena *arena, enum value_kind kind)
{
	return value_new(arena, kind);
}

struct value *
value_dict(struct arena *arena)
{
	return value_new(arena, VALUE_DICT);
}

struct value *
value_external(struct arena *arena, const char *name)
{
	struct value *value = value_new(arena, VALUE_EXTERNAL);

	value->external = intern_string(name);
	return value;
}

void
list_add(struct arena *arena, struct list *list, struct value *item)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 4;
		struct value **items = arena_alloc(arena, capacity * sizeof *items);

		if (list->count)
			memcpy(items, list->items, list->count * sizeof *items);
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = item;
}

struct value *
dict_get(const struct dict *dict, const struct value *key)
{
	size_t i;

	for (i = 0; i < dict->keys.count; i++)
		if (value_equal(dict->keys.items[i], key))
			return dict->values.items[i];
	return NULL;
}

struct value *
dict_get_text(const struct dict *dict, const char *key)
{
	size_t i;

	for (i = 0; i < dict->keys.count; i++)
		if (value_is_string(dict->keys.items[i], key))
			return dict->values.items[i];
	return NULL;
}

void
dict_set(struct arena *arena, struct dict *dict, struct value *key, struct value *value)
{
	size_t i;

	for (i = 0; i < dict->keys.count; i++) {
		if (value_equal(dict->keys.items[i], key)) {
			dict->values.items[i] = value;
			return;
		}
	}
	list_add(arena, &dict->keys, key);
	list_add(arena, &dict->values, value);
}

bool
value_is_unknown(const struct value *value)
{
	return value->kind == VALUE_UNKNOWN;
}

bool
value_truth(const struct value *value)
{
	switch (value->kind) {
	case VALUE_UNKNOWN:
	case VALUE_UNSET:
	case VALUE_NONE:
		return false;
	case VALUE_BOOL:
	case VALUE_INT:
		return value->integer != 0;
	case VALUE_FLOAT:
		return value->number != 0;
	case VALUE_STRING:
		return value->string.length != 0;
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_SET:
		return value->list.count != 0;
	case VALUE_DICT:
		return value->dict.keys.count != 0;
	default:
		return true;
	}
}

bool
value_integer(const struct value *value, int64_t *integer)
{
	if (value->kind != VALUE_INT && value->kind != VALUE_BOOL)
		return false;
	*integer = value->integer;
	return true;
}

bool
value_number(const struct value *value, double *number)
{
	if (value->kind == VALUE_FLOAT)
		*number = value->number;
	else if (value->kind == VALUE_INT || value->kind == VALUE_BOOL)
		*number = (double)value->integer;
	else
		return false;
	return true;
}

bool
value_is_string(const struct value *value, const char *text)
{
	return value->kind == VALUE_STRING && strlen(text) == value->string.length &&
	    !memcmp(value->string.text, text, value->string.length);
}

/* Parts that are compared before two values count as different: lists that hold each other
 * many times over would never end. */
enum { EQUAL_BUDGET = 5000 };

static bool equal_within(const struct value *left, const struct value *right, int *budget);

static bool
list_equal(const struct list *left, const struct list *right, int *budget)
{
	size_t i;

	if (left->count != right->count)
		return false;
	for (i = 0; i < left->count; i++)
		if (!equal_within(left->items[i], right->items[i], budget))
			return false;
	return true;
}

static bool
dict_equal(const struct dict *left, const struct dict *right, int *budget)
{
	size_t i;

	if (left->keys.count != right->keys.count)
		return false;
	for (i = 0; i < left->keys.count; i++) {
		const struct value *other = dict_get(right, left->keys.items[i]);

		if (!other || !equal_within(left->values.items[i], other, budget))
			return false;
	}
	return true;
}

bool
value_equal(const struct value *left, const struct value *right)
{
	int budget = EQUAL_BUDGET;

	return equal_within(left, right, &budget);
}

static bool
equal_within(const struct value *left, const struct value *right, int *budget)
{
	double a, b;

	if (left == right)
		return true;
	if (--*budget < 0)
		return false;
	if (value_number(left, &a) && value_number(right, &b))
		return a == b;
	if (left->kind != right->kind)
		return false;
	switch (left->kind) {
	case VALUE_STRING:
		return left->string.length == right->string.length &&
		    !memcmp(left->string.text, right->string.text, left->string.length);
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_SET:
		return list_equal(&left->list, &right->list, budget);
	case VALUE_DICT:
		return dict_equal(&left->dict, &right->dict, budget);
	case VALUE_CLASS:
		return left->class == right->class;
	case VALUE_INSTANCE:
		return left->instance == right->instance;
	case VALUE_FUNCTION:
		return left->function == right->function;
	case VALUE_EXTERNAL:
		return left->external == right->external;
	default:
		return false;
	}
}

static const char *
show_number(struct arena *arena, double number)
{
	char buffer[64];
	int digits;

	for (digits = 1; digits < 17; digits++) { /* the shortest that reads back equal */
		double back;

		snprintf(buffer, sizeof buffer, "%.*g", digits, number);
		/* NOLINTNEXTLINE(cert-err34-c): of a number that was just written */
		if (sscanf(buffer, "%lf", &back) == 1 && back == number)
			break;
	}
	if (isfinite(number) && !strpbrk(buffer, ".e"))
		strcat(buffer, ".0"); /* NOLINT(*strcpy): there is room for 17 digits and more */
	return arena_copy(arena, buffer, strlen(buffer));
}

const char *
value_str(struct arena *arena, const struct value *value)
{
	char buffer[32];

	switch (value->kind) {
	case VALUE_STRING:
		return value->string.text;
	case VALUE_INT:
		snprintf(buffer, sizeof buffer, "%" PRId64, value->integer);
		return arena_copy(arena, buffer, strlen(buffer));
	default:
		return value_show(arena, value);
	}
}

const char *
value_show(struct arena *arena, const struct value *value)
{
	static const char *const names[] = {
		[VALUE_UNKNOWN] = "unknown", [VALUE_UNSET] = "an unset option",
		[VALUE_NONE] = "None", [VALUE_LIST] = "a list", [VALUE_TUPLE] = "a tuple",
		[VALUE_SET] = "a set", [VALUE_DICT] = "a dict", [VALUE_METHOD] = "a method",
		[VALUE_MODULE] = "a module", [VALUE_TENSOR] = "a tensor",
		[VALUE_SUPER] = "super()", [VALUE_SLICE] = "a slice",
		[VALUE_FUNCTION] = "a function", [VALUE_BUILTIN] = "a function",
	};
	char buffer[80];

	switch (value->kind) {
	case VALUE_BOOL:
		return value->integer ? "True" : "False";
	case VALUE_INT:
		return value_str(arena, value);
	case VALUE_FLOAT:
		return show_number(arena, value->number);
	case VALUE_STRING:
		snprintf(buffer, sizeof buffer, "'%.60s'%s", value->string.text,
		    value->string.length > 60 ? "..." : "");
		return arena_copy(arena, buffer, strlen(buffer));
	case VALUE_CLASS:
		return value->class->name;
	case VALUE_INSTANCE:
		snprintf(buffer, sizeof buffer, "a %.60s", value->instance->class->class->name);
		return arena_copy(arena, buffer, strlen(buffer));
	case VALUE_EXTERNAL:
		return value->external;
	default:
		return names[value->kind];
	}
}
