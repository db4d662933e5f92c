/* SPDX-License-Identifier: Apache-2.0 */
/* Finds where kernels are defined: functions of C++ and CUDA, bindings, Python. */
#include <stdlib.h>
#include <string.h>

#include "implementation.h"
#include "intern.h"
#include "memory.h"
#include "tags.h"

/* A definition; those of one name are chained, the first found first. */
struct definition {
	const char *file;
	uint32_t line;
	struct definition *next;
};

struct search {
	const struct tree *sources;
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

static void
add_tag(void *context, const struct tag *tag)
{
	struct search *search = context;

	if (tag->kind == TAG_FUNCTION)
		add_definition(search, intern_string(tag->name),
		    search->sources->files[tag->file].name, tag->line);
}

/* False, after a warning, when definitions may be missing. */
static bool
read_functions(struct search *search)
{
	const struct tree *sources = search->sources;
	const struct tree_file **files =
	    memory_alloc_zero(sources->count, sizeof(const struct tree_file *));
	bool whole;

	for (size_t i = 0; i < sources->count; i++)
		files[i] = &sources->files[i];
	whole = tags_read(files, sources->count, add_tag, search);
	free(files);
	return whole;
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

	if (sources->count > 0) {
		whole = read_functions(&search);
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
	symbols_free(&search.functions);
	arena_free(&search.arena);
	return whole;
}
