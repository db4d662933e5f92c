/* SPDX-License-Identifier: Apache-2.0 */
/* config.json as the model's code sees it: an object whose missing keys are answered by
 * its config class in the tree, by the defaults of transformers, or not at all. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "json/json.h"
#include "base/memory.h"

/* Sizes without which no config describes a model: never filled in at the top. */
static const char *const core_sizes[] = { "hidden_size", "num_hidden_layers",
	"num_attention_heads", "intermediate_size", "vocab_size", NULL };

static struct value *
from_json(struct interp *it, const struct json *json, const char *key, int depth);

static const struct json *
type_of(const struct interp *it, const char *model_type)
{
	return model_type ? json_get(json_get(it->defaults->transformers, "types"), model_type) :
	    NULL;
}

static const char *
type_text(const struct value *config)
{
	struct value *type = scope_get(&config->instance->attributes,
	    intern_string("model_type"));

	return type && type->kind == VALUE_STRING && type->string.length ? type->string.text :
	    NULL;
}

/* An empty config object of that type: isinstance() sees the name transformers gives it. */
static struct value *
config_new(struct interp *it, const char *model_type)
{
	const char *name = json_string(json_get(type_of(it, model_type), "class"));
	struct value *class = it->config_class, *config;

	if (name)
		class = class_builtin(it, name, it->config_class);
	config = instance_new(it, class);
	config->instance->is_config = true;
	if (model_type)
		scope_set(&it->arena, &config->instance->attributes, intern_string("model_type"),
		    value_text(&it->arena, model_type));
	return config;
}

static void
fill(struct interp *it, struct value *config, const struct json *json, int depth)
{
	const char *type = type_text(config);
	const struct json *item, *parts = json_get(type_of(it, type), "parts");

	for (item = json->child; item; item = item->next) {
		struct value *value = from_json(it, item, item->key, depth);
		const char *part = json_string(json_get(parts, item->key));

		if (value->kind == VALUE_INSTANCE && part && !type_text(value))
			scope_set(&it->arena, &value->instance->attributes,
			    intern_string("model_type"), value_text(&it->arena, part));
		scope_set(&it->arena, &config->instance->attributes, intern_string(item->key),
		    value);
	}
}

/* Parts of a config are configs too: text_config, vision_config, ... */
static bool
is_part(const struct json *json, const char *key)
{
	size_t length = key ? strlen(key) : 0;

	if (!key || !strcmp(key, "quantization_config") || !strcmp(key, "compression_config"))
		return false;
	return json_get(json, "model_type") || json_get(json, "hidden_size") ||
	    (length > 7 && !strcmp(key + length - 7, "_config"));
}

static struct value *
from_json(struct interp *it, const struct json *json, const char *key, int depth)
{
	const struct json *item;
	struct value *value;
	int64_t integer;
	double number = 0;

	step(it, 1);
	switch (json->type) {
	case JSON_NULL:
		return value_none();
	case JSON_BOOL:
		return value_bool(json->text[0] == 't');
	case JSON_STRING:
		return value_string(&it->arena, json->text, json->length);
	case JSON_NUMBER:
		if (json_integer(json, &integer) && !strpbrk(json->text, ".eE"))
			return value_int(&it->arena, integer);
		if (!json_number(json, &number) || !strpbrk(json->text, ".eE"))
			return unknown(it, "%s: the number %.40s is beyond 64 bits",
			    key ? key : "config", json->text);
		return value_float(&it->arena, number);
	case JSON_ARRAY:
		value = value_list(&it->arena, VALUE_LIST);
		for (item = json->child; item; item = item->next)
			list_add(&it->arena, &value->list, from_json(it, item, NULL, depth + 1));
		return value;
	case JSON_OBJECT:
		break;
	}
	if (is_part(json, key)) {
		value = config_new(it, json_string(json_get(json, "model_type")));
		fill(it, value, json, depth + 1);
		return value;
	}
	value = value_dict(&it->arena);
	for (item = json->child; item; item = item->next) {
		list_add(&it->arena, &value->dict.keys, value_text(&it->arena, item->key));
		list_add(&it->arena, &value->dict.values, from_json(it, item, item->key, depth + 1));
	}
	return value;
}

static bool
is_core_size(const char *key)
{
	size_t i;

	for (i = 0; core_sizes[i]; i++)
		if (!strcmp(core_sizes[i], key))
			return true;
	return false;
}

