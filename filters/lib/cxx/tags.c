/* SPDX-License-Identifier: Apache-2.0 */
/* Runs ctags over C++ and CUDA sources and reads its JSON, a tag a line:
 * {"_type":"tag","name":"silu_and_mul","path":"csrc/activation.cu","line":54,"kind":"function"} */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "json/json.h"
#include "base/map.h"
#include "cxx/tags.h"
#include "base/temporary.h"
#include "base/text.h"

extern char **environ;

struct reading {
	const struct tree_file *const *files;
	size_t count;
	struct map by_path; /* -> index + 1 */
	void (*use)(void *context, const struct tag *tag);
	void *context;
};

/* The file as ctags is told of it: a line that begins with '-' would be an option. */
static const char *
ctags_path(const struct tree_file *file, struct text *text)
{
	text_clear(text);
	text_add_format(text, "%s%s", file->path[0] == '-' ? "./" : "", file->path);
	return text->bytes;
}

/* The paths in the temporary file `path`, for ctags. */
static void
write_list(struct reading *reading, char *path)
{
	int descriptor = temporary_open(path);
	FILE *list = descriptor < 0 ? NULL : fdopen(descriptor, "w");
	struct text text = {0};
	bool written;

	if (list == NULL)
		die("%s:", path);
	for (size_t i = 0; i < reading->count; i++) {
		const char *named = ctags_path(reading->files[i], &text);

		fprintf(list, "%s\n", named);
		*map_put_string(&reading->by_path, named) = (void *)(uintptr_t)(i + 1);
	}
	text_free(&text);
	written = ferror(list) == 0;
	if (fclose(list) != 0 || !written)
		die("%s:", path);
}

/* Starts ctags; what it prints can be read from the result. NULL: there is no ctags. */
static FILE *
start_ctags(const char *list, pid_t *process)
{
	const char *arguments[] = { "ctags", "--quiet", "--options=NONE", "--output-format=json",
		"--fields=+neSi", "--languages=C++",
		"--langmap=C++:.c.h.cc.cpp.cxx.hpp.cu.cuh.hip.inc.inl.jinja", "--c++-kinds=fdvmcs",
		/* Of CUDA's words those that take arguments look like functions. */
		"-I__launch_bounds__+,__cluster_dims__+,__maxnreg__+,__align__+,__block_size__+",
		"--sort=no", "-o", "-", "-L", list, NULL };
	posix_spawn_file_actions_t actions;
	FILE *tags;
	int ends[2];

	if (pipe(ends) != 0 || (tags = fdopen(ends[0], "r")) == NULL)
		die("cannot start ctags:");
	errno = posix_spawn_file_actions_init(&actions);
	if (errno == 0)
		errno = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	if (errno == 0)
		errno = posix_spawn_file_actions_addclose(&actions, ends[0]);
	if (errno == 0)
		errno = posix_spawn_file_actions_addclose(&actions, ends[1]);
	if (errno == 0)
		errno = posix_spawnp(process, "ctags", &actions, NULL,
		    (char *const *)arguments, environ);
	if (errno == ENOENT) {
		warn("ctags: no definitions of C++ kernels:");
		fclose(tags);
		tags = NULL;
	} else if (errno != 0) {
		die("cannot start ctags:");
	}
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	return tags;
}

/* ctags calls what has no name __anon and a number that depends on the path. */
static void
add_scope(struct text *scope, const char *whole)
{
	while (*whole != '\0') {
		size_t length = strcspn(whole, ":");

		if (length > 0 && strncmp(whole, "__anon", 6) != 0) {
			if (scope->length > 0)
				text_add_string(scope, "::");
			text_add(scope, whole, length);
		}
		whole += length;
		whole += strspn(whole, ":");
	}
}

static bool
read_kind(const struct json *json, struct tag *tag)
{
	const char *kind = json_string(json_get(json, "kind"));
	const char *pattern = json_string(json_get(json, "pattern"));

	if (kind == NULL)
		return false;
	tag->kind = strcmp(kind, "function") == 0 ? TAG_FUNCTION :
	    strcmp(kind, "macro") == 0 ? TAG_MACRO :
	    strcmp(kind, "class") == 0 || strcmp(kind, "struct") == 0 ? TAG_CLASS :
	    TAG_VARIABLE;
	tag->bases = json_string(json_get(json, "inherits"));
	return tag->kind != TAG_VARIABLE || (pattern != NULL && strchr(pattern, '=') != NULL);
}

static void
read_tag(const struct reading *reading, const char *line, size_t length, struct arena *arena)
{
	struct json_error error;
	const struct json *json = json_parse(arena, line, length, &error);
	const char *path = json_string(json_get(json, "path"));
	const char *scope = json_string(json_get(json, "scope"));
	const char *scope_kind = json_string(json_get(json, "scopeKind"));
	struct tag tag = { .name = json_string(json_get(json, "name")), .scope = "" };
	struct text text = {0};
	int64_t at = 0, end = 0;
	void **place;

	if (tag.name == NULL || path == NULL || strncmp(tag.name, "__anon", 6) == 0 ||
	    !json_integer(json_get(json, "line"), &at) || !read_kind(json, &tag))
		return;
	place = map_get_string(&reading->by_path, path);
	if (place == NULL)
		return;
	if (!json_integer(json_get(json, "end"), &end) || end < at)
		end = at;
	if (scope != NULL) {
		add_scope(&text, scope);
		tag.scope = text.length > 0 ? text.bytes : "";
		tag.of_class = scope_kind != NULL && (strcmp(scope_kind, "class") == 0 ||
		    strcmp(scope_kind, "struct") == 0 || strcmp(scope_kind, "union") == 0);
	}
	tag.file = (uintptr_t)*place - 1;
	tag.line = (uint32_t)at;
	tag.end = (uint32_t)end;
	reading->use(reading->context, &tag);
	text_free(&text);
}

static bool
read_tags(const struct reading *reading, const char *list)
{
	struct arena arena = {0};
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	pid_t process = 0;
	int status = 0;
	FILE *tags = start_ctags(list, &process);

	if (tags == NULL)
		return false;
	while ((length = getline(&line, &size, tags)) > 0)
		if (line[0] == '{') {
			read_tag(reading, line, (size_t)length, &arena);
			arena_reset(&arena);
		}
	if (ferror(tags) || !feof(tags))
		die("cannot read from ctags:");
	free(line);
	arena_free(&arena);
	fclose(tags);
	while (waitpid(process, &status, 0) < 0)
		if (errno != EINTR)
			die("cannot wait for ctags:");
	if (status != 0)
		warn("ctags: it failed: definitions of C++ kernels may be missing");
	return status == 0;
}

bool
tags_read(const struct tree_file *const *files, size_t count,
    void (*use)(void *context, const struct tag *tag), void *context)
{
	struct reading reading = { .files = files, .count = count, .use = use,
		.context = context };
	char *list = temporary_name("warpipe");
	bool whole;

	write_list(&reading, list);
	whole = read_tags(&reading, list);
	map_free(&reading.by_path);
	temporary_remove(list);
	free(list);
	return whole;
}
