/* SPDX-License-Identifier: Apache-2.0 */
/* An op's attribute ("self.qkv_proj") is the last component of its module's path. */
#include <stdlib.h>
#include <string.h>

#include "definitions.h"
#include "base/intern.h"
#include "base/memory.h"
#include "json/reader.h"
#include "similar.h"

static const char *
last_part(const char *path, char separator)
{
	const char *last = strrchr(path, separator);

	return intern_string(last != NULL ? last + 1 : path);
}

static const char *
optional(const struct json *root, const char *key)
{
	const char *text = json_string(json_get(root, key));

	return text != NULL ? intern_string(text) : NULL;
}

static void
add_definition(struct definitions *definitions, const struct record *record)
{
	struct definition definition = { 0 };
	struct json_error error;
	const char *line = arena_copy(&definitions->arena, record->line, record->length);
	const struct json *root = json_parse(&definitions->arena, line, record->length, &error);

	definition.name = intern_string(record_string(record, "name"));
	definition.path = intern_string(record_string(record, "path"));
	definition.part = last_part(definition.path, '.');
	definition.op_type = optional(root, "op_type");
	definition.file = optional(root, "file");
	definition.stage = optional(root, "stage");
	definition.axes = json_get(root, "axes");
	definition.inputs = json_get(root, "inputs");
	definition.outputs = json_get(root, "outputs");
	definitions->list = memory_grow(definitions->list, definitions->count,
	    &definitions->capacity, sizeof(*definitions->list));
	definitions->list[definitions->count++] = definition;
}

void
definitions_read(struct definitions *definitions, const char *path)
{
	char *files[] = { (char *)path, NULL };
	const struct record *record;
	struct reader reader;

	if (path == NULL)
		return;
	reader_open(&reader, files, false);
	while ((record = reader_next(&reader)) != NULL)
		if (strcmp(record->kind, "definition") == 0)
			add_definition(definitions, record);
	reader_close(&reader);
}

const struct definition *
definitions_find(const struct definitions *definitions, const struct site *site,
    const char *stage, const char *hint)
{
	const char *part = last_part(site->call, '.');
	const struct definition *best = NULL;
	double most = -1;

	for (size_t i = 0; i < definitions->count; i++) {
		const struct definition *definition = &definitions->list[i];
		double likeness;

		if (definition->part != part ||
		    (definition->stage != NULL && strcmp(definition->stage, stage) != 0))
			continue;
		/* the same attribute of a class in the op's own file is the better one */
		likeness = similar_names(definition->name, hint) +
		    (definition->file == site->file ? 2 : 0);
		if (likeness > most) {
			most = likeness;
			best = definition;
		}
	}
	return best;
}

void
definitions_close(struct definitions *definitions)
{
	free(definitions->list);
	arena_free(&definitions->arena);
}
