/* SPDX-License-Identifier: Apache-2.0 */
/* A function that makes a library names its sources in strings; what it calls may hold
 * source text. Wrappers that a loader generates are pairs: a name and a C++ expression. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "library.h"
#include "base/memory.h"

/* Calls between a maker and text that its library is compiled from; of more the end record tells. */
enum { MOST_HELPERS = 3 };

struct making {
	struct libraries *libraries;
	struct library *library;
	const struct code_scope *scope;
	struct map *seen; /* helpers */
	unsigned depth;
};

static void gather(const struct making *making, const struct py_node *node);

static void
add_source(struct library *library, uint32_t file)
{
	for (size_t i = 0; i < library->count; i++)
		if (library->sources[i] == file)
			return;
	library->sources = memory_grow(library->sources, library->count, &library->capacity,
	    sizeof(*library->sources));
	library->sources[library->count++] = file;
}

static void
add_export(struct library *library, struct export made)
{
	struct exports *exports = &library->exports;

	exports->list = memory_grow(exports->list, exports->count, &exports->capacity,
	    sizeof(*exports->list));
	exports->list[exports->count++] = made;
}

static bool
is_identifier(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return *text == '\0';
}

/* A source's path, or source text. */
static void
use_text(const struct making *making, const char *text)
{
	struct native *native = making->libraries->native;
	const char *near = making->scope->module->file->name;
	uint32_t found;

	if (strchr(text, '\n') != NULL) {
		if (strstr(text, "#include") != NULL || strstr(text, "__global__") != NULL)
			add_source(making->library, native_add_text(native, near, text));
		return;
	}
	if (making->depth == 0 && is_native_path(text)) {
		text = strrchr(text, '*') != NULL ? strrchr(text, '*') + 1 : text;
		while (*text == '/')
			text++;
		if (native_find(native, text, near, &found, 1) > 0)
			add_source(making->library, found);
	}
}

/* ("name", "Kernel<T>::run") */
static void
use_pair(const struct making *making, const struct py_node *tuple)
{
	const struct py_node *first = tuple->list.elements;
	struct code_values names = {0}, expressions = {0};

	if (first == NULL || first->next == NULL || first->next->next != NULL)
		return;
	evaluate(making->libraries->evaluator, first, making->scope, NULL, &names);
	if (names.count == 0 || names.list[0].kind != VALUE_TEXT ||
	    !is_identifier(names.list[0].name))
		return;
	evaluate(making->libraries->evaluator, first->next, making->scope, NULL, &expressions);
	for (size_t i = 0; i < expressions.count; i++)
		if (expressions.list[i].kind == VALUE_TEXT)
			add_export(making->library, (struct export){ names.list[0].name, NULL,
				"loader", export_expression(making->libraries->native,
				names.list[0].name, expressions.list[i].name) });
}

static void
use_call(const struct making *making, const struct py_node *call)
{
	struct code_values callees = {0};

	evaluate(making->libraries->evaluator, call->call.function, making->scope, NULL,
	    &callees);
	for (size_t i = 0; i < callees.count; i++)
		if (callees.list[i].kind == VALUE_FUNCTION &&
		    callees.list[i].scope->node->kind == PY_FUNCTION) {
			struct making inner = *making;
			void **place;

			inner.scope = callees.list[i].scope;
			inner.depth++;
			place = map_put(making->seen, (const char *)&inner.scope,
			    sizeof(const struct code_scope *));
			if (*place != NULL)
				continue;
			if (making->depth == MOST_HELPERS) {
				making->libraries->evaluator->left_out = true;
				return;
			}
			*place = making->library;
			gather(&inner, inner.scope->node->function.body);
		}
}

/* Whether evaluating the node can give a string that its parts do not. */
static bool
is_textual(const struct py_node *node)
{
	return node->kind == PY_CONSTANT || node->kind == PY_JOINED_STRING ||
	    node->kind == PY_NAME || node->kind == PY_ATTRIBUTE ||
	    (node->kind == PY_BINARY && strcmp(node->name, "/") == 0);
}

static void
gather_node(const struct making *making, const struct py_node *node)
{
	struct code_values values = {0};

	if (is_textual(node)) {
		evaluate(making->libraries->evaluator, node, making->scope, NULL, &values);
		for (size_t i = 0; i < values.count; i++)
			if (values.list[i].kind == VALUE_TEXT)
				use_text(making, values.list[i].name);
		if (node->kind != PY_ATTRIBUTE)
			return;
	}
	if (node->kind == PY_TUPLE && making->depth == 0)
		use_pair(making, node);
	if (node->kind == PY_CALL)
		use_call(making, node);
	for (int i = 0; i < 4; i++)
		gather(making, node->part[i]);
}

