/* SPDX-License-Identifier: Apache-2.0 */
/* Python's built-in functions, as far as constructors use them. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "interp.h"

enum { RANGE_LIMIT = 20000 };

struct value *
builtin_value(struct interp *it, const char *name, builtin_function *function,
    const void *data, struct value *self)
{
	struct value *value = arena_alloc_zero(&it->arena, sizeof *value);

	value->kind = VALUE_BUILTIN;
	value->builtin = arena_alloc_zero(&it->arena, sizeof *value->builtin);
	value->builtin->name = name;
	value->builtin->function = function;
	value->builtin->data = data;
	value->builtin->self = self;
	return value;
}

static bool
iterate_instance(struct interp *it, struct value *value, struct list *out)
{
	struct value *method = class_lookup(value->instance->class->class,
	    intern_string("__iter__"));
	uint32_t i;

	if (method && method->kind == VALUE_FUNCTION)
		return iterate(it, call_simple(it, bind(it, method, value), NULL, 0), out);
	if (!value->instance->class->class->is_module)
		return false;
	if (class_is(value->instance->class, "ModuleDict")) {
		for (i = 0; i < value->instance->attributes.count; i++)
			list_add(&it->arena, out, value_text(&it->arena,
			    value->instance->attributes.keys[i]));
		return true;
	}
	*out = value->instance->items;
	return true;
}

bool
iterate(struct interp *it, struct value *value, struct list *out)
{
	size_t i;
	uint32_t k;

	switch (value->kind) {
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_SET:
		for (i = 0; i < value->list.count; i++) /* a copy: loops may change the list */
			list_add(&it->arena, out, value->list.items[i]);
		step(it, (long)value->list.count / 8);
		return true;
	case VALUE_DICT:
		for (i = 0; i < value->dict.keys.count; i++)
			list_add(&it->arena, out, value->dict.keys.items[i]);
		return true;
	case VALUE_STRING:
		for (i = 0; i < value->string.length; i++)
			list_add(&it->arena, out, value_string(&it->arena,
			    value->string.text + i, 1));
		return true;
	case VALUE_CLASS:
		for (k = 0; value->class->is_enum && k < value->class->attributes.count; k++)
			if (value->class->attributes.values[k] &&
			    value->class->attributes.values[k]->kind == VALUE_INSTANCE)
				list_add(&it->arena, out, value->class->attributes.values[k]);
		return value->class->is_enum;
	case VALUE_INSTANCE:
		return iterate_instance(it, value, out);
	case VALUE_NONE:
	case VALUE_UNSET:
	default:
		return false;
	}
}

static struct value *
need(struct interp *it, struct call *call, size_t position)
{
	if (position < call->count)
		return call->arguments[position];
	return unknown(it, "%s() lacks an argument", call->builtin->name);
}

static struct value *
py_len(struct interp *it, struct call *call)
{
	struct value *value = need(it, call, 0);
	struct list items = { 0 };

	if (value_is_unknown(value))
		return value;
	if (value->kind == VALUE_STRING)
		return value_int(&it->arena, (int64_t)value->string.length);
	if (!iterate(it, value, &items))
		return unknown(it, "len() of %s", value_show(&it->arena, value));
	return value_int(&it->arena, (int64_t)items.count);
}

static struct value *
py_range(struct interp *it, struct call *call)
{
	int64_t bounds[3] = { 0, 0, 1 }, at;
	struct value *list;
	size_t i;

	for (i = 0; i < call->count && i < 3; i++) {
		if (value_is_unknown(call->arguments[i]))
			return call->arguments[i];
		if (!value_integer(call->arguments[i], &bounds[call->count == 1 ? 1 : i]))
			return unknown(it, "range() of %s",
			    value_show(&it->arena, call->arguments[i]));
	}
	if (bounds[2] == 0 || call->count == 0)
		return unknown(it, "range() with step 0");
	list = value_list(&it->arena, VALUE_LIST);
	for (at = bounds[0]; bounds[2] > 0 ? at < bounds[1] : at > bounds[1];) {
		list_add(&it->arena, &list->list, value_int(&it->arena, at));
		if (list->list.count > RANGE_LIMIT)
			return unknown(it, "a range of more than %d numbers", RANGE_LIMIT);
		if (__builtin_add_overflow(at, bounds[2], &at))
			break;
	}
	step(it, (long)list->list.count / 4);
	return list;
}

static struct value *
py_getattr(struct interp *it, struct call *call)
{
	struct value *object = need(it, call, 0), *name = need(it, call, 1);

	if (name->kind != VALUE_STRING)
		return unknown(it, "getattr() with a name that is not known");
	if (value_is_unknown(object))
		return object;
	if (call->count > 2 && !attribute_exists(it, object, intern_string(name->string.text)))
		return call->arguments[2];
	return attribute(it, object, intern_string(name->string.text));
}

