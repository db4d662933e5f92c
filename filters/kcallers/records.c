/* SPDX-License-Identifier: Apache-2.0 */
/* Import records in, kernels out: each symbol once, however many files import it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "json/reader.h"
#include "records.h"
#include "base/text.h"
#include "python/imports.h"

/* Records that name a symbol where it is used. All others name a definition. */
static bool
is_use(const char *how)
{
	static const char *const uses[] = { "from-import", "import", "attribute", "torch.ops",
		"star", "star-import", "dynamic", "hasattr" };

	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++)
		if (strcmp(how, uses[i]) == 0)
			return true;
	return false;
}

/* The place of "left:right" in the map. */
static void **
place_of(struct map *map, const char *left, const char *right)
{
	struct text key = {0};
	void **place;

	text_add_format(&key, "%s:%s", left, right);
	place = map_put(map, key.bytes, key.length);
	text_free(&key);
	return place;
}

/* "torch.ops.NAMESPACE" and "package.module" name the same package. */
static const char *
package_of(const char *module)
{
	return external_top(strncmp(module, "torch.ops.", 10) == 0 ? module + 10 : module);
}

static const char *
optional_string(const struct record *record, const char *key)
{
	const struct json *value = json_get(record->root, key);

	return value != NULL && value->type == JSON_STRING ? intern_string(value->text) : NULL;
}

/* "scope.name", as functions are called in the records. */
static const char *
path_in(const char *scope, const char *name)
{
	struct text path = {0};
	const char *made;

	if (scope == NULL || strcmp(scope, "<module>") == 0)
		return name;
	text_add_format(&path, "%s.%s", scope, name);
	made = intern(path.bytes, path.length);
	text_free(&path);
	return made;
}

static void
read_import(struct kernels *kernels, struct externals *externals, const struct record *record)
{
	struct kernel kernel = {
		.name = intern_string(record_string(record, "kernel")),
		.source = intern_string(record_string(record, "source")),
		.file = intern_string(record_string(record, "file")),
		.line = (uint32_t)record_integer(record, "line") };
	const char *module = optional_string(record, "module");
	const char *function = optional_string(record, "function");
	void **place;

	if (function == NULL && is_use(record_string(record, "how")) && module != NULL) {
		*symbols_put(&kernels->sources, package_of(module)) = (void *)kernel.source;
		if (strncmp(module, "torch.ops.", 10) != 0)
			externals_add_package(externals, package_of(module));
		place = place_of(&kernels->by_name, kernel.source, kernel.name);
	} else {
		kernel.path = function != NULL ? function :
		    path_in(optional_string(record, "scope"), kernel.name);
		place = place_of(&kernels->by_place, kernel.file, kernel.path);
	}
	if (*place == NULL) {
		kernels->list = memory_grow(kernels->list, kernels->count, &kernels->capacity,
		    sizeof(*kernels->list));
		kernels->list[kernels->count++] = kernel;
		*place = (void *)(uintptr_t)kernels->count;
	}
	kernels->records++;
}

void
kernels_read(struct kernels *kernels, struct externals *externals)
{
	static char *const standard_input[] = { NULL };
	const struct record *record;
	struct reader reader;

	*kernels = (struct kernels){0};
	reader_open(&reader, standard_input, true);
	while ((record = reader_next(&reader)) != NULL)
		if (strcmp(record->kind, "import") == 0)
			read_import(kernels, externals, record);
	reader_close(&reader);
}

uint32_t
kernels_find(const struct kernels *kernels, const char *path)
{
	const char *source = symbols_get(&kernels->sources, package_of(path));
	const char *name = strrchr(path, '.');
	struct text key = { 0 };
	void **place;

	if (name == NULL || source == NULL)
		return 0;
	name++;
	if (strncmp(path, "torch.ops.", 10) == 0) {
		/* torch.ops.namespace.name, perhaps with an overload after it */
		name = strchr(path + 10, '.');
		if (name == NULL)
			return 0;
		name = intern(name + 1, strcspn(name + 1, "."));
	}
	text_add_format(&key, "%s:%s", source, name);
	place = map_get(&kernels->by_name, key.bytes, key.length);
	text_free(&key);
	if (place == NULL && import_is_overload(name))
		return kernels_find(kernels, intern(path, (size_t)(name - path) - 1));
	return place == NULL ? 0 : (uint32_t)(uintptr_t)*place;
}

/* Both branches of a condition can define the same kernel. */
void
kernels_bind(struct kernels *kernels, struct project *project)
{
	struct symbols names = {0};

	for (size_t i = 0; i < kernels->count; i++)
		if (kernels->list[i].path != NULL)
			*symbols_put(&names, kernels->list[i].name) = kernels;
	for (size_t i = 0; i < project->function_count; i++) {
		struct function *function = project->functions[i];
		struct kernel *kernel;
		uintptr_t index;

		if (symbols_get(&names, function->name) == NULL)
			continue;
		index = (uintptr_t)*place_of(&kernels->by_place, function->module->file,
		    function->path);
		if (index == 0)
			continue;
		kernel = &kernels->list[index - 1];
		function->kernel = (uint32_t)index;
		if (kernel->implementation == NULL) {
			kernel->implementation = function->module->file;
			kernel->implementation_line = function->line;
		}
	}
	symbols_free(&names);
}

void
kernels_free(struct kernels *kernels)
{
	map_free(&kernels->by_name);
	map_free(&kernels->by_place);
	symbols_free(&kernels->sources);
	free(kernels->list);
}
