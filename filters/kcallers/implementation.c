/* SPDX-License-Identifier: Apache-2.0 */
/* Runs ctags over the C++ and CUDA sources and reads its JSON, a tag a line:
 * {"_type":"tag","name":"silu_and_mul","path":"csrc/activation.cu","line":54,"kind":"function"} */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "implementation.h"
#include "intern.h"
#include "json.h"
#include "memory.h"

extern char **environ;

/* A definition; those of one name are chained, the first found first. */
struct definition {
	const char *file;
	uint32_t line;
	struct definition *next;
};

struct search {
	const struct tree *sources;
	struct symbols files;       /* path -> struct tree_file * */
	struct symbols functions;   /* name -> struct definition * */
	struct arena arena;
};

static void
add_definition(struct search *search, const char *name, const char *file, uint32_t line)
{
	void **place = symbols_put(&search->functions, name);
	struct definition *made = arena_alloc(&search->arena, sizeof(*made)), *last = *place;

	*made = (struct definition){ .file = file, .line = line };
	if (last == NULL) {
		*place = made;
		return;
	}
	while (last->next != NULL)
		last = last->next;
	last->next = made;
}

/* The paths of the sources in a file that ctags reads; the caller unlinks it. */
static bool
write_list(const struct tree *sources, char *path)
{
	int descriptor = mkstemp(path);
	FILE *list = descriptor < 0 ? NULL : fdopen(descriptor, "w");
	bool written;

	if (list == NULL)
		return false;
	for (size_t i = 0; i < sources->count; i++)
		fprintf(list, "%s\n", sources->files[i].path);
	written = ferror(list) == 0;
	return fclose(list) == 0 && written;
}

