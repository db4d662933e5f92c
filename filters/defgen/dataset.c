/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a dataset's definitions and finds new, existing and conflicting ones. */
#include "dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/memory.h"

enum { FOLDER_DEPTH = 4, FILE_LIMIT = 1 << 26 };

static void
read_definition(struct dataset *dataset, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct text text = { 0 };
	struct json_error error;
	const struct json *json = NULL;
	const char *name;
	char *kept;
	size_t got;

	if (!file) {
		warn("%s:", path);
		dataset->broken++;
		return;
	}
	do {
		got = fread(text_reserve(&text, 1 << 15), 1, 1 << 15, file);
		text.length += got;
	} while (got > 0 && text.length < FILE_LIMIT);
	if (ferror(file))
		die("%s:", path);
	fclose(file);
	kept = arena_copy(&dataset->arena, text.length ? text.bytes : "", text.length);
	json = json_parse(&dataset->arena, kept, text.length, &error);
	text_free(&text);
	if (!json) {
		warn("%s: byte %zu: %s", path, error.offset, error.message);
		dataset->broken++;
		return;
	}
	name = json_string(json_get(json, "name"));
	if (!name || !json_get(json, "axes") || !json_get(json, "inputs")) {
		if (json->type == JSON_OBJECT && json_get(json, "new_definitions"))
			return; /* a report of ours */
		warn("%s: byte 0: no definition: name, axes or inputs are missing", path);
		dataset->broken++;
		return;
	}
	*map_put_string(&dataset->by_name, name) = (void *)(uintptr_t)json;
	*map_put_string(&dataset->paths, name) = arena_copy(&dataset->arena, path, strlen(path));
}

/* Links are followed: the caches of datasets are made of them. */
static void
read_folder(struct dataset *dataset, const char *path, int depth)
{
	struct folder folder;
	size_t i;

	if (!folder_list(&folder, path))
		return;
	for (i = 0; i < folder.count; i++) {
		const char *name = folder.names[i];
		struct text below = { 0 };
		size_t length = strlen(name);

		text_add_format(&below, "%s/%s", path, name);
		if (folder_exists(below.bytes) && depth == FOLDER_DEPTH) {
			warn("%s: folders more than %d deep are not read", below.bytes,
			    FOLDER_DEPTH);
			dataset->broken++;
		} else if (folder_exists(below.bytes))
			read_folder(dataset, below.bytes, depth + 1);
		else if (length > 5 && !strcmp(name + length - 5, ".json") &&
		    folder_has_file(below.bytes))
			read_definition(dataset, below.bytes);
		text_free(&below);
	}
	folder_free(&folder);
}

void
dataset_read(struct dataset *dataset, const char *path, bool may_lack)
{
	struct text definitions = { 0 };

	text_add_format(&definitions, "%s/definitions", path);
	if (folder_exists(definitions.bytes))
		read_folder(dataset, definitions.bytes, 0);
	else if (folder_exists(path))
		read_folder(dataset, path, 0);
	else if (!may_lack || errno != ENOENT)
		die("%s: not a folder that can be read", path);
	text_free(&definitions);
}

void
dataset_free(struct dataset *dataset)
{
	map_free(&dataset->by_name);
	map_free(&dataset->paths);
	arena_free(&dataset->arena);
}

/* What a comparison found; texts live in the catalogue. */
struct comparison {
	struct catalogue *catalogue;
	const char *differs[8], *notes[8];
	size_t differ_count, note_count;
};

static void
found(struct comparison *comparison, bool matters, const char *text)
{
	const char *kept = arena_copy(&comparison->catalogue->arena, text, strlen(text));

	if (matters && comparison->differ_count < 8)
		comparison->differs[comparison->differ_count++] = kept;
	else if (!matters && comparison->note_count < 8)
		comparison->notes[comparison->note_count++] = kept;
}

