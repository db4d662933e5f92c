/* SPDX-License-Identifier: Apache-2.0 */
/* Methods of strings, lists, dictionaries, modules and configs. */
#include <ctype.h>
#include <string.h>

#include "base/intern.h"
#include "interp.h"

static struct value *
nothing(struct interp *it, struct call *call)
{
	(void)it, (void)call;
	return value_none();
}

static struct value *
itself(struct interp *it, struct call *call)
{
	(void)it;
	return call->self;
}

static struct value *
opaque(struct interp *it, struct call *call)
{
	return unknown(it, "what %s() gives", call->builtin->name);
}

/* ---- dict ---- */

static struct value *
dict_method_get(struct interp *it, struct call *call)
{
	struct value *found;

	if (!call->count)
		return unknown(it, "get() without a key");
	if (value_is_unknown(call->arguments[0]))
		return call->arguments[0];
	found = dict_get(&call->self->dict, call->arguments[0]);
	if (found)
		return found;
	found = call_argument(call, 1, "default");
	if (call->builtin->name[0] == 's' && found) /* setdefault */
		dict_set(&it->arena, &call->self->dict, call->arguments[0], found);
	return found ? found : value_none();
}

static struct value *
dict_method_pop(struct interp *it, struct call *call)
{
	struct dict *dict = &call->self->dict;
	size_t i;

	for (i = 0; call->count && i < dict->keys.count; i++) {
		if (value_equal(dict->keys.items[i], call->arguments[0])) {
			struct value *found = dict->values.items[i];

			for (; i + 1 < dict->keys.count; i++) {
				dict->keys.items[i] = dict->keys.items[i + 1];
				dict->values.items[i] = dict->values.items[i + 1];
			}
			dict->keys.count--;
			dict->values.count--;
			return found;
		}
	}
	return call->count > 1 ? call->arguments[1] :
	    raise_error(it, "KeyError", "pop() of a key that is absent");
}

static struct value *
dict_method_items(struct interp *it, struct call *call)
{
	const struct dict *dict = &call->self->dict;
	struct value *result = value_list(&it->arena, VALUE_LIST);
	size_t i;

	for (i = 0; i < dict->keys.count; i++) {
		struct value *pair = value_list(&it->arena, VALUE_TUPLE);

		list_add(&it->arena, &pair->list, dict->keys.items[i]);
		list_add(&it->arena, &pair->list, dict->values.items[i]);
		list_add(&it->arena, &result->list, call->builtin->name[0] == 'i' ? pair :
		    call->builtin->name[0] == 'k' ? dict->keys.items[i] : dict->values.items[i]);
	}
	return result;
}

static struct value *
dict_method_update(struct interp *it, struct call *call)
{
	size_t i;

	if (call->count && call->arguments[0]->kind == VALUE_DICT)
		for (i = 0; i < call->arguments[0]->dict.keys.count; i++)
			dict_set(&it->arena, &call->self->dict,
			    call->arguments[0]->dict.keys.items[i],
			    call->arguments[0]->dict.values.items[i]);
	for (i = 0; i < call->keyword_count; i++)
		dict_set(&it->arena, &call->self->dict,
		    value_text(&it->arena, call->keywords[i]), call->values[i]);
	return value_none();
}

static struct value *
dict_method_copy(struct interp *it, struct call *call)
{
	struct value *copy = value_dict(&it->arena);
	struct call inner = { .self = copy, .arguments = &call->self, .count = 1 };

	dict_method_update(it, &inner);
	return copy;
}

/* ---- list, and ModuleList and Sequential, which hold a list ---- */

static struct list *
items_of(struct value *self)
{
	return self->kind == VALUE_INSTANCE ? &self->instance->items : &self->list;
}

static struct value *
list_method_append(struct interp *it, struct call *call)
{
	if (call->count && !step(it, 1))
		list_add(&it->arena, items_of(call->self), call->arguments[call->count - 1]);
	return value_none();
}

static struct value *
list_method_extend(struct interp *it, struct call *call)
{
	struct list more = { 0 };
	size_t i;

	if (call->count && iterate(it, call->arguments[0], &more))
		for (i = 0; i < more.count && !step(it, 1); i++)
			list_add(&it->arena, items_of(call->self), more.items[i]);
	return value_none();
}

static struct value *
list_method_insert(struct interp *it, struct call *call)
{
	struct list *items = items_of(call->self);
	int64_t at = 0;
	size_t i;

	if (call->count < 2 || !value_integer(call->arguments[0], &at))
		return value_none();
	list_add(&it->arena, items, call->arguments[1]);
	for (i = items->count - 1; i > 0 && (int64_t)i > at; i--)
		items->items[i] = items->items[i - 1];
	items->items[i] = call->arguments[1];
	return value_none();
}

