/* SPDX-License-Identifier: Apache-2.0 */
/* Classes of the model's code: building them, their resolution order, their instances. */
#include <string.h>

#include "base/intern.h"
#include "interp.h"
#include "python/mro.h"

struct value *
class_lookup(const struct class *class, const char *name)
{
	size_t i;

	for (i = 0; i < class->mro.count; i++) {
		struct value *found = scope_get(&class->mro.items[i]->class->attributes, name);

		if (found)
			return found;
	}
	return NULL;
}

struct value *
class_lookup_after(const struct class *class, const struct value *after, const char *name)
{
	bool passed = false;
	size_t i;

	for (i = 0; i < class->mro.count; i++) {
		struct value *found;

		if (passed && (found = scope_get(&class->mro.items[i]->class->attributes, name)))
			return found;
		if (class->mro.items[i]->class == after->class)
			passed = true;
	}
	return NULL;
}

bool
class_is(const struct value *class, const char *name)
{
	size_t i;

	for (i = 0; i < class->class->mro.count; i++)
		if (!strcmp(class->class->mro.items[i]->class->name, name))
			return true;
	return false;
}

static void
linearize(struct interp *it, struct value *value)
{
	struct class *class = value->class;
	size_t count = class->bases.count, all = 1, i;
	struct mro_order *orders = arena_alloc_zero(&it->arena, (count + 1) * sizeof *orders);

	for (i = 0; i < count; i++) {
		const struct list *mro = &class->bases.items[i]->class->mro;

		orders[i] = (struct mro_order){ mro->items, mro->count };
		all += mro->count;
	}
	class->mro.items = arena_alloc(&it->arena, all * sizeof *class->mro.items);
	class->mro.count = mro_merge(value, orders, count, class->mro.items);
	class->mro.capacity = all;
	step(it, (long)class->mro.count - 1);
}

static struct value *
class_new(struct interp *it, const char *name)
{
	struct value *value = arena_alloc_zero(&it->arena, sizeof *value);

	value->kind = VALUE_CLASS;
	value->class = arena_alloc_zero(&it->arena, sizeof *value->class);
	value->class->name = intern_string(name);
	return value;
}

static void
inherit(struct class *class)
{
	size_t i;

	for (i = 1; i < class->mro.count; i++) {
		const struct class *base = class->mro.items[i]->class;

		if (!class->layer)
			class->layer = base->layer;
		class->is_enum = class->is_enum || base->is_enum;
		class->is_dataclass = class->is_dataclass || base->is_dataclass;
		class->is_module = class->is_module || base->is_module;
		class->has_external_base = class->has_external_base || base->has_external_base;
	}
}

struct value *
class_builtin(struct interp *it, const char *name, struct value *base)
{
	struct value *value = class_new(it, name);

	if (base)
		list_add(&it->arena, &value->class->bases, base);
	linearize(it, value);
	inherit(value->class);
	return value;
}

static bool
is_enum_name(const char *dotted)
{
	return !strcmp(dotted, "enum.Enum") || !strcmp(dotted, "enum.IntEnum") ||
	    !strcmp(dotted, "enum.StrEnum") || !strcmp(dotted, "enum.Flag") ||
	    !strcmp(dotted, "enum.IntFlag");
}

/* What an external base stands for: a known class, or nothing but a mark. */
static void
add_base(struct interp *it, struct class *class, struct value *base)
{
	const char *name;

	if (base->kind == VALUE_EXTERNAL) {
		name = strrchr(base->external, '.');
		name = name ? name + 1 : base->external;
		if (is_enum_name(base->external))
			class->is_enum = true;
		else if (strstr(base->external, "torch.nn"))
			base = it->module_class;
		else if (strstr(base->external, "transformers") && strstr(name, "Config"))
			base = it->config_class;
		else if (strstr(base->external, "transformers") && strstr(name, "Model"))
			base = it->module_class; /* PreTrainedModel: a module with loading code */
		else if (strcmp(name, "ABC") && strcmp(name, "Generic") &&
		    strcmp(name, "Protocol") && strcmp(name, "NamedTuple") &&
		    strcmp(name, "object") && strcmp(name, "TypedDict"))
			class->has_external_base = true;
		if (!strcmp(name, "NamedTuple"))
			class->is_dataclass = true;
	}
	if (base->kind == VALUE_CLASS)
		list_add(&it->arena, &class->bases, base);
	else if (value_is_unknown(base))
		class->has_external_base = true;
}

/* Enum members are instances that equal only themselves. */
static void
make_members(struct interp *it, struct value *value)
{
	struct scope *attributes = &value->class->attributes;
	uint32_t i;

	for (i = 0; i < attributes->count; i++) {
		struct value *member = attributes->values[i], *instance;

		if (!member || attributes->keys[i][0] == '_' || member->kind == VALUE_FUNCTION)
			continue;
		instance = instance_new(it, value);
		scope_set(&it->arena, &instance->instance->attributes, intern_string("value"), member);
		scope_set(&it->arena, &instance->instance->attributes, intern_string("name"),
		    value_text(&it->arena, attributes->keys[i]));
		attributes->values[i] = instance;
	}
}

