/* SPDX-License-Identifier: Apache-2.0 */
/* Packages that are not followed: what of torch, math, functools and their like a
 * constructor needs to know. */
#include <math.h>
#include <string.h>

#include "base/intern.h"
#include "interp.h"

static const char *
last_part(const char *dotted)
{
	const char *dot = strrchr(dotted, '.');

	return dot ? dot + 1 : dotted;
}

static bool
begins(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

struct value *
external_attribute(struct interp *it, const char *name)
{
	static const struct { const char *name; double number; } numbers_of[] = {
		{ "math.pi", 3.14159265358979323846 }, { "math.e", 2.7182818284590452354 },
		{ "math.inf", INFINITY }, { "torch.inf", INFINITY }, { "torch.pi", 3.14159265358979323846 },
	};
	size_t i;

	for (i = 0; i < sizeof numbers_of / sizeof *numbers_of; i++)
		if (!strcmp(name, numbers_of[i].name))
			return value_float(&it->arena, numbers_of[i].number);
	if (!strcmp(name, "sys.maxsize"))
		return value_int(&it->arena, INT64_MAX);
	if (!strcmp(name, "typing.TYPE_CHECKING"))
		return value_bool(false);
	if (begins(name, "torch.version."))
		return !strcmp(name, "torch.version.cuda") ? value_text(&it->arena, "12.8") :
		    value_none();
	return NULL;
}

/* The sizes of torch.empty(2, 3), torch.empty((2, 3)) and torch.empty(size=(2, 3)). */
static struct value *
tensor(struct interp *it, struct call *call)
{
	struct value *shape = call_argument(call, 0, "size");
	struct value *result = value_list(&it->arena, VALUE_TENSOR);
	size_t i;

	if (shape && (shape->kind == VALUE_TUPLE || shape->kind == VALUE_LIST))
		result->list = shape->list;
	else
		for (i = 0; i < call->count; i++)
			list_add(&it->arena, &result->list, call->arguments[i]);
	return result;
}

static struct value *
parameter(struct interp *it, struct call *call)
{
	struct value *data = call_argument(call, 0, "data");

	if (data && data->kind == VALUE_TENSOR)
		return data;
	return data && value_is_unknown(data) ? data : unknown(it, "a parameter's data");
}

static struct value *
math_call(struct interp *it, const char *name, struct call *call)
{
	struct value *argument = call_argument(call, 0, NULL);
	double number, other = 0;

	if (argument && !strcmp(name, "prod")) {
		struct value *product = value_int(&it->arena, 1);
		struct list items = { 0 };
		size_t i;

		if (!iterate(it, argument, &items))
			return unknown(it, "prod() of something unknown");
		for (i = 0; i < items.count; i++)
			product = operate(it, "*", product, items.items[i]);
		return product;
	}
	if (!argument || !value_number(argument, &number))
		return argument && value_is_unknown(argument) ? argument :
		    unknown(it, "math.%s() of something unknown", name);
	if (call->count > 1)
		value_number(call->arguments[1], &other);
	if (!strcmp(name, "sqrt"))
		return value_float(&it->arena, sqrt(number));
	if ((!strcmp(name, "ceil") || !strcmp(name, "floor")) && fabs(number) < 9e18)
		return value_int(&it->arena, (int64_t)(name[0] == 'c' ? ceil(number) : floor(number)));
	if (!strcmp(name, "log"))
		return value_float(&it->arena, call->count > 1 ? log(number) / log(other) : log(number));
	if (!strcmp(name, "log2"))
		return value_float(&it->arena, log2(number));
	if (!strcmp(name, "exp"))
		return value_float(&it->arena, exp(number));
	if (!strcmp(name, "pow"))
		return value_float(&it->arena, pow(number, other));
	return unknown(it, "math.%s() is not evaluated", name);
}

/* functools.partial(f, ...): runs f with the arguments kept before the new ones. */
static struct value *
run_partial(struct interp *it, struct call *call)
{
	const struct builtin *kept = call->builtin;
	struct value *callee = (struct value *)(uintptr_t)kept->data;
	struct list arguments = { 0 };
	struct call inner = *call;
	size_t i, count = 0;

	for (i = 0; i < kept->arguments.count; i++)
		list_add(&it->arena, &arguments, kept->arguments.items[i]);
	for (i = 0; i < call->count; i++)
		list_add(&it->arena, &arguments, call->arguments[i]);
	inner.arguments = arguments.items;
	inner.count = arguments.count;
	inner.keywords = arena_alloc(&it->arena, (kept->keyword_count + call->keyword_count + 1) *
	    sizeof *inner.keywords);
	inner.values = arena_alloc(&it->arena, (kept->keyword_count + call->keyword_count + 1) *
	    sizeof *inner.values);
	for (i = 0; i < call->keyword_count; i++, count++) {
		inner.keywords[count] = call->keywords[i];
		inner.values[count] = call->values[i];
	}
	for (i = 0; i < kept->keyword_count; i++) {
		if (call_argument(&(struct call){ .keywords = call->keywords,
		    .values = call->values, .keyword_count = call->keyword_count }, 0,
		    kept->keywords[i]))
			continue;
		inner.keywords[count] = kept->keywords[i];
		inner.values[count++] = kept->keyword_values[i];
	}
	inner.keyword_count = count;
	return call_value(it, callee, &inner);
}

static struct value *
partial(struct interp *it, struct call *call)
{
	struct value *value;
	size_t i;

	if (!call->count)
		return unknown(it, "partial() of nothing");
	value = builtin_value(it, "partial", run_partial, call->arguments[0], NULL);
	for (i = 1; i < call->count; i++)
		list_add(&it->arena, &value->builtin->arguments, call->arguments[i]);
	value->builtin->keywords = call->keywords;
	value->builtin->keyword_values = call->values;
	value->builtin->keyword_count = call->keyword_count;
	return value;
}

/* A copy that can be changed without changing the original: configs and dictionaries. */
static struct value *
copy(struct interp *it, struct value *value, int depth)
{
	struct value *result;
	uint32_t i;

	if (depth > 20 || step(it, 1))
		return value;
	switch (value->kind) {
	case VALUE_INSTANCE:
		if (value->instance->class->class->is_module)
			return value;
		result = instance_new(it, value->instance->class);
		result->instance->is_config = value->instance->is_config;
		for (i = 0; i < value->instance->attributes.count; i++)
			if (value->instance->attributes.values[i])
				scope_set(&it->arena, &result->instance->attributes,
				    value->instance->attributes.keys[i],
				    copy(it, value->instance->attributes.values[i], depth + 1));
		return result;
	case VALUE_DICT:
		result = value_dict(&it->arena);
		for (i = 0; i < value->dict.keys.count; i++) {
			list_add(&it->arena, &result->dict.keys, value->dict.keys.items[i]);
			list_add(&it->arena, &result->dict.values,
			    copy(it, value->dict.values.items[i], depth + 1));
		}
		return result;
	case VALUE_LIST:
	case VALUE_TUPLE:
		result = value_list(&it->arena, value->kind);
		for (i = 0; i < value->list.count; i++)
			list_add(&it->arena, &result->list, copy(it, value->list.items[i], depth + 1));
		return result;
	default:
		return value;
	}
}

/* torch.nn.X: a module without kernels of ours. Its class is made when first needed. */
static struct value *
plain_module(struct interp *it, const char *name, struct call *call)
{
	const char *key = intern_string(interp_text(it, "class %s", name));
	struct value *class = scope_get(&it->runtime, key);

	if (!class) {
		class = class_builtin(it, name, it->module_class);
		scope_set(&it->arena, &it->runtime, key, class);
	}
	return instantiate(it, class, call);
}

static struct value *
keyword_dict(struct interp *it, struct call *call)
{
	struct value *dict = value_dict(&it->arena);
	size_t i;

	for (i = 0; i < call->keyword_count; i++)
		dict_set(&it->arena, &dict->dict, value_text(&it->arena, call->keywords[i]),
		    call->values[i]);
	return dict;
}

/* numpy.array_split(items, n): the first parts hold one more where it does not divide. */
static struct value *
array_split(struct interp *it, struct call *call)
{
	struct value *result = value_list(&it->arena, VALUE_LIST);
	struct list items = { 0 };
	int64_t parts = 0, i;
	size_t at = 0;

	if (call->count < 2 || !iterate(it, call->arguments[0], &items) ||
	    !value_integer(call->arguments[1], &parts) || parts < 1 || parts > 65536)
		return unknown(it, "array_split() of something unknown");
	for (i = 0; i < parts; i++) {
		struct value *part = value_list(&it->arena, VALUE_LIST);
		size_t count = items.count / (size_t)parts +
		    ((size_t)i < items.count % (size_t)parts);

		while (count-- > 0)
			list_add(&it->arena, &part->list, items.items[at++]);
		list_add(&it->arena, &result->list, part);
	}
	return result;
}

static bool
is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

static struct value *
torch_call(struct interp *it, const char *name, struct call *call)
{
	static const char *const makers[] = { "empty", "zeros", "ones", "randn", "rand", "full",
		NULL };
	static const char *const elementwise[] = { "log", "exp", "neg", "abs", "sqrt", "rsqrt",
		"sigmoid", "empty_like", "zeros_like", "ones_like", "full_like", NULL };
	const char *last = last_part(name);

	if (call->count && call->arguments[0]->kind == VALUE_TENSOR &&
	    is_one_of(last, elementwise))
		return call->arguments[0];
	if (begins(name, "torch.nn.") && !begins(name, "torch.nn.functional.") &&
	    last[0] >= 'A' && last[0] <= 'Z') {
		if (!strcmp(last, "Parameter") || !strcmp(last, "Buffer"))
			return parameter(it, call);
		return plain_module(it, last, call);
	}
	if (is_one_of(last, makers))
		return tensor(it, call);
	if (!strcmp(last, "get_default_dtype"))
		return value_external(&it->arena, "torch.bfloat16");
	if (!strcmp(last, "is_available"))
		return value_bool(begins(name, "torch.cuda"));
	if (!strcmp(last, "device_count") || !strcmp(last, "get_world_size"))
		return value_int(&it->arena, it->run.tp);
	if (!strcmp(last, "is_initialized"))
		return value_bool(false);
	if (!strcmp(last, "get_device_capability")) {
		struct value *tuple = value_list(&it->arena, VALUE_TUPLE);

		list_add(&it->arena, &tuple->list, value_int(&it->arena, 9));
		list_add(&it->arena, &tuple->list, value_int(&it->arena, 0));
		return tuple;
	}
	return unknown(it, "%s() is not followed", name);
}

struct value *
external_call(struct interp *it, const char *name, struct call *call)
{
	const char *last = last_part(name);
	struct value *first = call->count ? call->arguments[0] : NULL;

	if (begins(name, "torch."))
		return torch_call(it, name, call);
	if (begins(name, "math.") || !strcmp(name, "numpy.prod"))
		return math_call(it, last, call);
	if (!strcmp(name, "numpy.array_split"))
		return array_split(it, call);
	if (!strcmp(last, "partial"))
		return partial(it, call);
	if (first && (!strcmp(name, "copy.deepcopy") || !strcmp(name, "copy.copy")))
		return copy(it, first, 0);
	if (!strcmp(name, "dataclasses.field"))
		return keyword_dict(it, call);
	if (first && !strcmp(name, "typing.cast") && call->count > 1)
		return call->arguments[1];
	if (!strcmp(name, "os.getenv") || !strcmp(name, "os.environ.get"))
		return call->count > 1 ? call->arguments[1] : value_none();
	if (!strcmp(last, "OrderedDict") || !strcmp(last, "SimpleNamespace"))
		return keyword_dict(it, call);
	if (!strcmp(last, "getLogger"))
		return value_unset();
	if (first && (!strcmp(last, "lru_cache") || !strcmp(last, "no_grad") ||
	    !strcmp(last, "cache") || !strcmp(last, "MethodType")))
		return first;
	if (!strcmp(name, "object"))
		return instance_new(it, it->module_class);
	if (!strcmp(name, "pow") && call->count == 2)
		return operate(it, "**", first, call->arguments[1]);
	if (!strcmp(name, "vars") && first && first->kind == VALUE_INSTANCE)
		return attribute(it, first, intern_string("__dict__"));
	if (begins(last, "namedtuple"))
		return unknown(it, "namedtuple() is not evaluated");
	return unknown(it, "%s() is not followed", name);
}