/* Evaluate a rule of the data files with the config's own keys as names. */
static struct value *
rule(struct interp *it, struct value *config, const char *expression)
{
	const struct py_file *file = rule_parse(it->defaults, expression);
	struct env env = { .names = &config->instance->attributes };
	struct module module = { .name = "config", .file = file, .ran = true };
	struct module *previous = it->module;
	struct value *value, *outer;
	int guards = it->guards;

	if (!file || !file->module->module.body || file->error)
		return unknown(it, "a rule that does not parse");
	env.module = &module;
	it->module = &module;
	it->guards = 0;
	outer = it->rule_config;
	it->rule_config = config;
	value = eval(it, &env, file->module->module.body->unary.operand);
	it->rule_config = outer;
	it->guards = guards;
	it->module = previous;
	it->raised = NULL;
	return value;
}

static struct value *
default_from(struct interp *it, struct value *config, const struct json *keys, const char *key)
{
	const struct json *found = json_get(keys, key);
	const char *text = json_string(found);

	if (!found)
		return NULL;
	if (text && text[0] == '=') {
		struct value *value;
		uint32_t line = it->line;

		if (it->rules > 8) /* rules that need each other */
			return NULL;
		it->rules++;
		value = rule(it, config, text + 1);
		it->rules--;
		it->line = line;
		return value_is_unknown(value) ? NULL : value;
	}
	return from_json(it, found, NULL, 0);
}

/* A part that config.json leaves out. A composite config written flat keeps its text
 * sizes at the top: the part is then the config itself, read as the part's type. */
static struct value *
part_default(struct interp *it, struct value *config, const struct json *type,
    const char *key)
{
	const char *part = json_string(json_get(json_get(type, "parts"), key));
	struct value *value;
	uint32_t i;

	if (!part || strcmp(key, "text_config"))
		return NULL;
	value = config_new(it, part);
	for (i = 0; i < config->instance->attributes.count; i++)
		if (strcmp(config->instance->attributes.keys[i], "model_type"))
			scope_set(&it->arena, &value->instance->attributes,
			    config->instance->attributes.keys[i],
			    config->instance->attributes.values[i]);
	return value;
}

/* sglang copies what the text part says to the config above it, where that says nothing. */
static struct value *
from_text_part(struct interp *it, struct value *config, const char *key)
{
	static const char *const parts[] = { "text_config", "llm_config", "language_config",
		"thinker_config" };
	size_t i;

	for (i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct value *part = scope_get(&config->instance->attributes,
		    intern_string(parts[i])), *found;

		if (!part || part->kind != VALUE_INSTANCE || !part->instance->is_config ||
		    part == config || it->rules > 4)
			continue;
		found = scope_get(&part->instance->attributes, key);
		it->rules++;
		if (!found)
			found = config_default(it, part, key);
		it->rules--;
		if (found && found->kind != VALUE_NONE)
			return found;
	}
	return NULL;
}

struct value *
config_default(struct interp *it, struct value *config, const char *key)
{
	const char *type_name = type_text(config);
	const struct json *type = type_of(it, type_name);
	const char *renamed = json_string(json_get(json_get(type, "names"), key));
	struct value *found = NULL;

	if (renamed && strcmp(renamed, key)) {
		found = scope_get(&config->instance->attributes, intern_string(renamed));
		if (found)
			return found;
	}
	if (type_name)
		found = default_from(it, config, json_get(it->defaults->rules, type_name), key);
	if (!found && config->instance->is_top &&
	    (is_core_size(key) || (renamed && is_core_size(renamed))))
		return NULL;
	if (!found)
		found = part_default(it, config, type, key);
	/* where the file says it in the older words, the general rule speaks */
	if (!found && strcmp(key, "rope_parameters"))
		found = default_from(it, config, json_get(type, "keys"), key);
	if (!found && renamed)
		found = default_from(it, config, json_get(type, "keys"), renamed);
	if (!found && (!strcmp(key, "rope_theta") || !strcmp(key, "partial_rotary_factor"))) {
		struct value *rope = scope_get(&config->instance->attributes,
		    intern_string("rope_parameters"));

		if (rope && rope->kind == VALUE_DICT)
			found = dict_get_text(&rope->dict, key);
		if (!found)
			found = default_from(it, config, json_get(json_get(type, "keys"),
			    "rope_parameters"), key);
	}
	if (!found)
		found = from_text_part(it, config, key);
	if (!found && strcmp(key, "head_dim"))
		found = default_from(it, config, json_get(it->defaults->rules, "*"), key);
	if (found)
		scope_set(&it->arena, &config->instance->attributes, intern_string(key), found);
	return found;
}

struct value *
config_missing(struct interp *it, struct value *config, const char *key)
{
	struct value *value;

	if (it->guards > 0)
		return raise_error(it, "AttributeError", "config has no %s", key);
	value = unknown(it, "the config has no \"%s\", needed at %s:%u", key,
	    it->module ? it->module->file->path : "", it->line);
	value->reason->key = key;
	(void)config;
	return value;
}