static void
compare_axes(struct comparison *comparison, const struct definition *definition,
    const struct json *theirs)
{
	struct arena arena = { 0 };
	const struct line *line;

	for (line = definition->family->axes; line; line = line->next) {
		struct axis axis = family_axis(&arena, line, &definition->parameters);
		const struct json *other = json_get(json_get(theirs, "axes"), axis.name);
		struct text text = { 0 };
		int64_t value = 0;

		if (!axis.constant || axis.name[0] == '\0')
			continue;
		if (!other) {
			text_add_format(&text, "axes.%s: %lld here, absent there", axis.name,
			    (long long)axis.value);
			found(comparison, false, text.bytes);
		} else if (!json_integer(json_get(other, "value"), &value) || value != axis.value) {
			text_add_format(&text, "axes.%s: %lld here, %lld there", axis.name,
			    (long long)axis.value, (long long)value);
			found(comparison, true, text.bytes);
		}
		text_free(&text);
	}
	arena_free(&arena);
}

/* The shape as text, "[a, b]" or "scalar". */
static const char *
their_shape(struct arena *arena, const struct json *tensor)
{
	const struct json *shape = json_get(tensor, "shape"), *item;
	struct text text = { 0 };
	const char *kept;

	if (!shape || shape->type != JSON_ARRAY)
		return "scalar";
	text_add_char(&text, '[');
	for (item = shape->child; item; item = item->next)
		text_add_format(&text, "%s%s", item == shape->child ? "" : ", ",
		    item->text ? item->text : "?");
	text_add_char(&text, ']');
	kept = arena_copy(arena, text.bytes, text.length);
	text_free(&text);
	return kept;
}

static const char *
our_shape(struct arena *arena, const struct tensor *tensor)
{
	struct text text = { 0 };
	const char *kept;
	size_t i;

	if (tensor->scalar)
		return "scalar";
	text_add_char(&text, '[');
	for (i = 0; i < tensor->rank; i++)
		text_add_format(&text, "%s%s", i ? ", " : "", tensor->shape[i]);
	text_add_char(&text, ']');
	kept = arena_copy(arena, text.bytes, text.length);
	text_free(&text);
	return kept;
}

static void
compare_tensors(struct comparison *comparison, const struct definition *definition,
    const struct line *lines, const struct json *theirs, const char *group)
{
	struct arena arena = { 0 };
	const struct json *other = theirs ? theirs->child : NULL;

	for (; lines; lines = lines->next) {
		struct tensor tensor = family_tensor(&arena, lines, &definition->parameters);
		struct text text = { 0 };
		const char *dtype, *here, *there;

		if (tensor.name[0] == '\0')
			continue;
		if (!other || !other->key || strcmp(other->key, tensor.name)) {
			text_add_format(&text, "%s: %s here, %s there", group, tensor.name,
			    other && other->key ? other->key : "nothing");
			found(comparison, true, text.bytes);
			text_free(&text);
			break;
		}
		dtype = json_string(json_get(other, "dtype"));
		if (!dtype || strcmp(dtype, tensor.dtype)) {
			text_add_format(&text, "%s.%s.dtype: %s here, %s there", group, tensor.name,
			    tensor.dtype, dtype ? dtype : "none");
			found(comparison, true, text.bytes);
		}
		here = our_shape(&arena, &tensor);
		there = their_shape(&arena, other);
		if (strcmp(here, there)) {
			text_clear(&text);
			text_add_format(&text, "%s.%s.shape: %s here, %s there", group, tensor.name, here,
			    there);
			found(comparison, false, text.bytes);
		}
		text_free(&text);
		other = other->next;
	}
	arena_free(&arena);
}

/* The epsilon a text states: the first number after the word, at most a few bytes on. */
static double
stated_epsilon(const char *text)
{
	static const char *const words[] = { "EPSILON", "epsilon", "Epsilon", "EPS", "eps" };
	size_t i;

	for (i = 0; text && i < sizeof words / sizeof *words; i++) {
		const char *at = text;

		while ((at = strstr(at, words[i]))) {
			const char *digits = at + strlen(words[i]) +
			    strcspn(at + strlen(words[i]), "0123456789");
			double value;

			if (digits - at < 40 && *digits) {
				value = strtod(digits, NULL);
				if (value > 0 && value < 0.1)
					return value;
			}
			at += strlen(words[i]);
		}
	}
	return 0;
}