static struct value *
list_method_pop(struct interp *it, struct call *call)
{
	struct list *items = items_of(call->self);
	int64_t at = -1;
	struct value *found;
	size_t i;

	if (call->count)
		value_integer(call->arguments[0], &at);
	if (at < 0)
		at += (int64_t)items->count;
	if (at < 0 || at >= (int64_t)items->count)
		return raise_error(it, "IndexError", "pop() out of range");
	found = items->items[at];
	for (i = (size_t)at; i + 1 < items->count; i++)
		items->items[i] = items->items[i + 1];
	items->count--;
	return found;
}

static struct value *
list_method_index(struct interp *it, struct call *call)
{
	const struct list *items = items_of(call->self);
	bool counts = call->builtin->name[0] == 'c';
	int64_t total = 0;
	size_t i;

	for (i = 0; call->count && i < items->count; i++) {
		if (!value_equal(items->items[i], call->arguments[0]))
			continue;
		if (!counts)
			return value_int(&it->arena, (int64_t)i);
		total++;
	}
	return counts ? value_int(&it->arena, total) :
	    raise_error(it, "ValueError", "not in the list");
}

static struct value *
list_method_copy(struct interp *it, struct call *call)
{
	struct value *copy = value_list(&it->arena, call->self->kind);
	struct call inner = { .self = copy, .arguments = &call->self, .count = 1 };

	list_method_extend(it, &inner);
	return copy;
}

/* ---- str ---- */

static struct value *
str_method_split(struct interp *it, struct call *call)
{
	struct value *result = value_list(&it->arena, VALUE_LIST);
	const char *at = call->self->string.text, *mark, *found;

	if (!call->count || call->arguments[0]->kind != VALUE_STRING ||
	    !call->arguments[0]->string.length) {
		while (*at) {
			size_t length;

			at += strspn(at, " \t\n");
			length = strcspn(at, " \t\n");
			if (length)
				list_add(&it->arena, &result->list,
				    value_string(&it->arena, at, length));
			at += length;
		}
		return result;
	}
	mark = call->arguments[0]->string.text;
	while ((found = strstr(at, mark))) {
		list_add(&it->arena, &result->list,
		    value_string(&it->arena, at, (size_t)(found - at)));
		at = found + strlen(mark);
	}
	list_add(&it->arena, &result->list, value_text(&it->arena, at));
	return result;
}

static struct value *
str_method_join(struct interp *it, struct call *call)
{
	struct list items = { 0 };
	const char *text = "";
	size_t i;

	if (!call->count || !iterate(it, call->arguments[0], &items))
		return unknown(it, "join() of something unknown");
	for (i = 0; i < items.count; i++) {
		text = interp_text(it, "%s%s%s", text, i ? call->self->string.text : "",
		    value_str(&it->arena, items.items[i]));
		if (step(it, (long)strlen(text) / 16 + 1))
			break;
	}
	return value_text(&it->arena, text);
}

static bool
affix(const struct value *text, const struct value *part, bool at_end)
{
	size_t i;

	if (part->kind == VALUE_TUPLE) {
		for (i = 0; i < part->list.count; i++)
			if (affix(text, part->list.items[i], at_end))
				return true;
		return false;
	}
	if (part->kind != VALUE_STRING || part->string.length > text->string.length)
		return false;
	return !memcmp(text->string.text + (at_end ?
	    text->string.length - part->string.length : 0), part->string.text,
	    part->string.length);
}

static struct value *
str_method_affix(struct interp *it, struct call *call)
{
	(void)it;
	return value_bool(call->count &&
	    affix(call->self, call->arguments[0], call->builtin->name[0] == 'e'));
}

static struct value *
str_method_case(struct interp *it, struct call *call)
{
	struct value *copy = value_string(&it->arena, call->self->string.text,
	    call->self->string.length);
	char *text = arena_copy(&it->arena, copy->string.text, copy->string.length);
	size_t i;

	for (i = 0; i < copy->string.length; i++)
		text[i] = (char)(call->builtin->name[0] == 'l' ? tolower((unsigned char)text[i]) :
		    toupper((unsigned char)text[i]));
	copy->string.text = text;
	return copy;
}