struct value *
class_build(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *value = class_new(it, node->name), *result = value_none();
	struct class *class = value->class;
	struct env body = { .names = &class->attributes, .module = env->module,
		.owner = value, .is_class = true };
	const struct py_node *item;
	struct env *kept = arena_alloc(&it->arena, sizeof *kept);

	class->module = env->module;
	class->node = node;
	for (item = node->class.arguments; item; item = item->next)
		if (item->kind != PY_KEYWORD && item->kind != PY_STARRED)
			add_base(it, class, eval(it, env, item));
	for (item = node->class.decorators; item; item = item->next) {
		const struct py_node *callee = item->kind == PY_CALL ? item->call.function : item;

		if ((callee->kind == PY_NAME || callee->kind == PY_ATTRIBUTE) &&
		    strstr(callee->name, "dataclass"))
			class->is_dataclass = true;
	}
	linearize(it, value);
	inherit(class);
	body.parent = env->is_class ? env->parent : env->names == &env->module->globals ? NULL : env;
	*kept = body;
	exec(it, kept, node->class.body, &result);
	if (class->is_enum)
		make_members(it, value);
	return value;
}

struct value *
instance_new(struct interp *it, struct value *class)
{
	struct value *value = arena_alloc_zero(&it->arena, sizeof *value);

	value->kind = VALUE_INSTANCE;
	value->instance = arena_alloc_zero(&it->arena, sizeof *value->instance);
	value->instance->class = class;
	value->instance->module = it->module;
	value->instance->line = it->line;
	return value;
}

/* Fields of a dataclass in order, bases first. */
static void
dataclass_fields(struct interp *it, const struct class *class, struct list *names)
{
	size_t i = class->mro.count;

	while (i-- > 0) {
		const struct class *base = class->mro.items[i]->class;
		const struct py_node *item = base->node ? base->node->class.body : NULL;

		for (; item; item = item->next) {
			struct value *name;

			if (item->kind != PY_ANNOTATED_ASSIGN ||
			    item->assign.targets->kind != PY_NAME)
				continue;
			name = value_text(&it->arena, item->assign.targets->name);
			list_add(&it->arena, names, name);
		}
	}
}

/* field(default=..., default_factory=...) gives the default it describes. */
static struct value *
field_default(struct interp *it, struct value *value)
{
	struct value *factory;

	if (!value || value->kind != VALUE_DICT)
		return value;
	factory = dict_get_text(&value->dict, "default_factory");
	if (factory)
		return call_simple(it, factory, NULL, 0);
	factory = dict_get_text(&value->dict, "default");
	return factory ? factory : value;
}

static void
dataclass_init(struct interp *it, struct value *self, struct call *call)
{
	const struct class *class = self->instance->class->class;
	struct value *after;
	struct list names = { 0 };
	size_t i, at = 0;

	dataclass_fields(it, class, &names);
	for (i = 0; i < names.count; i++) {
		const char *name = intern_string(names.items[i]->string.text);
		struct value *value = NULL;
		size_t k;

		if (scope_get(&self->instance->attributes, name))
			continue;
		if (at < call->count)
			value = call->arguments[at++];
		for (k = 0; !value && k < call->keyword_count; k++)
			if (call->keywords[k] == name)
				value = call->values[k];
		if (!value)
			value = field_default(it, class_lookup(class, name));
		if (value)
			scope_set(&it->arena, &self->instance->attributes, name, value);
	}
	after = class_lookup(class, intern_string("__post_init__"));
	if (after)
		call_simple(it, bind(it, after, self), NULL, 0);
}

/* An exception that leaves a constructor is noted; the object stays as far as it got. */
static void
settle(struct interp *it, const char *class, int guards)
{
	if (!it->raised || guards > 0)
		return;
	finding_add(it, FINDING_UNSUPPORTED, it->raised_file, it->raised_line,
	    interp_text(it, "%s: construction stops", class),
	    interp_text(it, "%s: %s", it->raised->string.text, it->raised_text));
	it->raised = NULL;
}

struct value *
instantiate(struct interp *it, struct value *class, struct call *call)
{
	struct value *self, *init;
	size_t i;

	if (class->class->is_enum && call->count == 1) {
		for (i = 0; i < class->class->attributes.count; i++) {
			struct value *member = class->class->attributes.values[i], *held;

			if (!member || member->kind != VALUE_INSTANCE)
				continue;
			held = scope_get(&member->instance->attributes, intern_string("value"));
			if (held && value_equal(held, call->arguments[0]))
				return member;
		}
		return raise_error(it, "ValueError", "%s is not a %s",
		    value_show(&it->arena, call->arguments[0]), class->class->name);
	}
	self = instance_new(it, class);
	if (call->node)
		self->instance->line = call->node->line;
	if (call->module)
		self->instance->module = call->module;
	layer_note(it, self, call);
	init = class_lookup(class->class, intern_string("__init__"));
	if (class->class->is_dataclass && (!init || init->kind != VALUE_FUNCTION))
		dataclass_init(it, self, call);
	else if (init)
		call_value(it, bind(it, init, self), call);
	settle(it, class->class->name, it->guards);
	return self;
}
