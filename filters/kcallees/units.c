/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a definition mentions: names that are called, launched, passed on or given as
 * template arguments. Names that the code itself declares (variables, parameters) mention
 * nothing outside, but tell of which class an object is. */
#include <stdlib.h>
#include <string.h>

#include "intern.h"
#include "memory.h"
#include "native.h"
#include "text.h"

/* What is being read: tokens [begin, end) of a file, or of a #define in it. */
struct extent {
	const struct tokens *tokens;
	size_t begin, end;
	uint16_t define;
};

struct found {
	struct mention *list;
	size_t count, capacity;
	struct unit **texts;
	size_t text_count, text_capacity;
};

static const char *
name_at(const struct extent *extent, size_t at)
{
	const struct token *token = &extent->tokens->list[at];

	return intern(token->text, token->length);
}

static bool
is_mark(const struct extent *extent, size_t at, const char *marks)
{
	const struct token *token;

	if (at >= extent->tokens->count)
		return false;
	token = &extent->tokens->list[at];
	return token->kind == TOKEN_MARK && token->length == 1 &&
	    strchr(marks, *token->text) != NULL;
}

static bool
is_name(const struct extent *extent, size_t at)
{
	return at < extent->tokens->count && extent->tokens->list[at].kind == TOKEN_NAME;
}

static bool
is_token(const struct extent *extent, size_t at, const char *text)
{
	return at < extent->tokens->count && token_is(&extent->tokens->list[at], text);
}

/* Words after which a name is used, not declared. */
static bool
is_word(const struct extent *extent, size_t at)
{
	static const char *const words[] = { "return", "else", "case", "new", "delete", "throw",
		"goto", "co_return", "co_await", "typename", "template", "sizeof", "do", "not",
		"operator", "using", "namespace", "struct", "class", "enum", "if", "while" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is_token(extent, at, words[i]))
			return true;
	return false;
}

static const size_t NOWHERE = SIZE_MAX;

/* The name before the template arguments that end at `at`, which is ">", or NOWHERE. */
static size_t
before_template(const struct extent *extent, size_t at)
{
	size_t depth = 0;

	for (; at > extent->begin; at--) {
		if (is_mark(extent, at, ">"))
			depth++;
		else if (is_mark(extent, at, "<") && --depth == 0)
			return is_name(extent, at - 1) ? at - 1 : NOWHERE;
		else if (is_mark(extent, at, ";{}"))
			return NOWHERE;
	}
	return NOWHERE;
}

/* The type's last name where `at`, a name, is declared: T x, T<...> *x. NOWHERE: it is not. */
static size_t
declaring_type(const struct extent *extent, size_t at)
{
	size_t before = at;
	bool pointer = false;

	if (!is_mark(extent, at + 1, "=;,){([:"))
		return NOWHERE;
	while (before > extent->begin && is_mark(extent, before - 1, "*&")) {
		before--;
		pointer = true;
	}
	if (before <= extent->begin)
		return NOWHERE;
	before--;
	while (before > extent->begin && is_token(extent, before, "const"))
		before--;
	if (is_mark(extent, before, ">"))
		before = before_template(extent, before);
	if (before == NOWHERE || !is_name(extent, before) || is_word(extent, before))
		return NOWHERE;
	/* a * b; and f(a & b) are no declarations, but then b is no function either. */
	return pointer && is_mark(extent, at + 1, "([") ? NOWHERE : before;
}

static void
put_alias(struct map **aliases, const char *name, const char *stands_for)
{
	if (*aliases == NULL)
		*aliases = memory_alloc_zero(1, sizeof(**aliases));
	*map_put_string(*aliases, name) = (void *)stands_for;
}

/* The last name of the path that begins at `at`: C in A::B<X>::C<Y>. NULL: no path. */
static const char *
path_end(const struct extent *extent, size_t at, size_t end)
{
	const char *last = NULL;

	while (at < end && (is_token(extent, at, "typename") || is_token(extent, at, "::")))
		at++;
	while (at < end && is_name(extent, at)) {
		last = name_at(extent, at++);
		if (is_mark(extent, at, "<"))
			at = tokens_behind_template(extent->tokens, at, end);
		if (!is_token(extent, at, "::"))
			break;
		at++;
		at += is_token(extent, at, "template");
	}
	return last;
}

static bool
is_alias(const struct extent *extent, size_t at)
{
	return is_token(extent, at, "using") || is_token(extent, at, "namespace");
}