/* Starts ctags; what it prints can be read from the result. NULL: it cannot be run. */
static FILE *
start_ctags(const char *list, pid_t *process)
{
	const char *arguments[] = { "ctags", "--quiet", "--options=NONE", "--output-format=json",
		"--fields=+n", "--languages=C,C++,CUDA", "--c++-kinds=f", "--c-kinds=f",
		"--CUDA-kinds=f", "--sort=no", "-o", "-", "-L", list, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], failed;

	if (pipe(ends) != 0)
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	failed = posix_spawnp(process, "ctags", &actions, NULL, (char *const *)arguments,
	    environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (failed != 0) {
		close(ends[0]);
		errno = failed;
		return NULL;
	}
	return fdopen(ends[0], "r");
}

static void
add_tag(struct search *search, const char *line, size_t length)
{
	struct json_error error;
	struct arena arena = {0};
	const struct json *tag = json_parse(&arena, line, length, &error);
	const char *name = json_string(json_get(tag, "name"));
	const char *path = json_string(json_get(tag, "path"));
	int64_t at = 0;

	if (name != NULL && path != NULL && json_integer(json_get(tag, "line"), &at)) {
		const struct tree_file *file = symbols_get(&search->files, intern_string(path));

		if (file != NULL)
			add_definition(search, intern_string(name), file->name, (uint32_t)at);
	}
	arena_free(&arena);
}

/* False, after a warning, when definitions may be missing. */
static bool
read_tags(struct search *search)
{
	char list[] = "/tmp/kcallers.XXXXXX", *line = NULL;
	size_t size = 0;
	ssize_t length;
	pid_t process;
	FILE *tags;
	int status = 0;

	if (!write_list(search->sources, list)) {
		warn("%s:", list);
		return false;
	}
	tags = start_ctags(list, &process);
	if (tags == NULL) {
		warn("ctags: no definitions of C++ kernels:");
		unlink(list);
		return false;
	}
	while ((length = getline(&line, &size, tags)) > 0)
		if (line[0] == '{')
			add_tag(search, line, (size_t)length);
	free(line);
	fclose(tags);
	while (waitpid(process, &status, 0) < 0 && errno == EINTR)
		continue;
	if (status != 0)
		warn("ctags: it failed: definitions of C++ kernels may be missing");
	unlink(list);
	return status == 0;
}

#define NAME_BYTES "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* What follows the last ':' of a qualified name. */
static const char *
last_name(const char *name, size_t length)
{
	size_t begin = length;

	while (begin > 0 && name[begin - 1] != ':')
		begin--;
	return intern(name + begin, length - begin);
}

/* m.impl("name", torch::kCUDA, &function): the function's definition stands for the name;
 * m.def("name(...") gives the place of the binding where that is not in view. */
static void
read_binding(struct search *search, const char *text, const char *file, uint32_t line)
{
	bool implements = strncmp(text, ".impl(\"", 7) == 0;
	const char *name = text + (implements ? 7 : 6), *function;
	size_t length = strspn(name, NAME_BYTES);
	const struct definition *bound = NULL;

	if (length == 0)
		return;
	name = intern(name, length);
	if (implements && (function = strchr(text, '&')) != NULL) {
		length = strspn(function + 1, NAME_BYTES ":");
		bound = symbols_get(&search->functions, last_name(function + 1, length));
	}
	if (bound != NULL)
		add_definition(search, name, bound->file, bound->line);
	else if (!implements)
		add_definition(search, name, file, line);
}

/* All impl before all def: the better answer wins. */
static void
read_bindings(struct search *search, const char *what)
{
	for (size_t i = 0; i < search->sources->count; i++) {
		const struct tree_file *file = &search->sources->files[i];
		const char *suffix = strrchr(file->name, '.');
		size_t length;
		uint32_t line = 1;
		char *text;

		if (suffix == NULL || (strcmp(suffix, ".cc") != 0 && strcmp(suffix, ".cpp") != 0 &&
		    strcmp(suffix, ".cu") != 0))
			continue;
		text = tree_read(file, &length);
		if (text == NULL)
			continue;
		for (const char *at = text; *at != '\0'; at++) {
			line += *at == '\n';
			if (*at == '.' && strncmp(at, what, strlen(what)) == 0)
				read_binding(search, at, file->name, line);
		}
		free(text);
	}
}

/* Functions and classes at the top of modules of packages that are kernel sources. */
static void
read_packages(struct search *search, const struct project *project)
{
	for (size_t i = 0; i < project->module_count; i++) {
		const struct module *module = &project->modules[i];
		const struct function *function = module->functions;

		for (; module->foreign && function != NULL; function = function->next)
			if (function->outer == module->body && function->class == NULL)
				add_definition(search, function->name, module->file,
				    function->line);
		for (const struct class *class = module->classes;
		    module->foreign && class != NULL; class = class->next)
			add_definition(search, class->name, module->file, class->line);
	}
}

/* "sgl-kernel" and "sgl_kernel" are the same name. */
static bool
is_same_name(const char *name, const char *component, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (name[i] != component[i] && !(strchr("-_", name[i]) != NULL &&
		    strchr("-_", component[i]) != NULL && name[i] != '\0'))
			return false;
	return name[length] == '\0';
}

/* Whether a file is the kernel's own source's: its path names the source, or it names no
 * other one and lies beside the Python, not in it. */
static bool
belongs(const struct kernels *kernels, const struct kernel *kernel, const char *file)
{
	bool other = false;

	for (const char *at = file; *at != '\0'; at += *at == '/') {
		size_t length = strcspn(at, "/");

		if (is_same_name(kernel->source, at, length))
			return true;
		other |= is_same_name("python", at, length);
		for (size_t i = 0; i < kernels->count && !other; i++)
			other = is_same_name(kernels->list[i].source, at, length);
		at += length;
	}
	return !other;
}

bool
implementations_find(struct kernels *kernels, const struct project *project,
    const struct tree *sources)
{
	struct search search = { .sources = sources };
	bool whole = true;

	for (size_t i = 0; i < sources->count; i++)
		*symbols_put(&search.files, sources->files[i].path) = &sources->files[i];
	if (sources->count > 0) {
		whole = read_tags(&search);
		read_bindings(&search, ".impl(\"");
		read_bindings(&search, ".def(\"");
	}
	read_packages(&search, project);
	for (size_t i = 0; i < kernels->count; i++) {
		struct kernel *kernel = &kernels->list[i];
		const struct definition *found = symbols_get(&search.functions, kernel->name);

		while (found != NULL && !belongs(kernels, kernel, found->file))
			found = found->next;
		if (kernel->implementation != NULL || found == NULL)
			continue;
		kernel->implementation = found->file;
		kernel->implementation_line = found->line;
	}
	symbols_free(&search.files);
	symbols_free(&search.functions);
	arena_free(&search.arena);
	return whole;
}
