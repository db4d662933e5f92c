/* SPDX-License-Identifier: Apache-2.0 */
/* Import records in, kernels out: each symbol once, however many files import it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "intern.h"
#include "memory.h"
#include "reader.h"
#include "records.h"
#include "text.h"

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

static void **
by_name(struct map *map, const char *package, const char *name)
{
	struct text key = {0};
	void **place;

	text_add_string(&key, package);
	text_add_char(&key, '\0');
	text_add_string(&key, name);
	place = map_put(map, key.bytes, key.length);
	text_free(&key);
	return place;
}

static void **
by_place(struct map *map, const char *file, const char *name, uint32_t line)
{
	struct text key = {0};
	void **place;

	text_add_format(&key, "%s:%s:%u", file, name, (unsigned)line);
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

static void
read_import(struct kernels *kernels, struct externals *externals, const struct record *record)
{
	const char *name = intern_string(record_string(record, "kernel"));
	const char *file = intern_string(record_string(record, "file"));
	uint32_t line = (uint32_t)record_integer(record, "line");
	bool use = is_use(record_string(record, "how"));
	const char *module = optional_string(record, "module");
	const char *package = use && module != NULL ? package_of(module) : NULL;
	void **place = package != NULL ? by_name(&kernels->by_name, package, name) :
	    by_place(&kernels->by_place, file, name, line);

	if (package != NULL && strncmp(module, "torch.ops.", 10) != 0)
		externals_add_package(externals, package);
	if (*place == NULL) {
		kernels->list = memory_grow(kernels->list, kernels->count, &kernels->capacity,
		    sizeof(*kernels->list));
		kernels->list[kernels->count++] = (struct kernel){ .name = name,
			.source = intern_string(record_string(record, "source")),
			.package = package, .file = file, .line = line };
		*place = (void *)(uintptr_t)kernels->count;
	}
	kernels->list[(uintptr_t)*place - 1].records++;
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
	const char *package = package_of(path), *name = strrchr(path, '.');
	bool operator = strncmp(path, "torch.ops.", 10) == 0;
	void **place;
	char key[512];
	size_t length;

	if (name == NULL)
		return 0;
	/* torch.ops.namespace.name.overload */
	if (operator && strchr(path + 10, '.') != NULL && strchr(path + 10, '.') != name) {
		const char *begin = strchr(path + 10, '.') + 1;

		name = intern(begin, strcspn(begin, "."));
	} else {
		name++;
	}
	length = (size_t)snprintf(key, sizeof(key), "%s%c%s", package, '\0', name);
	if (length >= sizeof(key))
		return 0;
	place = map_get(&kernels->by_name, key, length);
	return place == NULL ? 0 : (uint32_t)(uintptr_t)*place;
}

/* A record's line is that of the def or of its first decorator. */
static void
bind_function(struct kernels *kernels, struct function *function)
{
	struct kernel *best = NULL;

	for (size_t i = 0; i < kernels->count; i++) {
		struct kernel *kernel = &kernels->list[i];

		if (kernel->package != NULL || kernel->name != function->name ||
		    kernel->file != function->module->file || kernel->line > function->line ||
		    (best != NULL && kernel->line <= best->line))
			continue;
		best = kernel;
	}
	if (best == NULL || (best->function != NULL && best->function->line <= function->line))
		return;
	if (best->function != NULL)
		best->function->kernel = 0;
	best->function = function;
	best->implementation = function->module->file;
	best->implementation_line = function->line;
	function->kernel = (uint32_t)(best - kernels->list) + 1;
}

void
kernels_bind(struct kernels *kernels, struct project *project)
{
	struct symbols names = {0};

	for (size_t i = 0; i < kernels->count; i++)
		if (kernels->list[i].package == NULL)
			*symbols_put(&names, kernels->list[i].name) = kernels;
	for (size_t i = 0; i < project->function_count; i++)
		if (symbols_get(&names, project->functions[i]->name) != NULL)
			bind_function(kernels, project->functions[i]);
	symbols_free(&names);
}

void
kernels_free(struct kernels *kernels)
{
	map_free(&kernels->by_name);
	map_free(&kernels->by_place);
	free(kernels->list);
}