/* `using A = B` or `namespace A = B` at `at`, its first word. */
static void
read_using(const struct extent *extent, size_t at, struct map **aliases)
{
	const char *stands_for;

	if (!is_name(extent, at + 1) || !is_mark(extent, at + 2, "="))
		return;
	stands_for = path_end(extent, at + 3, extent->end);
	if (stands_for != NULL)
		put_alias(aliases, name_at(extent, at + 1), stands_for);
}

/* The class of what is declared at `name` with the last name `type` of its type: where the
 * trees have no such class, that of what it holds, T in std::unique_ptr<T>; where it is auto,
 * T in auto x = std::make_unique<T>(...) and auto x = T(...). */
static const char *
class_of(const struct native *native, const struct extent *extent, size_t name, size_t type)
{
	const char *class = name_at(extent, type), *inner;

	if (strcmp(class, "auto") == 0 && is_mark(extent, name + 1, "=")) {
		for (type = name + 2; is_name(extent, type) && is_token(extent, type + 1, "::");)
			type += 2;
		if (!is_name(extent, type) || !is_mark(extent, type + 1, "<({"))
			return class;
		inner = name_at(extent, type);
		if (map_get_string(&native->scopes, inner) != NULL)
			return inner;
	} else if (map_get_string(&native->scopes, class) != NULL) {
		return class;
	}
	inner = is_mark(extent, type + 1, "<") ? path_end(extent, type + 2, extent->end) : NULL;
	return inner != NULL ? inner : class;
}

static void
read_declarations(const struct native *native, const struct extent *extent, struct unit *unit)
{
	for (size_t i = extent->begin; i + 1 < extent->end; i++) {
		size_t type;

		if (!is_name(extent, i))
			continue;
		if (is_alias(extent, i))
			read_using(extent, i, &unit->aliases);
		else if ((type = declaring_type(extent, i)) != NOWHERE)
			put_alias(&unit->aliases, name_at(extent, i),
			    class_of(native, extent, i, type));
	}
}

static const char *
qualifier_of(const struct extent *extent, size_t at)
{
	size_t before;

	if (at < extent->begin + 2 || !is_token(extent, at - 1, "::"))
		return NULL;
	before = at - 2;
	if (is_mark(extent, before, ">"))
		before = before_template(extent, before);
	return before != NOWHERE && is_name(extent, before) ? name_at(extent, before) : NULL;
}

static const char *
receiver_of(const struct extent *extent, size_t at)
{
	size_t before = at;

	if (before > extent->begin && is_token(extent, before - 1, "template"))
		before--;
	if (before < extent->begin + 2 ||
	    !(is_mark(extent, before - 1, ".") || is_token(extent, before - 1, "->")))
		return NULL;
	return is_name(extent, before - 2) ? name_at(extent, before - 2) : "";
}

static bool
is_declared(const struct unit *unit, const struct mention *mention)
{
	return mention->qualifier == NULL && mention->receiver == NULL &&
	    unit->aliases != NULL && map_get_string(unit->aliases, mention->name) != NULL;
}

/* The elements of the list in the brackets at `at`; -1 where "..." makes them any number.
 * Those with a default value go to *optional. */
static int
count_arguments(const struct extent *extent, size_t at, int *optional)
{
	size_t end = tokens_behind_bracket(extent->tokens, at, extent->tokens->count) - 1;
	int count = at + 1 < end;

	if (count == 1 && at + 2 == end && is_token(extent, at + 1, "void"))
		return 0;
	for (at++; at < end; at++) {
		size_t behind = at;

		if (is_mark(extent, at, "([{"))
			at = tokens_behind_bracket(extent->tokens, at, end) - 1;
		else if (is_mark(extent, at, "<") &&
		    (behind = tokens_behind_template(extent->tokens, at, end)) > at)
			at = behind - 1;
		else if (is_mark(extent, at, ","))
			count++;
		else if (is_mark(extent, at, "=") && optional != NULL)
			++*optional;
		else if (is_mark(extent, at, ".") && is_mark(extent, at + 1, ".") &&
		    is_mark(extent, at + 2, "."))
			return -1;
	}
	return count;
}

