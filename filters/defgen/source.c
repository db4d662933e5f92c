/* SPDX-License-Identifier: Apache-2.0 */
/* Finds model files and their entry classes in an sglang checkout. */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"

struct source {
	char *root;        /* the checkout's real path: links out of it are not followed */
	char *package;     /* path of the sglang package folder */
	struct entry *entries;
	size_t entry_count, entry_capacity, model_files;
};

static char *
join(const char *folder, const char *name)
{
	struct text text = { 0 };

	text_add_format(&text, "%s/%s", folder, name);
	return text.bytes;
}

/* A file may be absent, or a link out of the checkout: that is an answer. Anything else is
 * the environment's. */
static bool
is_there(const struct source *source, const char *path)
{
	char *real = folder_real_path(path);
	bool inside = real != NULL && folder_is_inside(real, source->root);

	if (real == NULL && !folder_lacks())
		die("%s:", path);
	free(real);
	return inside && folder_has_file(path);
}

/* The whole regular file, NUL-terminated; NULL when there is none. */
static char *
read_file(const struct source *source, const char *path, size_t *length)
{
	struct text text = { 0 };
	FILE *file;
	size_t got;

	if (!is_there(source, path))
		return NULL;
	file = fopen(path, "rb");
	if (!file && !folder_lacks())
		die("%s:", path);
	if (!file)
		return NULL;
	do {
		char *room = text_reserve(&text, 1 << 16);

		got = fread(room, 1, 1 << 16, file);
		text.length += got;
	} while (got > 0);
	if (ferror(file))
		die("%s:", path);
	fclose(file);
	*text_reserve(&text, 1) = '\0';
	*length = text.length;
	return text.bytes;
}

static bool
is_identifier(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '_';
}

static void
entry_add(struct source *source, const char *class, size_t length, const char *stem)
{
	struct text module = { 0 };
	struct entry *entry;
	const char *at;

	source->entries = memory_grow(source->entries, source->entry_count,
	    &source->entry_capacity, sizeof *source->entries);
	entry = &source->entries[source->entry_count++];
	entry->class = intern(class, length);
	entry->stem = intern_string(stem);
	text_add_string(&module, "sglang.srt.models.");
	for (at = stem; *at; at++)
		text_add_char(&module, *at == '/' ? '.' : *at);
	entry->module = intern_string(module.bytes);
	text_free(&module);
}

/* Read the names of `EntryClass = X` or `EntryClass = [X, Y]` at the start of a line.
 * Reading the text is enough here, and spares parsing every file to find one model. */
static void
scan_entries(struct source *source, const char *text, const char *stem)
{
	const char *at = text;

	while ((at = strstr(at, "EntryClass"))) {
		bool at_line = at == text || at[-1] == '\n';
		char close = '\n';

		at += strlen("EntryClass");
		if (!at_line)
			continue;
		if (*at == ':') /* an annotation */
			at += strcspn(at, "=\n");
		at += strspn(at, " +");
		if (*at != '=')
			continue;
		at += 1 + strspn(at + 1, " ");
		if (*at == '[' || *at == '(')
			close = *at++ == '[' ? ']' : ')';
		while (*at && *at != close) {
			size_t length = 0;

			if (*at == '#') {
				at += strcspn(at, "\n");
				continue;
			}
			while (is_identifier(at[length]))
				length++;
			if (length)
				entry_add(source, at, length, stem);
			at += length ? length : 1;
		}
	}
}

static void
scan_models(struct source *source, const char *folder, const char *prefix, int depth)
{
	struct folder list;
	size_t i;

	folder_list(&list, folder);
	for (i = 0; i < list.count; i++) {
		const char *name = list.names[i];
		char *path = join(folder, name);
		size_t length = strlen(name), size;
		struct text stem = { 0 };

		text_add_string(&stem, prefix);
		if (length > 3 && !strcmp(name + length - 3, ".py")) {
			char *text = read_file(source, path, &size);

			text_add(&stem, name, length - 3);
			if (text)
				scan_entries(source, text, stem.bytes);
			source->model_files++;
			free(text);
		} else if (depth < 4 && folder_exists(path)) {
			text_add_format(&stem, "%s/", name);
			scan_models(source, path, stem.bytes, depth + 1);
		}
		text_free(&stem);
		free(path);
	}
	folder_free(&list);
}

struct source *
source_open(const char *path)
{
	static const char *const below[] = { "python/sglang", "sglang", "." };
	struct source *source = memory_alloc_zero(1, sizeof *source);
	char *models, *root = memory_copy_string(path);
	size_t i, length = strlen(root);

	while (length > 1 && root[length - 1] == '/')
		root[--length] = '\0';
	for (i = 0; i < sizeof below / sizeof *below && !source->package; i++) {
		char *package = join(root, below[i]);

		models = join(package, "srt/models");
		if (folder_exists(models))
			source->package = package;
		else
			free(package);
		free(models);
	}
	if (!source->package)
		die("%s: no sglang here (python/sglang/srt/models is missing)", path);
	source->root = folder_real_path(root);
	if (!source->root)
		die("%s:", path);
	free(root);
	models = join(source->package, "srt/models");
	scan_models(source, models, "", 0);
	free(models);
	return source;
}

void
source_close(struct source *source)
{
	free(source->entries);
	free(source->root);
	free(source->package);
	free(source);
}

const struct entry *
source_entries(const struct source *source, size_t *count)
{
	*count = source->entry_count;
	return source->entries;
}

size_t
source_model_files(const struct source *source)
{
	return source->model_files;
}
