/* SPDX-License-Identifier: Apache-2.0 */
/* Threads take files from a common counter; each module is filled by one of them, and
 * everything that has an order is put together afterwards in the order of the files. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "load.h"
#include "lower.h"
#include "base/memory.h"

struct loading {
	struct project *project;
	const struct tree *tree;
	const struct externals *externals;
	atomic_size_t next;
	atomic_size_t problems;
};

/* A file below a folder of tests or benchmarks, or named as a test is. */
static bool
is_test(const char *file)
{
	static const char *const folders[] = { "test", "tests", "benchmark", "benchmarks",
		"bench", "testing" };
	const char *base = strrchr(file, '/');

	for (const char *at = file; at != NULL; at = strchr(at, '/')) {
		size_t length;

		at += *at == '/';
		length = strcspn(at, "/");
		for (size_t i = 0; at[length] == '/' &&
		    i < sizeof(folders) / sizeof(*folders); i++)
			if (strlen(folders[i]) == length && strncmp(at, folders[i], length) == 0)
				return true;
	}
	base = base == NULL ? file : base + 1;
	return strncmp(base, "test_", 5) == 0 || strncmp(base, "bench_", 6) == 0;
}

static void
add_packages(struct project *project, const char *name)
{
	*symbols_put(&project->packages, name) = project;
	for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
		*symbols_put(&project->packages, intern(name, (size_t)(dot - name))) = project;
}

static void
name_modules(struct project *project, const struct tree *tree,
    const struct externals *externals)
{
	project->modules = memory_alloc_zero(tree->count + 1, sizeof(*project->modules));
	project->module_count = tree->count;
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_file *file = &tree->files[i];
		struct module *module = &project->modules[i];

		module->name = file->module;
		module->file = file->name;
		module->id = (uint32_t)i;
		module->package = file->is_package;
		module->test = is_test(file->name);
		if (file->module == NULL)
			continue;
		module->foreign = external_is_package(externals, external_top(file->module));
		*symbols_put(&project->by_name, file->module) = module;
		add_packages(project, file->module);
	}
}

static void
load_module(struct loading *loading, size_t index)
{
	struct module *module = &loading->project->modules[index];
	struct py_file *file;
	char *source;

	source = tree_read(&loading->tree->files[index], &module->length);
	if (source == NULL) {
		atomic_fetch_add(&loading->problems, 1);
		source = memory_alloc_zero(1, 1);
		module->length = 0;
	}
	file = py_parse(module->file, source, module->length);
	if (file->error != NULL) {
		warn("%s:%u: %s", module->file, (unsigned)file->error_line, file->error);
		atomic_fetch_add(&loading->problems, 1);
	}
	module->length = file->length;
	module->source = memory_alloc(file->length + 1);
	memcpy(module->source, file->source, file->length + 1);
	module_lower(module, file, loading->project, loading->externals);
	py_free(file);
}

static void *
load_modules(void *argument)
{
	struct loading *loading = argument;
	size_t index;

	while ((index = atomic_fetch_add(&loading->next, 1)) < loading->tree->count)
		load_module(loading, index);
	return NULL;
}

static void
number_all(struct project *project)
{
	size_t functions = 0, classes = 0;

	for (size_t i = 0; i < project->module_count; i++) {
		for (struct function *f = project->modules[i].functions; f != NULL; f = f->next)
			functions++;
		for (struct class *c = project->modules[i].classes; c != NULL; c = c->next)
			classes++;
	}
	project->functions = memory_alloc((functions + project->module_count + 1) *
	    sizeof(*project->functions));
	project->classes = memory_alloc((classes + 1) * sizeof(*project->classes));
	for (size_t i = 0; i < project->module_count; i++) {
		struct module *module = &project->modules[i];

		module->body->id = (uint32_t)project->function_count;
		project->functions[project->function_count++] = module->body;
		for (struct function *f = module->functions; f != NULL; f = f->next) {
			f->id = (uint32_t)project->function_count;
			project->functions[project->function_count++] = f;
		}
		for (struct class *c = module->classes; c != NULL; c = c->next) {
			c->id = (uint32_t)project->class_count;
			project->classes[project->class_count++] = c;
		}
	}
}

void
project_load(struct project *project, const struct tree *tree,
    const struct externals *externals, unsigned threads)
{
	struct loading loading = { .project = project, .tree = tree, .externals = externals };
	pthread_t *others = memory_alloc((threads + 1) * sizeof(*others));
	unsigned started = 0;

	name_modules(project, tree, externals);
	while (started + 1 < threads &&
	    pthread_create(&others[started], NULL, load_modules, &loading) == 0)
		started++;
	load_modules(&loading);
	while (started > 0)
		pthread_join(others[--started], NULL);
	free(others);
	project->problems += atomic_load(&loading.problems);
	number_all(project);
}
