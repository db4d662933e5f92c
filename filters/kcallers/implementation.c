/* SPDX-License-Identifier: Apache-2.0 */
/* Finds where kernels are defined: functions of C++ and CUDA, bindings, Python. */
#include <stdlib.h>
#include <string.h>

#include "cxx/cxx_bindings.h"
#include "implementation.h"
#include "base/intern.h"
#include "base/memory.h"
#include "cxx/tags.h"

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

/* Where bindings are read from. */
struct source {
	struct search *search;
	const struct tokens *tokens;
	const char *file;
	bool implements; /* this time what has a function in view, else what is left */
};

/* The definition of the function that is bound stands for the name, where it is in view; else
 * the place of the binding. */
static void
add_binding(void *context, const struct cxx_binding *binding)
{
	const struct source *source = context;
	struct search *search = source->search;
	const char *function = binding->kind == BINDING_CODE ?
	    cxx_binding_function(source->tokens, binding) : NULL;
	const struct definition *bound = function == NULL ? NULL :
	    symbols_get(&search->functions, function);

	if (binding->name == NULL || binding->kind == BINDING_ANSWER)
		return;
	if (source->implements && bound != NULL && function != binding->name)
		add_definition(search, binding->name, bound->file, bound->line);
	else if (!source->implements && bound == NULL)
		add_definition(search, binding->name, source->file, binding->line);
}

/* Most sources bind nothing. */
static bool
may_bind(const char *text)
{
	static const char *const words[] = { ".def(", ".impl(", ".attr(",
		"TVM_FFI_DLL_EXPORT_TYPED_FUNC" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(text, words[i]) != NULL)
			return true;
	return false;
}

/* All that have a function before all others: the better answer wins. */
static void
read_bindings(struct search *search, bool implements)
{
	for (size_t i = 0; i < search->sources->count; i++) {
		const struct tree_file *file = &search->sources->files[i];
		const char *suffix = strrchr(file->name, '.');
		struct tokens tokens = {0};
		struct source source = { search, &tokens, file->name, implements };
		size_t length;
		char *text;

		if (suffix == NULL || (strcmp(suffix, ".cc") != 0 && strcmp(suffix, ".cpp") != 0 &&
		    strcmp(suffix, ".cu") != 0))
			continue;
		text = tree_read(file, &length);
		if (text == NULL)
			continue;
		if (may_bind(text))
			tokens_cut(&tokens, text, length);
		cxx_bindings_read(&tokens, "ffi", add_binding, &source);
		tokens_free(&tokens);
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
		read_bindings(&search, true);
		read_bindings(&search, false);
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