static struct value *
py_hasattr(struct interp *it, struct call *call)
{
	struct value *object = need(it, call, 0), *name = need(it, call, 1);

	if (value_is_unknown(object))
		return object;
	if (name->kind != VALUE_STRING)
		return unknown(it, "hasattr() with a name that is not known");
	return value_bool(attribute_exists(it, object, intern_string(name->string.text)));
}

static struct value *
py_setattr(struct interp *it, struct call *call)
{
	struct value *name = need(it, call, 1);

	if (name->kind == VALUE_STRING && call->count > 2)
		attribute_set(it, call->arguments[0], intern_string(name->string.text),
		    call->arguments[2]);
	return value_none();
}

static const char *
type_name(const struct value *value)
{
	static const char *const names[] = {
		[VALUE_BOOL] = "bool", [VALUE_INT] = "int", [VALUE_FLOAT] = "float",
		[VALUE_STRING] = "str", [VALUE_LIST] = "list", [VALUE_TUPLE] = "tuple",
		[VALUE_SET] = "set", [VALUE_DICT] = "dict", [VALUE_NONE] = "NoneType",
		[VALUE_TENSOR] = "Tensor", [VALUE_CLASS] = "type",
	};

	if (value->kind >= sizeof names / sizeof *names || !names[value->kind])
		return "";
	return names[value->kind];
}

static const char *
last_name(const char *dotted)
{
	const char *dot = strrchr(dotted, '.');

	return dot ? dot + 1 : dotted;
}

static bool
is_instance(struct value *object, const struct value *class)
{
	const char *name = class->kind == VALUE_CLASS ? class->class->name :
	    class->kind == VALUE_EXTERNAL ? last_name(class->external) :
	    class->kind == VALUE_BUILTIN ? class->builtin->name : "";
	size_t i;

	if (class->kind == VALUE_TUPLE) {
		for (i = 0; i < class->list.count; i++)
			if (is_instance(object, class->list.items[i]))
				return true;
		return false;
	}
	if (object->kind == VALUE_INSTANCE)
		return class_is(object->instance->class, name);
	if (object->kind == VALUE_CLASS && !strcmp(name, "type"))
		return true;
	if (!strcmp(name, "int") && object->kind == VALUE_BOOL)
		return true;
	if ((!strcmp(name, "Iterable") || !strcmp(name, "Sequence")) &&
	    (object->kind == VALUE_LIST || object->kind == VALUE_TUPLE))
		return true;
	if (!strcmp(name, "Mapping") && object->kind == VALUE_DICT)
		return true;
	return name[0] && !strcmp(type_name(object), name);
}

static struct value *
py_isinstance(struct interp *it, struct call *call)
{
	struct value *object = need(it, call, 0), *class = need(it, call, 1);

	if (value_is_unknown(object))
		return object;
	return value_is_unknown(class) ? class : value_bool(is_instance(object, class));
}

static struct value *
py_issubclass(struct interp *it, struct call *call)
{
	struct value *class = need(it, call, 0), *base = need(it, call, 1);

	if (class->kind != VALUE_CLASS)
		return unknown(it, "issubclass() of %s", value_show(&it->arena, class));
	return value_bool(class_is(class, base->kind == VALUE_CLASS ? base->class->name :
	    base->kind == VALUE_EXTERNAL ? last_name(base->external) : ""));
}

static struct value *
py_int(struct interp *it, struct call *call)
{
	struct value *value = call->count ? call->arguments[0] : value_int(&it->arena, 0);
	int64_t integer;
	char *end;

	if (value_is_unknown(value))
		return value;
	if (value_integer(value, &integer))
		return value_int(&it->arena, integer);
	if (value->kind == VALUE_FLOAT && fabs(value->number) < 9e18)
		return value_int(&it->arena, (int64_t)value->number);
	if (value->kind == VALUE_STRING) {
		integer = strtoll(value->string.text, &end, 10);
		if (end != value->string.text && !*end)
			return value_int(&it->arena, integer);
		return raise_error(it, "ValueError", "int() of %s", value_show(&it->arena, value));
	}
	return unknown(it, "int() of %s", value_show(&it->arena, value));
}

static struct value *
py_float(struct interp *it, struct call *call)
{
	struct value *value = need(it, call, 0);
	double number;
	char *end;

	if (value_number(value, &number))
		return value_float(&it->arena, number);
	if (value->kind == VALUE_STRING) {
		number = strtod(value->string.text, &end);
		if (end != value->string.text && !*end)
			return value_float(&it->arena, number);
	}
	return value_is_unknown(value) ? value :
	    unknown(it, "float() of %s", value_show(&it->arena, value));
}

