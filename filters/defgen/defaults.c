/* SPDX-License-Identifier: Apache-2.0 */
/* The config defaults built into the program, with the rules among them parsed. */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "embedded.h"
#include "json/json.h"
#include "base/memory.h"

struct rule_text {
	const char *expression;
	struct py_file *file;
};

static void
rule_collect(struct defaults *defaults, const struct json *value, size_t *capacity)
{
	const struct json *item;
	const char *text = json_string(value);

	if (text && text[0] == '=' && !rule_parse(defaults, text + 1)) {
		defaults->parsed = memory_grow(defaults->parsed, defaults->parsed_count, capacity,
		    sizeof *defaults->parsed);
		defaults->parsed[defaults->parsed_count].expression = text + 1;
		defaults->parsed[defaults->parsed_count++].file = py_parse("config rule",
		    memory_copy_string(text + 1), strlen(text + 1));
	}
	for (item = value->child; item; item = item->next)
		rule_collect(defaults, item, capacity);
}

static const struct json *
parse(struct defaults *defaults, const char *name)
{
	const struct embedded *file = embedded_find(name);
	struct json_error error;
	const struct json *json = json_parse(&defaults->arena, file->text, strlen(file->text),
	    &error);

	if (!json)
		die("built-in %s: byte %zu: %s", name, error.offset, error.message);
	return json;
}

struct defaults *
defaults_open(void)
{
	struct defaults *defaults = memory_alloc_zero(1, sizeof *defaults);
	size_t capacity = 0;

	defaults->transformers = parse(defaults, "hf_defaults.json");
	defaults->rules = parse(defaults, "config_rules.json");
	rule_collect(defaults, defaults->transformers, &capacity);
	rule_collect(defaults, defaults->rules, &capacity);
	return defaults;
}

void
defaults_close(struct defaults *defaults)
{
	size_t i;

	for (i = 0; i < defaults->parsed_count; i++)
		py_free(defaults->parsed[i].file);
	free(defaults->parsed);
	arena_free(&defaults->arena);
	free(defaults);
}

const struct py_file *
rule_parse(const struct defaults *defaults, const char *expression)
{
	size_t i;

	for (i = 0; i < defaults->parsed_count; i++)
		if (!strcmp(defaults->parsed[i].expression, expression))
			return defaults->parsed[i].file;
	return NULL;
}