static struct value *
str_method_replace(struct interp *it, struct call *call)
{
	const char *at = call->self->string.text, *found, *result = "";

	if (call->count < 2 || call->arguments[0]->kind != VALUE_STRING ||
	    call->arguments[1]->kind != VALUE_STRING || !call->arguments[0]->string.length)
		return unknown(it, "replace() of something unknown");
	while ((found = strstr(at, call->arguments[0]->string.text))) {
		result = interp_text(it, "%s%.*s%s", result, (int)(found - at), at,
		    call->arguments[1]->string.text);
		at = found + call->arguments[0]->string.length;
		if (step(it, (long)strlen(result) / 16 + 1))
			break;
	}
	return value_text(&it->arena, interp_text(it, "%s%s", result, at));
}

static struct value *
str_method_strip(struct interp *it, struct call *call)
{
	const char *marks = call->count && call->arguments[0]->kind == VALUE_STRING ?
	    call->arguments[0]->string.text : " \t\n";
	const char *text = call->self->string.text;
	size_t length = call->self->string.length;

	if (call->builtin->name[0] != 'r')
		for (; length && *text && strchr(marks, *text); text++)
			length--;
	if (call->builtin->name[0] != 'l')
		while (length && text[length - 1] && strchr(marks, text[length - 1]))
			length--;
	return value_string(&it->arena, text, length);
}

static struct value *
str_method_count(struct interp *it, struct call *call)
{
	const char *at = call->self->string.text;
	int64_t total = 0;

	if (!call->count || call->arguments[0]->kind != VALUE_STRING ||
	    !call->arguments[0]->string.length)
		return unknown(it, "count() of something unknown");
	while ((at = strstr(at, call->arguments[0]->string.text))) {
		total++;
		at += call->arguments[0]->string.length;
	}
	return value_int(&it->arena, total);
}

static struct value *
str_method_isdigit(struct interp *it, struct call *call)
{
	size_t i;

	(void)it;
	for (i = 0; i < call->self->string.length; i++)
		if (!isdigit((unsigned char)call->self->string.text[i]))
			return value_bool(false);
	return value_bool(call->self->string.length > 0);
}

/* ---- nn.Module ---- */

static struct value *
module_register(struct interp *it, struct call *call)
{
	if (call->count >= 2 && call->arguments[0]->kind == VALUE_STRING)
		attribute_set(it, call->self, intern_string(call->arguments[0]->string.text),
		    call->arguments[1]);
	return value_none();
}

static struct value *
module_entries(struct interp *it, struct call *call)
{
	const struct instance *instance = call->self->instance;
	struct value *dict = value_dict(&it->arena);
	struct call inner = *call;
	uint32_t i;

	for (i = 0; i < instance->attributes.count; i++)
		if (instance->attributes.values[i] &&
		    instance->attributes.values[i]->kind == VALUE_INSTANCE)
			dict_set(&it->arena, &dict->dict, value_text(&it->arena,
			    instance->attributes.keys[i]), instance->attributes.values[i]);
	inner.self = dict;
	return dict_method_items(it, &inner);
}

static struct value *
module_update(struct interp *it, struct call *call)
{
	size_t i;

	if (call->count && call->arguments[0]->kind == VALUE_DICT)
		for (i = 0; i < call->arguments[0]->dict.keys.count; i++)
			if (call->arguments[0]->dict.keys.items[i]->kind == VALUE_STRING)
				attribute_set(it, call->self, intern_string(
				    call->arguments[0]->dict.keys.items[i]->string.text),
				    call->arguments[0]->dict.values.items[i]);
	return value_none();
}

/* ---- configs ---- */

static struct value *
config_get(struct interp *it, struct call *call)
{
	const char *name;

	if (!call->count || call->arguments[0]->kind != VALUE_STRING)
		return unknown(it, "get() with a name that is not known");
	name = intern_string(call->arguments[0]->string.text);
	if (attribute_exists(it, call->self, name))
		return attribute(it, call->self, name);
	return call->count > 1 ? call->arguments[1] : value_none();
}

static struct value *
config_text_config(struct interp *it, struct call *call)
{
	static const char *const names[] = { "text_config", "llm_config", "language_config" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		struct value *found = scope_get(&call->self->instance->attributes,
		    intern_string(names[i]));

		if (found && found->kind == VALUE_INSTANCE)
			return found;
	}
	(void)it;
	return call->self;
}

static struct value *
config_to_dict(struct interp *it, struct call *call)
{
	return attribute(it, call->self, intern_string("__dict__"));
}

struct method {
	const char *name;
	builtin_function *function;
};

static const struct method dict_methods[] = {
	{ "get", dict_method_get }, { "setdefault", dict_method_get }, { "pop", dict_method_pop },
	{ "items", dict_method_items }, { "keys", dict_method_items },
	{ "values", dict_method_items }, { "update", dict_method_update },
	{ "copy", dict_method_copy }, { NULL, NULL },
};

