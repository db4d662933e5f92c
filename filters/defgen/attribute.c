/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute access on every kind of value. */
#include <string.h>

#include "base/intern.h"
#include "interp.h"

/* A found class attribute as seen through an instance: methods bind, properties run. */
static struct value *
through(struct interp *it, struct value *found, struct value *object)
{
	if (found->kind == VALUE_FUNCTION) {
		if (found->function->kind == FUNCTION_PROPERTY)
			return call_simple(it, bind(it, found, object), NULL, 0);
		return bind(it, found, object);
	}
	if (found->kind == VALUE_BUILTIN)
		return bind(it, found, object);
	return found;
}

/* A name that some imported module holds: what it is, or the external name itself. */
static struct value *
settled(struct interp *it, struct value *value)
{
	const char *dot;
	struct value *found;

	if (value->kind != VALUE_EXTERNAL)
		return value;
	found = scope_get(&it->runtime, value->external);
	if (found)
		return found;
	if (strncmp(value->external, "sglang.", 7))
		return value;
	dot = strrchr(value->external, '.');
	found = import_name(it, intern(value->external, (size_t)(dot - value->external)), dot + 1);
	return found ? found : value;
}

static struct value *
instance_attribute(struct interp *it, struct value *object, const char *name, bool quiet)
{
	struct instance *instance = object->instance;
	struct value *found = scope_get(&instance->attributes, name), *getter;

	if (found)
		return settled(it, found);
	if (!strcmp(name, "__class__"))
		return instance->class;
	if (!strcmp(name, "__dict__")) {
		struct value *dict = value_dict(&it->arena);
		uint32_t i;

		for (i = 0; i < instance->attributes.count; i++)
			if (instance->attributes.values[i])
				dict_set(&it->arena, &dict->dict, value_text(&it->arena,
				    instance->attributes.keys[i]), instance->attributes.values[i]);
		return dict;
	}
	found = class_lookup(instance->class->class, name);
	if (found)
		return through(it, settled(it, found), object);
	found = method_of(it, object, name);
	if (found)
		return found;
	if (instance->is_config) {
		found = config_default(it, object, name);
		return found || quiet ? found : config_missing(it, object, name);
	}
	if (instance->class->class->is_options)
		return value_unset();
	if (instance->kernel && !strcmp(name, "weight"))
		return value_list(&it->arena, VALUE_TENSOR);
	if (instance->kernel && !quiet) /* state that only quantization or loading sets */
		return value_unset();
	getter = class_lookup(instance->class->class, intern_string("__getattr__"));
	if (getter && getter->kind == VALUE_FUNCTION && name[0] != '_') {
		struct value *argument = value_text(&it->arena, name);

		return call_simple(it, bind(it, getter, object), &argument, 1);
	}
	return NULL;
}

static struct value *
super_attribute(struct interp *it, struct value *object, const char *name)
{
	struct value *self = object->super.self;
	struct value *class = self->kind == VALUE_INSTANCE ? self->instance->class : self;
	struct value *found;

	if (class->kind != VALUE_CLASS || object->super.class->kind != VALUE_CLASS)
		return NULL;
	found = class_lookup_after(class->class, object->super.class, name);
	return found ? through(it, settled(it, found), self) : NULL;
}

static struct value *
class_attribute(struct interp *it, struct value *object, const char *name)
{
	struct value *found = class_lookup(object->class, name);

	if (found) {
		found = settled(it, found);
		if (found->kind == VALUE_FUNCTION && found->function->kind == FUNCTION_CLASS)
			return bind(it, found, object);
		return found;
	}
	if (!strcmp(name, "__name__"))
		return value_text(&it->arena, object->class->name);
	if (!strcmp(name, "__mro__")) {
		struct value *mro = value_list(&it->arena, VALUE_TUPLE);

		mro->list = object->class->mro;
		return mro;
	}
	return method_of(it, object, name);
}

static struct value *
external_member(struct interp *it, struct value *object, const char *name)
{
	struct value *value, *known = external_attribute(it, interp_text(it, "%s.%s",
	    object->external, name));

	if (known)
		return known;
	value = value_external(&it->arena, interp_text(it, "%s.%s", object->external, name));
	return settled(it, value);
}

static struct value *
find(struct interp *it, struct value *object, const char *name, bool quiet)
{
	struct value *found;

	switch (object->kind) {
	case VALUE_INSTANCE:
		return instance_attribute(it, object, name, quiet);
	case VALUE_SUPER:
		return super_attribute(it, object, name);
	case VALUE_CLASS:
		return class_attribute(it, object, name);
	case VALUE_MODULE:
		found = module_member(it, object->module, name);
		return found ? settled(it, found) : NULL;
	case VALUE_EXTERNAL:
		return external_member(it, object, name);
	case VALUE_UNSET:
		return object;
	case VALUE_METHOD:
		return find(it, object->bound.function, name, quiet);
	default:
		return method_of(it, object, name);
	}
}

static bool
never_raises(const struct value *object)
{
	if (object->kind == VALUE_INSTANCE)
		return object->instance->class->class->has_external_base ||
		    object->instance->class->class->is_module;
	return object->kind == VALUE_CLASS && object->class->has_external_base;
}

struct value *
attribute(struct interp *it, struct value *object, const char *name)
{
	struct value *found;

	if (value_is_unknown(object))
		return object;
	if (step(it, 1))
		return unknown(it, "stopped");
	found = find(it, object, name, false);
	if (found)
		return found;
	if (it->guards > 0 && !never_raises(object))
		return raise_error(it, "AttributeError", "%s has no attribute %s",
		    value_show(&it->arena, object), name);
	return unknown(it, "%s has no known attribute %s", value_show(&it->arena, object), name);
}

bool
attribute_exists(struct interp *it, struct value *object, const char *name)
{
	struct value *found;

	if (value_is_unknown(object) || object->kind == VALUE_UNSET)
		return false;
	if (object->kind == VALUE_EXTERNAL)
		return true;
	found = find(it, object, name, true);
	if (it->raised) { /* a property that raises AttributeError */
		it->raised = NULL;
		return false;
	}
	return found && !(value_is_unknown(found) && object->kind == VALUE_INSTANCE &&
	    object->instance->is_config && found->reason->key);
}

void
attribute_set(struct interp *it, struct value *object, const char *name, struct value *value)
{
	struct value *found;

	switch (object->kind) {
	case VALUE_INSTANCE:
		found = class_lookup(object->instance->class->class, name);
		if (found && found->kind == VALUE_FUNCTION &&
		    found->function->kind == FUNCTION_PROPERTY && !object->instance->is_config)
			return; /* a setter: its effect is not followed */
		scope_set(&it->arena, &object->instance->attributes, name, value);
		break;
	case VALUE_CLASS:
		scope_set(&it->arena, &object->class->attributes, name, value);
		break;
	case VALUE_MODULE:
		scope_set(&it->arena, &object->module->globals, name, value);
		break;
	default:
		break;
	}
}
