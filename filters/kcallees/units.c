/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions as ctags gives them, looked up in the tokens: where each begins and ends, whether
 * it is a kernel, how many parameters it has. */
#include <string.h>

#include "extent.h"
#include "base/memory.h"

/* The first token of a line or after it. */
static size_t
find_line(const struct tokens *tokens, uint32_t line)
{
	size_t low = 0, high = tokens->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tokens->list[middle].line < line)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* #define KERNEL __global__ __launch_bounds__(128); or another project's that is not in view,
 * by its name. */
static bool
is_global_macro(struct native *native, const char *name)
{
	static const char tail[] = "_GLOBAL";
	void **place = map_get_string(&native->units_by_name, name);
	struct unit *unit = place == NULL ? NULL : *place;
	size_t length = strlen(name);

	if (unit == NULL)
		return length >= sizeof(tail) &&
		    strcmp(name + length - (sizeof(tail) - 1), tail) == 0;
	for (; unit != NULL; unit = unit->same_name)
		if (unit->kind == UNIT_MACRO) {
			unit_measure(native, unit);
			if (unit->global)
				return true;
		}
	return false;
}

/* Looks back from the name to the end of what stands before. */
static bool
is_global(struct native *native, const struct extent *extent, size_t name)
{
	while (name > 0 && !is_mark(extent, name - 1, ";{}") &&
	    extent->tokens->list[name - 1].define == extent->define) {
		name--;
		/* Only kernels have launch bounds; __global__ can be another project's macro. */
		if (is_token(extent, name, "__global__") ||
		    is_token(extent, name, "__launch_bounds__") || (is_name(extent, name) &&
		    is_global_macro(native, name_at(extent, name))))
			return true;
	}
	return false;
}

static size_t
find_end(const struct extent *extent, const struct unit *unit)
{
	size_t at = extent->begin;

	if (unit->kind == UNIT_MACRO) {
		while (at < extent->tokens->count &&
		    extent->tokens->list[at].define == extent->define)
			at++;
		return at;
	}
	if (unit->kind == UNIT_FUNCTION)
		return find_line(extent->tokens, unit->end + 1);
	while (at < extent->tokens->count && !is_mark(extent, at, ";)}"))
		at = is_mark(extent, at, "([{") ?
		    tokens_after_bracket(extent->tokens, at, extent->tokens->count) : at + 1;
	return at;
}

/* The parameters after the name, and after template arguments of a specialisation. */
static void
measure_parameters(const struct extent *extent, struct unit *unit)
{
	size_t at = unit->begin;
	int optional = 0, count;

	if (is_mark(extent, at, "<"))
		at = tokens_after_template(extent->tokens, at, extent->tokens->count);
	if (!is_mark(extent, at, "("))
		return;
	count = extent_count(extent, at, &optional);
	unit->listed = true;
	unit->most = count;
	unit->least = count < 0 ? 0 : count - optional;
}

void
unit_measure(struct native *native, struct unit *unit)
{
	struct extent extent = { .tokens = native_tokens(native, unit->file) };
	size_t at = find_line(extent.tokens, unit->line);

	if (unit->measured)
		return;
	unit->measured = true;
	while (at < extent.tokens->count && extent.tokens->list[at].line == unit->line &&
	    !is_token(&extent, at, unit->name))
		at++;
	if (at == extent.tokens->count || extent.tokens->list[at].line != unit->line)
		return;
	unit->begin = extent.begin = at + 1;
	extent.define = extent.tokens->list[at].define;
	if (unit->kind == UNIT_FUNCTION) {
		unit->global = is_global(native, &extent, at);
		measure_parameters(&extent, unit);
	} else if (unit->kind == UNIT_MACRO) {
		unit->global = !is_mark(&extent, at + 1, "(") &&
		    has_token(&extent, at, find_end(&extent, unit), "__global__");
	}
}

/* Where the parameter `name` is in the list in brackets at `at`; -1: nowhere. */
static int
find_parameter(const struct extent *extent, size_t at, const struct token *name)
{
	size_t end = tokens_after_bracket(extent->tokens, at, extent->tokens->count) - 1;
	int index = 0;

	for (at++; at < end; at++)
		if (is_mark(extent, at, ","))
			index++;
		else if (extent->tokens->list[at].length == name->length &&
		    memcmp(extent->tokens->list[at].text, name->text, name->length) == 0)
			return index;
	return -1;
}