static const struct method list_methods[] = {
	{ "append", list_method_append }, { "add", list_method_append },
	{ "extend", list_method_extend }, { "update", list_method_extend },
	{ "insert", list_method_insert }, { "pop", list_method_pop },
	{ "index", list_method_index }, { "count", list_method_index },
	{ "copy", list_method_copy }, { "tolist", list_method_copy }, { "remove", nothing },
	{ "sort", nothing },
	{ NULL, NULL },
};

static const struct method string_methods[] = {
	{ "split", str_method_split }, { "join", str_method_join },
	{ "startswith", str_method_affix }, { "endswith", str_method_affix },
	{ "lower", str_method_case }, { "upper", str_method_case },
	{ "replace", str_method_replace }, { "strip", str_method_strip },
	{ "lstrip", str_method_strip }, { "rstrip", str_method_strip },
	{ "count", str_method_count }, { "isdigit", str_method_isdigit },
	{ "format", opaque }, { "find", opaque }, { NULL, NULL },
};

static const struct method container_methods[] = {
	{ "append", list_method_append }, { "extend", list_method_extend },
	{ "insert", list_method_insert }, { "pop", list_method_pop }, { NULL, NULL },
};

static const struct method module_methods[] = {
	{ "register_buffer", module_register }, { "register_parameter", module_register },
	{ "add_module", module_register }, { "register_module", module_register },
	{ "items", module_entries }, { "values", module_entries }, { "keys", module_entries },
	{ "update", module_update }, { "eval", itself }, { "train", itself }, { "to", itself },
	{ "cuda", itself }, { "half", itself }, { "bfloat16", itself }, { "float", itself },
	{ "requires_grad_", itself }, { "apply", itself }, { "post_init", nothing },
	{ "_init_weights", nothing }, { "register_forward_pre_hook", nothing },
	{ "register_load_state_dict_pre_hook", nothing },
	{ "_register_load_state_dict_pre_hook", nothing }, { "parameters", opaque },
	{ "named_parameters", opaque }, { "modules", opaque }, { "named_modules", opaque },
	{ "children", opaque }, { "state_dict", opaque }, { "load_state_dict", nothing },
	{ NULL, NULL },
};

static const struct method config_methods[] = {
	{ "get", config_get }, { "get_text_config", config_text_config },
	{ "to_dict", config_to_dict }, { "update", module_update }, { NULL, NULL },
};

static struct value *
method_in(struct interp *it, const struct method *methods, struct value *object,
    const char *name)
{
	for (; methods->name; methods++)
		if (!strcmp(methods->name, name))
			return builtin_value(it, methods->name, methods->function, NULL, object);
	return NULL;
}

static struct value *
tensor_itself(struct interp *it, struct call *call)
{
	(void)it;
	return call->self;
}

/* Methods that leave the shape as it is: those that work in place, and those of this list. */
static bool
keeps_shape(const char *name)
{
	static const char *const names[] = { "to", "float", "half", "bfloat16", "type", "clone",
		"detach", "contiguous", "cuda", "cpu", "log", "exp", "neg", "abs" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return true;
	return name[strlen(name) - 1] == '_' && strcmp(name, "resize_") &&
	    strcmp(name, "unsqueeze_") && strcmp(name, "squeeze_") && name[0] != '_';
}

static struct value *
tensor_attribute(struct interp *it, struct value *object, const char *name)
{
	if (!strcmp(name, "shape")) {
		struct value *shape = value_list(&it->arena, VALUE_TUPLE);

		shape->list = object->list;
		return shape;
	}
	if (!strcmp(name, "data"))
		return object;
	return builtin_value(it, intern_string(name), keeps_shape(name) ? tensor_itself : opaque,
	    NULL, object);
}

struct value *
method_of(struct interp *it, struct value *object, const char *name)
{
	struct value *found = NULL;

	switch (object->kind) {
	case VALUE_DICT:
		return method_in(it, dict_methods, object, name);
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_SET:
		return method_in(it, list_methods, object, name);
	case VALUE_STRING:
		return method_in(it, string_methods, object, name);
	case VALUE_TENSOR:
		return tensor_attribute(it, object, name);
	case VALUE_INSTANCE:
		if (class_is(object->instance->class, "ModuleList") ||
		    class_is(object->instance->class, "Sequential"))
			found = method_in(it, container_methods, object, name);
		if (!found && object->instance->class->class->is_module)
			found = method_in(it, module_methods, object, name);
		if (!found && object->instance->is_config)
			found = method_in(it, config_methods, object, name);
		return found;
	default:
		return NULL;
	}
}