static struct value *
py_str(struct interp *it, struct call *call)
{
	if (!call->count)
		return value_text(&it->arena, "");
	if (value_is_unknown(call->arguments[0]))
		return call->arguments[0];
	return value_text(&it->arena, value_str(&it->arena, call->arguments[0]));
}

static struct value *
py_bool(struct interp *it, struct call *call)
{
	struct value *value = call->count ? call->arguments[0] : value_none();

	(void)it;
	return value_is_unknown(value) ? value : value_bool(value_truth(value));
}

static struct value *
py_abs(struct interp *it, struct call *call)
{
	struct value *value = need(it, call, 0);

	if (value->kind == VALUE_INT && value->integer != INT64_MIN)
		return value_int(&it->arena, llabs(value->integer));
	if (value->kind == VALUE_FLOAT)
		return value_float(&it->arena, fabs(value->number));
	return value_is_unknown(value) ? value : unknown(it, "abs()");
}

static struct value *
py_round(struct interp *it, struct call *call)
{
	struct value *value = need(it, call, 0);

	if (value->kind == VALUE_FLOAT && call->count == 1 && fabs(value->number) < 9e18)
		return value_int(&it->arena, (int64_t)nearbyint(value->number));
	return value;
}

static struct value *
py_type(struct interp *it, struct call *call)
{
	struct value *value = need(it, call, 0);

	if (value->kind == VALUE_INSTANCE)
		return value->instance->class;
	return value_external(&it->arena, *type_name(value) ? type_name(value) : "object");
}

static struct value *
py_next(struct interp *it, struct call *call)
{
	struct list items = { 0 };

	if (!iterate(it, need(it, call, 0), &items))
		return unknown(it, "next() of something unknown");
	return items.count ? items.items[0] : call->count > 1 ? call->arguments[1] :
	    raise_error(it, "StopIteration", "nothing left");
}

static struct value *
py_super(struct interp *it, struct call *call)
{
	struct value *value = arena_alloc_zero(&it->arena, sizeof *value);

	if (call->count != 2 || call->arguments[0]->kind != VALUE_CLASS)
		return unknown(it, "super() with something unknown");
	value->kind = VALUE_SUPER;
	value->super.class = call->arguments[0];
	value->super.self = call->arguments[1];
	return value;
}

static struct value *
py_callable(struct interp *it, struct call *call)
{
	enum value_kind kind = need(it, call, 0)->kind;

	(void)it;
	return value_bool(kind == VALUE_FUNCTION || kind == VALUE_METHOD ||
	    kind == VALUE_BUILTIN || kind == VALUE_CLASS);
}

static struct value *
py_nothing(struct interp *it, struct call *call)
{
	(void)it, (void)call;
	return value_none();
}

static struct value *
py_same(struct interp *it, struct call *call)
{
	return need(it, call, 0);
}

static const struct {
	const char *name;
	builtin_function *function;
} table[] = {
	{ "len", py_len }, { "range", py_range }, { "getattr", py_getattr },
	{ "hasattr", py_hasattr }, { "setattr", py_setattr }, { "isinstance", py_isinstance },
	{ "issubclass", py_issubclass }, { "int", py_int }, { "float", py_float },
	{ "str", py_str }, { "repr", py_str }, { "bool", py_bool }, 		{ "abs", py_abs },
	{ "round", py_round }, 		{ "type", py_type },
	{ "next", py_next }, { "iter", py_same }, { "super", py_super },
	{ "callable", py_callable }, { "print", py_nothing }, { "delattr", py_nothing },
};

void
builtins_install(struct interp *it)
{
	static const char *const externals[] = {
		"object", "Exception", "ValueError", "TypeError", "RuntimeError", "KeyError",
		"AttributeError", "ImportError", "NotImplementedError", "AssertionError",
		"IndexError", "ModuleNotFoundError", "NotImplemented", "property",
		"staticmethod", "classmethod", "bytes", "complex", "slice",
		"LookupError", "OSError", "StopIteration", "Warning", "DeprecationWarning",
		"UserWarning", "FutureWarning", "open", "vars", "id", "hash", "divmod", "pow",
		"locals", "globals", "dir", "ord", "chr", "__import__", "format", "memoryview",
	};
	size_t i;

	sequences_install(it);
	for (i = 0; i < sizeof table / sizeof *table; i++)
		scope_set(&it->arena, &it->builtins, intern_string(table[i].name),
		    builtin_value(it, table[i].name, table[i].function, NULL, NULL));
	for (i = 0; i < sizeof externals / sizeof *externals; i++)
		scope_set(&it->arena, &it->builtins, intern_string(externals[i]),
		    value_external(&it->arena, externals[i]));
	scope_set(&it->arena, &it->builtins, intern_string("__name__"),
	    value_text(&it->arena, "model"));
	scope_set(&it->arena, &it->builtins, intern_string("__file__"),
	    value_text(&it->arena, "model.py"));
}