/* Which parameter of the macro is the name of a __global__ function; -1: it defines none. */
static int
kernel_parameter(struct native *native, struct unit *macro)
{
	struct extent extent = { .tokens = native_tokens(native, macro->file) };
	size_t end;

	unit_measure(native, macro);
	if (macro->begin == 0 || !is_mark(&extent, macro->begin, "("))
		return -1;
	extent.begin = macro->begin;
	extent.define = extent.tokens->list[macro->begin].define;
	end = find_end(&extent, macro);
	if (!has_token(&extent, macro->begin, end, "__global__"))
		return -1;
	for (size_t i = tokens_after_bracket(extent.tokens, macro->begin, end); i < end; i++)
		if (is_name(&extent, i) && is_mark(&extent, i + 1, "(")) {
			int index = find_parameter(&extent, macro->begin,
			    &extent.tokens->list[i]);

			if (index >= 0)
				return index;
		}
	return -1;
}

const char *
unit_defined_name(struct native *native, const struct unit *unit)
{
	void **place = map_get_string(&native->units_by_name, unit->name);
	struct unit *macro = place == NULL ? NULL : *place;
	struct extent extent = { 0 };
	size_t at;
	int index;

	while (macro != NULL && macro->kind != UNIT_MACRO)
		macro = macro->same_name;
	if (macro == NULL || (index = kernel_parameter(native, macro)) < 0)
		return NULL;
	extent.tokens = native_tokens(native, unit->file);
	at = find_line(extent.tokens, unit->line);
	while (at < extent.tokens->count && !is_token(&extent, at, unit->name))
		at++;
	for (at += 2; at < extent.tokens->count && index > 0; at++)
		index -= is_mark(&extent, at, ",");
	return is_name(&extent, at) ? name_at(&extent, at) : NULL;
}

static bool
is_launch(const struct extent *extent, size_t at)
{
	const struct token *token = &extent->tokens->list[at];

	if (is_token(extent, at, "<<<"))
		return true;
	for (size_t i = 0; token->kind == TOKEN_NAME && i + 5 < token->length; i++)
		if (memcmp(token->text + i, "aunch", 5) == 0)
			return true;
	return false;
}

/* Functions of the runtime that take a kernel and do not run it. */
static bool
is_question(const struct token *token)
{
	static const char *const fronts[] = { "cudaOccupancy", "cudaFunc", "hipOccupancy",
		"hipFunc" };

	for (size_t i = 0; i < sizeof(fronts) / sizeof(*fronts); i++)
		if (token->kind == TOKEN_NAME && token->length > strlen(fronts[i]) &&
		    memcmp(token->text, fronts[i], strlen(fronts[i])) == 0)
			return true;
	return false;
}

static bool
only_asks(const struct extent *extent)
{
	bool asks = false;

	for (size_t i = extent->begin; i < extent->end; i++) {
		if (is_launch(extent, i))
			return false;
		asks |= is_question(&extent->tokens->list[i]);
	}
	return asks;
}

bool
unit_names(struct native *native, const struct unit *unit, const char *name)
{
	struct extent extent = { .tokens = native_tokens(native, unit->file) };

	return has_token(&extent, unit->begin, unit->last, name);
}

void
unit_read(struct native *native, struct unit *unit)
{
	struct extent extent = { .tokens = native_tokens(native, unit->file) };

	unit_measure(native, unit);
	if (unit->read || unit->begin == 0 || unit->global)
		return;
	unit->read = true;
	extent.begin = unit->begin;
	extent.define = extent.tokens->list[unit->begin - 1].define;
	extent.end = find_end(&extent, unit);
	unit->only_asks = unit->kind == UNIT_FUNCTION && only_asks(&extent);
	extent_read(native, &extent, unit);
}

struct unit *
unit_of_tokens(struct native *native, uint32_t file, const char *name, size_t begin, size_t end)
{
	struct unit *unit = arena_alloc_zero(&native->arena, sizeof(*unit));
	struct extent extent = { .tokens = native_tokens(native, file), .begin = begin,
		.end = end };

	*unit = (struct unit){ .name = name, .scope = "", .file = file, .kind = UNIT_TEXT,
		.measured = true, .read = true, .id = (uint32_t)native->unit_count };
	native->units = memory_grow(native->units, native->unit_count, &native->unit_capacity,
	    sizeof(struct unit *));
	native->units[native->unit_count++] = unit;
	if (begin < end) {
		unit->line = extent.tokens->list[begin].line;
		extent.define = extent.tokens->list[begin].define;
	}
	extent_read(native, &extent, unit);
	return unit;
}
