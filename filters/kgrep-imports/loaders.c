/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels that are compiled on demand: a loader returns a module of kernels
 * (module = load_jit("norm", ...)), and the function that calls into it
 * (module.rmsnorm(x)) is the kernel that Python code sees. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "facts.h"
#include "base/memory.h"
#include "base/text.h"

/* A name and the source of the loader that is behind it. */
struct loaded {
	const char *name;
	const char *source;
};

struct names {
	struct loaded *items;
	size_t count, capacity;
};

struct function {
	const struct py_node *node;
	const char *scope; /* that it is defined in */
};

struct loaders {
	const struct sources *sources;
	struct function *functions;
	size_t count, capacity;
	struct names makers;     /* functions that return a module of kernels */
	struct names imported;   /* alias -> the name it was imported under */
	struct names attributes; /* self.module, and variables of the file */
};

static void
put(struct names *names, const char *name, const char *source)
{
	names->items = memory_grow(names->items, names->count, &names->capacity,
	    sizeof(*names->items));
	names->items[names->count++] = (struct loaded){ name, source };
}

static const char *
get(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].name == name)
			return names->items[i].source;
	return NULL;
}

/* Functions with the scope they stand in, and what imports rename. */
static void
find_functions(struct loaders *loaders, const struct py_node *node, const char *scope)
{
	for (; node; node = node->next) {
		const char *inner = scope;

		if (node->kind == PY_ALIAS && node->unary.operand)
			put(&loaders->imported, node->unary.operand->name, node->name);
		if (node->kind == PY_FUNCTION) {
			loaders->functions = memory_grow(loaders->functions, loaders->count,
			    &loaders->capacity, sizeof(*loaders->functions));
			loaders->functions[loaders->count++] = (struct function){ node, scope };
		}
		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS)
			inner = strcmp(scope, "<module>") == 0 ? node->name
							       : intern_dotted(scope, node->name);
		if (node->kind <= PY_TYPE_ALIAS)
			for (int i = 0; i < 4; i++)
				find_functions(loaders, node->part[i], inner);
	}
}

/* The source when the expression is a call that makes a module of kernels. */
static const char *
made(const struct loaders *loaders, const struct py_node *value)
{
	const struct py_node *function;
	const char *source, *original;

	if (!value || value->kind != PY_CALL)
		return NULL;
	function = value->call.function;
	if (function->kind != PY_NAME && function->kind != PY_ATTRIBUTE)
		return NULL;
	original = get(&loaders->imported, function->name);
	source = sources_loader(loaders->sources, original ? original : function->name);
	return source ? source : get(&loaders->makers, function->name);
}

/* Variables and attributes that hold modules of kernels, below these statements but not
 * inside nested functions. With `attributes` only self.x and the like are put. */
static void
find_variables(const struct loaders *loaders, const struct py_node *node, struct names *names,
    bool attributes)
{
	for (; node; node = node->next) {
		const char *source = NULL;

		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS)
			continue;
		if (node->kind == PY_ASSIGN)
			source = made(loaders, node->assign.value);
		if (source)
			for (const struct py_node *t = node->assign.targets; t; t = t->next)
				if (t->kind == PY_ATTRIBUTE || (t->kind == PY_NAME && !attributes))
					put(names, t->name, source);
		if (node->kind <= PY_TYPE_ALIAS)
			for (int i = 0; i < 4; i++)
				find_variables(loaders, node->part[i], names, attributes);
	}
}

static const char *
returned(const struct loaders *loaders, const struct names *variables,
    const struct py_node *node)
{
	const char *source = NULL;

	for (; node && !source; node = node->next) {
		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS ||
		    node->kind > PY_TYPE_ALIAS)
			continue;
		if (node->kind == PY_RETURN && node->unary.operand) {
			source = made(loaders, node->unary.operand);
			if (!source && node->unary.operand->kind == PY_NAME)
				source = get(variables, node->unary.operand->name);
		}
		for (int i = 0; i < 4 && !source; i++)
			source = returned(loaders, variables, node->part[i]);
	}
	return source;
}

/* The source when something below calls a method of a module of kernels. */
static const char *
calls_into(const struct loaders *loaders, const struct names *variables,
    const struct py_node *node)
{
	const char *source = NULL;

	for (; node && !source; node = node->next) {
		if (node->kind == PY_FUNCTION || node->kind == PY_CLASS)
			continue;
		if (node->kind == PY_CALL && node->call.function->kind == PY_ATTRIBUTE) {
			const struct py_node *object = node->call.function->unary.operand;

			source = made(loaders, object);
			if (!source && object->kind == PY_NAME)
				source = get(variables, object->name);
			if (!source && (object->kind == PY_NAME || object->kind == PY_ATTRIBUTE))
				source = get(&loaders->attributes, object->name);
		}
		for (int i = 0; i < 4 && !source; i++)
			source = calls_into(loaders, variables, node->part[i]);
	}
	return source;
}

static void
find_makers(struct loaders *loaders)
{
	size_t before;

	do {
		before = loaders->makers.count;
		for (size_t i = 0; i < loaders->count; i++) {
			const struct py_node *node = loaders->functions[i].node;
			struct names variables = { 0 };
			const char *source;

			if (get(&loaders->makers, node->name))
				continue;
			find_variables(loaders, node->function.body, &variables, false);
			source = returned(loaders, &variables, node->function.body);
			if (source)
				put(&loaders->makers, node->name, source);
			free(variables.items);
		}
	} while (loaders->makers.count > before);
}

static const char *
loader_name(const struct sources *sources, const char *source)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->rows[i].how == SOURCE_LOADER && sources->rows[i].source == source)
			return sources->rows[i].name;
	return "loader";
}

static void
find_kernels(struct facts *facts, struct loaders *loaders)
{
	for (size_t i = 0; i < loaders->count; i++) {
		const struct function *function = &loaders->functions[i];
		const struct py_node *body = function->node->function.body;
		struct names variables = { 0 };
		const char *source;

		find_variables(loaders, body, &variables, false);
		source = calls_into(loaders, &variables, body);
		if (source)
			facts_add_definition(facts, (struct definition_fact){ source,
				function->node->name, NULL, loader_name(loaders->sources, source),
				function->scope, function->node->line });
		free(variables.items);
	}
}

static bool
holds_loader(const struct sources *sources, const struct py_file *file)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->rows[i].how == SOURCE_LOADER &&
		    strstr(file->source, sources->rows[i].name))
			return true;
	return false;
}

void
loaders_gather(struct facts *facts, const struct sources *sources, const struct py_file *file)
{
	struct loaders loaders = { .sources = sources };

	if (!holds_loader(sources, file))
		return;
	find_functions(&loaders, file->module, "<module>");
	find_makers(&loaders);
	find_variables(&loaders, file->module, &loaders.attributes, false);
	for (size_t i = 0; i < loaders.count; i++)
		find_variables(&loaders, loaders.functions[i].node->function.body,
		    &loaders.attributes, true);
	find_kernels(facts, &loaders);
	free(loaders.functions);
	free(loaders.makers.items);
	free(loaders.imported.items);
	free(loaders.attributes.items);
}
