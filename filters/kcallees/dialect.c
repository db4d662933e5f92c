/* SPDX-License-Identifier: Apache-2.0 */
/* Triton, Gluon and FlyDSL name the compiled function as the Python one; Helion compiles to a
 * Triton function _helion_NAME; TileLang appends _kernel to the function that a
 * T.prim_func in it defines; CuTe DSL spells out the arguments, of which the object is the
 * first: its repr, "<module.Class object at 0x...>", without punctuation. */
#include <string.h>

#include "dialect.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"

static const struct {
	const char *decorator, *how;
} dialects[] = {
	{ "triton.jit", "triton" },
	{ "gluon.jit", "gluon" },
	{ "cute.kernel", "cute-dsl" },
	{ "tilelang.jit", "tilelang" },
	{ "helion.kernel", "helion" },
	{ "flyc.kernel", "flydsl" },
};

const char *
dialect_of(const char *decorator)
{
	size_t length = strlen(decorator);

	for (size_t i = 0; i < sizeof(dialects) / sizeof(*dialects); i++) {
		size_t tail = strlen(dialects[i].decorator);

		if (length >= tail &&
		    strcmp(decorator + length - tail, dialects[i].decorator) == 0 &&
		    (length == tail || decorator[length - tail - 1] == '.'))
			return dialects[i].how;
	}
	return NULL;
}

static const char *
last_part(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot == NULL ? path : dot + 1;
}

/* Adds the name that the text is, and releases the text. */
static void
add_name(struct gpu_names *names, struct text *text, bool prefix)
{
	names->list = memory_grow(names->list, names->count, &names->capacity,
	    sizeof(*names->list));
	names->list[names->count++] =
	    (struct gpu_name){ intern(text->bytes, text->length), prefix };
	text_free(text);
}

/* kernel_cutlass_ + function + _ + the object's repr up to its address. */
static void
name_cute(const char *module, const char *path, bool is_method, struct gpu_names *names)
{
	struct text text = {0};

	text_add_format(&text, "kernel_cutlass_%s_", last_part(path));
	if (is_method) {
		for (const char *at = module; *at != '\0'; at++)
			if (*at != '.')
				text_add_char(&text, *at);
		for (const char *at = path; at < last_part(path) - 1; at++)
			if (*at != '.')
				text_add_char(&text, *at);
		text_add_string(&text, "_object_at_");
	}
	add_name(names, &text, true);
}

static bool
has_decorator(const struct py_node *function, const char *name)
{
	for (const struct py_node *d = function->function.decorators; d != NULL; d = d->next) {
		const struct py_node *named = d->kind == PY_CALL ? d->call.function : d;

		if ((named->kind == PY_NAME || named->kind == PY_ATTRIBUTE) &&
		    strcmp(named->name, name) == 0)
			return true;
	}
	return false;
}

static void
find_prim_functions(const struct py_node *node, struct gpu_names *names)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == PY_FUNCTION && has_decorator(node, "prim_func")) {
			struct text text = {0};

			text_add_format(&text, "%s_kernel", node->name);
			add_name(names, &text, false);
		}
		for (int i = 0; node->kind <= PY_TYPE_ALIAS && i < 4; i++)
			find_prim_functions(node->part[i], names);
	}
}

/* @triton.jit(repr=f): f makes the name, usually from the function's own. */
static bool
is_renamed(const struct py_node *function)
{
	for (const struct py_node *d = function == NULL ? NULL : function->function.decorators;
	    d != NULL; d = d->next)
		for (const struct py_node *a = d->kind == PY_CALL ? d->call.arguments : NULL;
		    a != NULL; a = a->next)
			if (a->kind == PY_KEYWORD && a->name != NULL &&
			    strcmp(a->name, "repr") == 0)
				return true;
	return false;
}

struct gpu_names
dialect_names(const char *dialect, const char *module, const char *path, bool is_method,
    const struct py_node *function)
{
	struct gpu_names names = {0};
	struct text text = {0};

	if (strcmp(dialect, "cute-dsl") == 0) {
		name_cute(module, path, is_method, &names);
		return names;
	}
	if (strcmp(dialect, "tilelang") == 0 && function != NULL)
		find_prim_functions(function->function.body, &names);
	if (names.count > 0)
		return names;
	text_add_format(&text, "%s%s%s", strcmp(dialect, "helion") == 0 ? "_helion_" : "",
	    last_part(path), strcmp(dialect, "tilelang") == 0 ? "_kernel" : "");
	add_name(&names, &text, is_renamed(function));
	return names;
}