static void
compare_epsilon(struct comparison *comparison, const struct definition *definition,
    const struct json *theirs)
{
	const char *ours = parameter_get(&definition->parameters, "eps");
	double there = stated_epsilon(json_string(json_get(theirs, "reference")));
	struct text text = { 0 };

	if (there == 0)
		there = stated_epsilon(json_string(json_get(theirs, "description")));
	if (!ours || there == 0 || there == strtod(ours, NULL))
		return;
	text_add_format(&text, "eps: %s here, %g there", ours, there);
	found(comparison, true, text.bytes);
	text_free(&text);
}

static void
compare_definition(struct comparison *comparison, const struct definition *definition,
    const struct json *theirs)
{
	const char *op_type = json_string(json_get(theirs, "op_type"));

	if (!op_type || strcmp(op_type, definition->family->op_type))
		found(comparison, true, "op_type");
	compare_axes(comparison, definition, theirs);
	compare_tensors(comparison, definition, definition->family->inputs,
	    json_get(theirs, "inputs"), "inputs");
	compare_tensors(comparison, definition, definition->family->outputs,
	    json_get(theirs, "outputs"), "outputs");
	compare_epsilon(comparison, definition, theirs);
}

static const struct json *
existing(const struct dataset *dataset, const char *name)
{
	void **place = map_get_string(&dataset->by_name, name);

	return place ? *place : NULL;
}

/* The first free version of the name, or the existing one that is the same. */
static void
place_beside(const struct dataset *dataset, struct catalogue *catalogue,
    struct definition *definition)
{
	int version = 2;

	for (;; version++) {
		struct comparison comparison = { .catalogue = catalogue };
		struct text text = { 0 };
		const struct json *theirs;
		void **ours;

		text_add_format(&text, "%s_v%d", definition->base, version);
		definition->name = arena_copy(&catalogue->arena, text.bytes, text.length);
		text_free(&text);
		theirs = existing(dataset, definition->name);
		ours = map_get_string(&catalogue->by_name, definition->name);
		if (theirs) {
			compare_definition(&comparison, definition, theirs);
			if (!comparison.differ_count) {
				definition->exists = true;
				return;
			}
		} else if (!ours || !*ours) {
			*map_put_string(&catalogue->by_name, definition->name) = definition;
			return;
		}
	}
}

/* Compare one definition with what has its base name; true when it must be renamed. */
static bool
compare_base(struct catalogue *catalogue, struct definition *definition,
    const struct json *theirs)
{
	struct comparison comparison = { .catalogue = catalogue };

	compare_definition(&comparison, definition, theirs);
	memcpy(definition->notes, comparison.notes, sizeof comparison.notes);
	definition->note_count = comparison.note_count;
	*map_put_string(&catalogue->by_name, definition->name) = NULL;
	definition->exists = !comparison.differ_count;
	definition->conflicts = !definition->exists;
	definition->name = definition->base;
	memcpy(definition->differs, comparison.differs, sizeof comparison.differs);
	definition->differ_count = comparison.differ_count;
	return definition->conflicts;
}

void
dataset_compare(const struct dataset *dataset, struct catalogue *catalogue)
{
	struct definition *definition;

	/* names of this run are given up first, so that versions count from what exists */
	for (definition = catalogue->definitions; definition; definition = definition->next) {
		const struct json *theirs = existing(dataset, definition->base);

		definition->renames = theirs && compare_base(catalogue, definition, theirs);
	}
	for (definition = catalogue->definitions; definition; definition = definition->next)
		if (definition->renames)
			place_beside(dataset, catalogue, definition);
}