static void
gather(const struct making *making, const struct py_node *node)
{
	for (; node != NULL; node = node->next)
		if (node->kind != PY_FUNCTION && node->kind != PY_CLASS)
			gather_node(making, node);
}

struct library *
libraries_of(struct libraries *libraries, const struct code_scope *maker)
{
	const struct py_node *node = maker->node;
	void **place = map_put(&libraries->by_maker, (const char *)&node,
	    sizeof(const struct py_node *));
	struct map seen = {0};
	struct making making = { .libraries = libraries, .scope = maker, .seen = &seen };

	if (*place != NULL)
		return *place;
	*place = making.library = memory_alloc_zero(1, sizeof(*making.library));
	gather(&making, node->function.body);
	map_free(&seen);
	return making.library;
}

/* Tests and what a tree carries of other projects bind nothing that its Python calls. */
static bool
is_aside(const char *name)
{
	static const char *const folders[] = { "/test/", "/tests/", "/third_party/", "/3rdparty/",
		"/3rd_party/", "/examples/", "/benchmarks/", "/benchmark/", "/cutlass/" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (strstr(name, folders[i]) != NULL)
			return true;
	return false;
}

/* The folder whose sources are compiled together with a file: what holds csrc/ or src/, else
 * the file's own. */
static size_t
project_length(const char *name)
{
	const char *folder = strstr(name, "/csrc/");

	if (folder == NULL)
		folder = strstr(name, "/src/");
	if (folder == NULL)
		folder = strrchr(name, '/');
	return folder == NULL ? 0 : (size_t)(folder - name);
}

static void
add_project(struct libraries *libraries, const char *name)
{
	size_t length = project_length(name);
	struct native *native = libraries->native;

	for (uint32_t i = 0; i < native->count; i++) {
		const struct native_file *file = native->files[i];

		if (file->file != NULL && !file->is_header && !is_aside(file->name) &&
		    strncmp(file->name, name, length) == 0)
			add_source(&libraries->bound, i);
	}
}

struct library *
libraries_bound(struct libraries *libraries)
{
	struct native *native = libraries->native;
	uint32_t count = (uint32_t)native->count;

	for (uint32_t i = 0; i < count && !libraries->has_bound; i++) {
		if (native->files[i]->is_header || is_aside(native->files[i]->name))
			continue;
		native_read(native, i);
		if (native->files[i]->text != NULL &&
		    (strstr(native->files[i]->text, "TORCH_LIBRARY") != NULL ||
		    strstr(native->files[i]->text, "PYBIND11_MODULE") != NULL))
			add_project(libraries, native->files[i]->name);
	}
	libraries->has_bound = true;
	return &libraries->bound;
}

static void
find_files(struct libraries *libraries, struct library *library, struct bits *all)
{
	for (size_t i = 0; i < library->count; i++)
		bits_add(&library->files, native_closure(libraries->native,
		    library->sources[i]));
	bits_add(all, &library->files);
}

static void
scan_exports(struct libraries *libraries, struct library *library, const char *how)
{
	for (size_t i = 0; i < library->count; i++)
		exports_scan(&library->exports, libraries->native, library->sources[i], how);
}

/* What binds can be spread over headers of the project. */
static void
scan_headers(struct libraries *libraries, struct library *library)
{
	struct native *native = libraries->native;
	uint32_t count = (uint32_t)native->count;

	for (uint32_t i = 0; i < count; i++) {
		const struct native_file *file = native->files[i];

		if (file->file != NULL && file->is_header && bits_has(&library->files, i) &&
		    !is_aside(file->name))
			exports_scan(&library->exports, native, i, "pybind");
	}
}

void
libraries_define(struct libraries *libraries)
{
	struct bits all = {0};

	for (size_t i = 0; i < libraries->by_maker.count; i++)
		find_files(libraries, libraries->by_maker.entries[i].value, &all);
	find_files(libraries, &libraries->bound, &all);
	native_define(libraries->native, &all);
	bits_free(&all);
	for (size_t i = 0; i < libraries->by_maker.count; i++)
		scan_exports(libraries, libraries->by_maker.entries[i].value, "ffi");
	scan_exports(libraries, &libraries->bound, "pybind");
	scan_headers(libraries, &libraries->bound);
}

void
libraries_open(struct libraries *libraries, struct native *native, struct evaluator *evaluator)
{
	*libraries = (struct libraries){ .native = native, .evaluator = evaluator };
}

static void
library_free(struct library *library)
{
	free(library->sources);
	bits_free(&library->files);
	free(library->exports.list);
}

void
libraries_close(struct libraries *libraries)
{
	for (size_t i = 0; i < libraries->by_maker.count; i++) {
		library_free(libraries->by_maker.entries[i].value);
		free(libraries->by_maker.entries[i].value);
	}
	library_free(&libraries->bound);
	map_free(&libraries->by_maker);
}