/* The class in the tree's srt/configs that says it is of this type. A part may say the
 * type of its whole: the whole has parts, and its name does not say which part it is. */
static struct value *
class_in_tree(struct interp *it, const char *model_type)
{
	const char *name = source_config_module(it->source, model_type);
	struct module *module = name ? module_load(it, name) : NULL;
	struct value *best = NULL;
	int best_rank = 0;
	uint32_t i;

	if (!module)
		return NULL;
	module_member(it, module, "");
	for (i = 0; i < module->globals.count; i++) {
		struct value *class = module->globals.values[i], *type;
		int rank;

		if (!class || class->kind != VALUE_CLASS || class->class->module != module)
			continue;
		type = scope_get(&class->class->attributes, intern_string("model_type"));
		if (!type || !value_is_string(type, model_type) ||
		    !class_is(class, "PretrainedConfig"))
			continue;
		rank = 1 + !(strstr(class->class->name, "Vision") ||
		    strstr(class->class->name, "Audio")) + 2 * (scope_get(
		    &class->class->attributes, intern_string("sub_configs")) != NULL);
		if (rank > best_rank) {
			best = class;
			best_rank = rank;
		}
	}
	return best;
}

/* Construct that class as from_pretrained does: with the file's keys as keywords. */
static struct value *
construct(struct interp *it, struct value *class, const struct value *plain)
{
	const struct scope *keys = &plain->instance->attributes;
	struct call call = { 0 };
	struct value *config;
	uint32_t i;

	call.keywords = arena_alloc(&it->arena, (keys->count + 1) * sizeof *call.keywords);
	call.values = arena_alloc(&it->arena, (keys->count + 1) * sizeof *call.values);
	for (i = 0; i < keys->count; i++) {
		struct value *value = keys->values[i];

		if (!strcmp(keys->keys[i], "model_type"))
			continue;
		if (value->kind == VALUE_INSTANCE && value->instance->is_config)
			value = attribute(it, value, intern_string("__dict__"));
		call.keywords[call.keyword_count] = keys->keys[i];
		call.values[call.keyword_count++] = value;
	}
	config = instantiate(it, class, &call);
	config->instance->is_config = true;
	/* what the file says stands, unless the class made a config of it */
	for (i = 0; i < keys->count; i++) {
		struct value *held = scope_get(&config->instance->attributes, keys->keys[i]);

		if (!held || (held->kind == VALUE_DICT && keys->values[i]->kind == VALUE_INSTANCE))
			scope_set(&it->arena, &config->instance->attributes, keys->keys[i],
			    keys->values[i]);
	}
	return config;
}

/* Whether a key holds what the class's constructor takes for it when not told. */
static bool
is_plain_default(const struct value *config, const struct value *class, const char *key)
{
	const struct value *init = class_lookup(class->class, intern_string("__init__"));
	const struct value *held = scope_get(&config->instance->attributes, intern_string(key));
	const struct py_node *parameter;
	size_t at = 0;

	if (!held || !init || init->kind != VALUE_FUNCTION)
		return false;
	parameter = init->function->node->function.parameters;
	for (; parameter; parameter = parameter->next, at++)
		if (parameter->name && !strcmp(parameter->name, key))
			return at < init->function->defaults.count &&
			    init->function->defaults.items[at] &&
			    value_equal(init->function->defaults.items[at], held);
	return false;
}

struct value *
config_build(struct interp *it, const struct json *json, const char *entry)
{
	const char *type = json_string(json_get(json, "model_type"));
	struct value *plain, *config, *class;
	size_t i;

	if (!type)
		type = json_string(json_get(json_get(it->defaults->transformers, "architectures"),
		    entry));
	if (!type) { /* a draft or wrapper class: what it is built upon */
		const struct json *architectures = json_get(json, "architectures");

		if (architectures && architectures->type == JSON_ARRAY && architectures->child)
			type = json_string(json_get(json_get(it->defaults->transformers,
			    "architectures"), json_string(architectures->child) ?
			    json_string(architectures->child) : ""));
	}
	plain = config_new(it, type);
	fill(it, plain, json, 0);
	if (type)
		scope_set(&it->arena, &plain->instance->attributes, intern_string("model_type"),
		    value_text(&it->arena, type));
	class = type ? class_in_tree(it, type) : NULL;
	config = class ? construct(it, class, plain) : plain;
	config->instance->is_top = !type_of(it, type) ||
	    !json_get(type_of(it, type), "parts") || json_get(json, "hidden_size");
	for (i = 0; class && config->instance->is_top && core_sizes[i]; i++)
		if (!json_get(json, core_sizes[i]) && is_plain_default(config, class, core_sizes[i]))
			scope_remove(&config->instance->attributes, intern_string(core_sizes[i]));
	return config;
}
