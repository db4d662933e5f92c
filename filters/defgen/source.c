/* SPDX-License-Identifier: Apache-2.0 */
/* Finds model files and their entry classes in an sglang checkout; parses on demand. */
#include "source.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"

struct parsed {
	pthread_mutex_t lock; /* held while this file is read and parsed */
	bool tried, is_package;
	struct py_file *file;
};

struct config_text {
	const char *module;
	char *text;
};

struct source {
	char *root;        /* the checkout's real path: links out of it are not followed */
	char *package;     /* path of the sglang package folder */
	char *shown;       /* how its files are shown: "sglang/python/sglang" */
	pthread_mutex_t lock;
	struct map parsed; /* dotted name -> struct parsed */
	struct entry *entries;
	size_t entry_count, entry_capacity, model_files;
	struct config_text *configs;
	size_t config_count, config_capacity;
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

static void
scan_configs(struct source *source)
{
	char *folder = join(source->package, "srt/configs");
	struct folder list;
	size_t i;

	folder_list(&list, folder);
	for (i = 0; i < list.count; i++) {
		const char *name = list.names[i];
		size_t length = strlen(name), size;

		if (length > 3 && !strcmp(name + length - 3, ".py")) {
			char *path = join(folder, name), *text = read_file(source, path, &size);
			struct text module = { 0 };
			struct config_text *config;

			text_add_string(&module, "sglang.srt.configs.");
			text_add(&module, name, length - 3);
			source->configs = memory_grow(source->configs, source->config_count,
			    &source->config_capacity, sizeof *source->configs);
			config = &source->configs[source->config_count++];
			config->module = intern_string(module.bytes);
			config->text = text;
			text_free(&module);
			free(path);
		}
	}
	folder_free(&list);
	free(folder);
}

const char *
source_config_module(const struct source *source, const char *type)
{
	struct text wanted = { 0 };
	const char *found = NULL;
	size_t i;

	text_add_format(&wanted, "model_type = \"%s\"", type);
	for (i = 0; i < source->config_count && !found; i++)
		if (source->configs[i].text && strstr(source->configs[i].text, wanted.bytes))
			found = source->configs[i].module;
	text_free(&wanted);
	return found;
}

struct source *
source_open(const char *path)
{
	static const char *const below[] = { "python/sglang", "sglang", "." };
	struct source *source = memory_alloc_zero(1, sizeof *source);
	char *models, *root = memory_copy_string(path);
	const char *base;
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
	base = strrchr(root, '/');
	base = base && base[1] ? base + 1 : root;
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): a package was found, so i > 0 */
	source->shown = join(base[0] == '.' ? "sglang" : base, below[i - 1]);
	source->root = folder_real_path(root);
	if (!source->root)
		die("%s:", path);
	free(root);
	pthread_mutex_init(&source->lock, NULL);
	models = join(source->package, "srt/models");
	scan_models(source, models, "", 0);
	scan_configs(source);
	free(models);
	return source;
}

void
source_close(struct source *source)
{
	size_t i;

	for (i = 0; i < source->parsed.count; i++) {
		struct parsed *parsed = source->parsed.entries[i].value;

		if (parsed->file)
			py_free(parsed->file);
		pthread_mutex_destroy(&parsed->lock);
		free(parsed);
	}
	for (i = 0; i < source->config_count; i++)
		free(source->configs[i].text);
	map_free(&source->parsed);
	pthread_mutex_destroy(&source->lock);
	free(source->configs);
	free(source->entries);
	free(source->root);
	free(source->package);
	free(source->shown);
	free(source);
}

static struct parsed *
parsed_of(struct source *source, const char *dotted)
{
	struct parsed *parsed;
	void **place;

	pthread_mutex_lock(&source->lock);
	place = map_put_string(&source->parsed, dotted);
	if (!*place) {
		*place = memory_alloc_zero(1, sizeof *parsed);
		parsed = *place;
		pthread_mutex_init(&parsed->lock, NULL);
	}
	parsed = *place;
	pthread_mutex_unlock(&source->lock);
	return parsed;
}

static void
parse(struct source *source, struct parsed *parsed, const char *dotted)
{
	static const char *const suffixes[] = { ".py", "/__init__.py" };
	struct text relative = { 0 };
	const char *at;
	size_t i, length;

	for (at = dotted + strlen("sglang"); *at; at++)
		text_add_char(&relative, *at == '.' ? '/' : *at);
	text_add_string(&relative, "");
	for (i = 0; i < 2 && !parsed->file; i++) {
		struct text path = { 0 }, shown = { 0 };
		char *bytes;

		text_add_format(&path, "%s%s%s", source->package,
		    relative.length ? relative.bytes : "", suffixes[i]);
		text_add_format(&shown, "%s%s%s", source->shown,
		    relative.length ? relative.bytes : "", suffixes[i]);
		bytes = read_file(source, path.bytes, &length);
		if (bytes) {
			parsed->file = py_parse(intern_string(shown.bytes), bytes, length);
			parsed->is_package = i == 1;
		}
		text_free(&path);
		text_free(&shown);
	}
	text_free(&relative);
}

const struct py_file *
source_module(struct source *source, const char *dotted, bool *is_package)
{
	struct parsed *parsed;

	if (strncmp(dotted, "sglang", 6) || (dotted[6] && dotted[6] != '.') ||
	    strstr(dotted, ".."))
		return NULL;
	parsed = parsed_of(source, dotted);
	pthread_mutex_lock(&parsed->lock);
	if (!parsed->tried)
		parse(source, parsed, dotted);
	parsed->tried = true;
	*is_package = parsed->is_package;
	pthread_mutex_unlock(&parsed->lock);
	return parsed->file;
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
