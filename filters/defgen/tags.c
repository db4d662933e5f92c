/* SPDX-License-Identifier: Apache-2.0 */
/* Reads, compares and adds the model tags of definitions that exist. */
#include "tags.h"

#include <string.h>

#include "base/output.h"

const char *
tag_of_model(struct arena *arena, const char *model)
{
	char *tag = arena_format(arena, "model:%s", model);

	for (char *at = tag; *at != '\0'; at++)
		if (*at == '_')
			*at = '-';
	return tag;
}

static const struct json *
theirs(const struct dataset *dataset, const struct definition *definition)
{
	void **place = definition->exists ?
	    map_get_string(&dataset->by_name, definition->name) : NULL;

	return place == NULL ? NULL : *place;
}

static bool
holds(const struct json *tags, const char *text)
{
	const struct json *tag = tags == NULL ? NULL : tags->child;

	for (; tag != NULL; tag = tag->next)
		if (json_string(tag) != NULL && strcmp(json_string(tag), text) == 0)
			return true;
	return false;
}

static void
add(struct arena *arena, struct tag **list, const char *text)
{
	for (; *list != NULL; list = &(*list)->next)
		if (strcmp((*list)->text, text) == 0)
			return;
	*list = arena_alloc_zero(arena, sizeof(**list));
	(*list)->text = arena_copy(arena, text, strlen(text));
}

/* Models that the file names and this run does not have. */
static void
add_others(struct arena *arena, struct definition *definition, const struct json *tags)
{
	const struct json *tag = tags == NULL ? NULL : tags->child;

	for (; tag != NULL; tag = tag->next) {
		const char *text = json_string(tag);
		const struct use *use = definition->uses;

		if (text == NULL || strncmp(text, "model:", 6) != 0)
			continue;
		while (use != NULL && strcmp(tag_of_model(arena, use->model), text) != 0)
			use = use->next;
		if (use == NULL)
			add(arena, &definition->others, text + 6);
	}
}

void
tags_compare(const struct dataset *dataset, struct catalogue *catalogue)
{
	struct arena *arena = &catalogue->arena;

	for (struct definition *definition = catalogue->definitions; definition != NULL;
	    definition = definition->next) {
		const struct json *file = theirs(dataset, definition);
		const struct json *tags = json_get(file, "tags");

		if (file == NULL)
			continue;
		add_others(arena, definition, tags);
		for (const struct use *use = definition->uses; use != NULL; use = use->next) {
			const char *tag = tag_of_model(arena, use->model);

			if (!holds(tags, tag))
				add(arena, &definition->lacking, tag);
		}
	}
}

static void
write_tags(const struct json *tags, const struct tag *more, struct json_writer *writer)
{
	json_key(writer, "tags");
	json_array_begin(writer);
	for (tags = tags == NULL ? NULL : tags->child; tags != NULL; tags = tags->next)
		json_put_value(writer, tags);
	for (; more != NULL; more = more->next)
		json_put_string(writer, more->text);
	json_array_end(writer);
}

void
tags_update(const struct dataset *dataset, const struct catalogue *catalogue)
{
	for (const struct definition *definition = catalogue->definitions; definition != NULL;
	    definition = definition->next) {
		const struct json *file = theirs(dataset, definition), *member;
		void **path = map_get_string(&dataset->paths, definition->name);
		struct json_writer *writer;
		struct output *out;

		if (file == NULL || path == NULL || definition->lacking == NULL)
			continue;
		out = output_file(*path);
		writer = json_writer_open(out, true);
		json_object_begin(writer);
		for (member = file->child; member != NULL; member = member->next) {
			if (strcmp(member->key, "tags") == 0) {
				write_tags(member, definition->lacking, writer);
				continue;
			}
			json_key(writer, member->key);
			json_put_value(writer, member);
		}
		if (json_get(file, "tags") == NULL)
			write_tags(NULL, definition->lacking, writer);
		json_object_end(writer);
		json_writer_close(writer);
		output_close(out);
	}
}
