/* SPDX-License-Identifier: Apache-2.0 */
/* Triton, Gluon and FlyDSL name the compiled function as the Python one; Helion compiles to a
 * Triton function _helion_NAME; TileLang appends _kernel to the function that a
 * T.prim_func in it defines; CuTe DSL spells out the arguments, of which the object is the
 * first: its repr, "<module.Class object at 0x...>", without punctuation. */
#include <string.h>

#include "dialect.h"
#include "base/intern.h"
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

static const char *
finish(struct text *text)
{
	const char *name = intern(text->bytes, text->length);

	text_free(text);
	return name;
}

/* kernel_cutlass_ + function + _ + the object's repr up to its address. */
static size_t
name_cute(const char *module, const char *path, bool is_method, struct gpu_name *names)
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
	names[0] = (struct gpu_name){ finish(&text), true };
	return 1;
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

static size_t
find_prim_functions(const struct py_node *node, struct gpu_name *names, size_t count, size_t most)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == PY_FUNCTION && has_decorator(node, "prim_func") &&
		    count < most) {
			struct text text = {0};

			text_add_format(&text, "%s_kernel", node->name);
			names[count++] = (struct gpu_name){ finish(&text), false };
		}
		for (int i = 0; node->kind <= PY_TYPE_ALIAS && i < 4; i++)
			count = find_prim_functions(node->part[i], names, count, most);
	}
	return count;
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

size_t
dialect_names(const char *dialect, const char *module, const char *path, bool is_method,
    const struct py_node *function, struct gpu_name *names, size_t most)
{
	struct text text = {0};
	size_t count;

	if (strcmp(dialect, "cute-dsl") == 0)
		return name_cute(module, path, is_method, names);
	if (strcmp(dialect, "tilelang") == 0) {
		count = function == NULL ? 0 :
		    find_prim_functions(function->function.body, names, 0, most);
		if (count > 0)
			return count;
		text_add_format(&text, "%s_kernel", last_part(path));
	} else {
		text_add_format(&text, "%s%s", strcmp(dialect, "helion") == 0 ?
		    "_helion_" : "", last_part(path));
	}
	names[0] = (struct gpu_name){ finish(&text), is_renamed(function) };
	return 1;
}