static void
read_mention(const struct extent *extent, size_t at, struct unit *unit, struct found *found)
{
	struct mention mention = { .name = name_at(extent, at),
		.qualifier = qualifier_of(extent, at), .receiver = receiver_of(extent, at) };
	size_t behind = at + 1;

	if (is_mark(extent, behind, "<"))
		behind = tokens_behind_template(extent->tokens, behind, extent->end);
	if (is_token(extent, behind, "::") || is_declared(unit, &mention))
		return;
	mention.called = behind > at + 1 || is_mark(extent, behind, "({") ||
	    is_token(extent, behind, "<<<");
	/* (f)(x) and the end of a binding's argument pass, too. */
	mention.passed = (behind >= extent->end || is_mark(extent, behind, "),;}:?")) &&
	    (at == extent->begin || is_mark(extent, at - 1, "&(,=?:{)") ||
	    is_token(extent, at - 1, "return") || is_token(extent, at - 1, "::"));
	mention.arguments = is_mark(extent, behind, "(") ?
	    count_arguments(extent, behind, NULL) : -1;
	if (!mention.called && !mention.passed)
		return;
	found->list = memory_grow(found->list, found->count, &found->capacity,
	    sizeof(*found->list));
	found->list[found->count++] = mention;
}

/* Code that the program writes out and compiles when it runs. */
static void
read_text(struct native *native, uint32_t file, const struct token *token, struct found *found)
{
	struct text text = {0};

	text_add(&text, token->text, token->length);
	if (strstr(text.bytes, "#include") != NULL) {
		uint32_t made = native_add_text(native, native->files[file]->name, text.bytes);

		found->texts = memory_grow(found->texts, found->text_count,
		    &found->text_capacity, sizeof(*found->texts));
		found->texts[found->text_count++] = unit_of_tokens(native, made, NULL, 0,
		    native_tokens(native, made)->count);
	}
	text_free(&text);
}

static void *
keep(struct native *native, void *list, size_t count, size_t size)
{
	void *kept = arena_alloc(&native->arena, count * size + 1);

	if (count > 0)
		memcpy(kept, list, count * size);
	free(list);
	return kept;
}

static void
read_extent(struct native *native, const struct extent *extent, struct unit *unit)
{
	struct found found = {0};

	unit->begin = extent->begin;
	unit->last = extent->end;
	read_declarations(native, extent, unit);
	for (size_t i = extent->begin; i < extent->end; i++) {
		const struct token *token = &extent->tokens->list[i];

		if (token->define != extent->define)
			continue;
		if (token->kind == TOKEN_NAME)
			read_mention(extent, i, unit, &found);
		else if (token->kind == TOKEN_STRING && token->length > 20)
			read_text(native, unit->file, token, &found);
	}
	unit->mention_count = found.count;
	unit->mentions = keep(native, found.list, found.count, sizeof(*found.list));
	unit->text_count = found.text_count;
	unit->texts = keep(native, found.texts, found.text_count, sizeof(*found.texts));
}

/* The first token of a line or behind it. */
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
		/* Launch bounds are a kernel's only; its __global__ can be another project's macro. */
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
		    tokens_behind_bracket(extent->tokens, at, extent->tokens->count) : at + 1;
	return at;
}

/* The parameters behind the name, and behind template arguments of a specialisation. */
static void
measure_parameters(const struct extent *extent, struct unit *unit)
{
	size_t at = unit->begin;
	int optional = 0, count;

	if (is_mark(extent, at, "<"))
		at = tokens_behind_template(extent->tokens, at, extent->tokens->count);
	if (!is_mark(extent, at, "("))
		return;
	count = count_arguments(extent, at, &optional);
	unit->listed = true;
	unit->most = count;
	unit->least = count < 0 ? 0 : count - optional;
}

static bool
has_token(const struct extent *extent, size_t begin, size_t end, const char *text)
{
	while (begin < end && !is_token(extent, begin, text))
		begin++;
	return begin < end;
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
	size_t end = tokens_behind_bracket(extent->tokens, at, extent->tokens->count) - 1;
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
	for (size_t i = tokens_behind_bracket(extent.tokens, macro->begin, end); i < end; i++)
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
	read_extent(native, &extent, unit);
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
	    sizeof(*native->units));
	native->units[native->unit_count++] = unit;
	if (begin < end)
		unit->line = extent.tokens->list[begin].line;
	read_extent(native, &extent, unit);
	return unit;
}

const char *
native_alias(struct native *native, uint32_t file, const char *name)
{
	struct extent extent = { .tokens = native_tokens(native, file) };
	struct map *aliases = &native->files[file]->aliases;
	void **place;

	if (!native->files[file]->has_aliases) {
		native->files[file]->has_aliases = true;
		extent.end = extent.tokens->count;
		for (size_t i = 0; i < extent.end; i++)
			if (is_alias(&extent, i))
				read_using(&extent, i, &aliases);
	}
	place = map_get_string(aliases, name);
	return place == NULL ? NULL : *place;
}
