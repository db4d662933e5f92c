/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a definition mentions: names that are called, launched, passed on or given as
 * template arguments. Names that the code itself declares (variables, parameters) mention
 * nothing outside, but tell of which class an object is. */
#include <stdlib.h>
#include <string.h>

#include "extent.h"
#include "base/memory.h"
#include "base/text.h"

struct found {
	struct mention *list;
	size_t count, capacity;
	struct unit **texts;
	size_t text_count, text_capacity;
};

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
			at = tokens_after_template(extent->tokens, at, end);
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

int
extent_count(const struct extent *extent, size_t at, int *optional)
{
	size_t end = tokens_after_bracket(extent->tokens, at, extent->tokens->count) - 1;
	int count = at + 1 < end;

	if (count == 1 && at + 2 == end && is_token(extent, at + 1, "void"))
		return 0;
	for (at++; at < end; at++) {
		size_t after = at;

		if (is_mark(extent, at, "([{"))
			at = tokens_after_bracket(extent->tokens, at, end) - 1;
		else if (is_mark(extent, at, "<") &&
		    (after = tokens_after_template(extent->tokens, at, end)) > at)
			at = after - 1;
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
	size_t after = at + 1;

	if (is_mark(extent, after, "<"))
		after = tokens_after_template(extent->tokens, after, extent->end);
	if (is_token(extent, after, "::") || is_declared(unit, &mention))
		return;
	mention.called = after > at + 1 || is_mark(extent, after, "({") ||
	    is_token(extent, after, "<<<");
	/* (f)(x) and the end of a binding's argument pass, too. */
	mention.passed = (after >= extent->end || is_mark(extent, after, "),;}:?")) &&
	    (at == extent->begin || is_mark(extent, at - 1, "&(,=?:{)") ||
	    is_token(extent, at - 1, "return") || is_token(extent, at - 1, "::"));
	mention.arguments = is_mark(extent, after, "(") ?
	    extent_count(extent, after, NULL) : -1;
	if (!mention.called && !mention.passed)
		return;
	found->list = memory_grow(found->list, found->count, &found->capacity,
	    sizeof(*found->list));
	found->list[found->count++] = mention;
}

/* Code that the program writes out and compiles when it runs; such code in such code is not
 * looked into. */
static void
read_text(struct native *native, uint32_t file, const struct token *token, struct found *found)
{
	struct text text = {0};

	if (native->files[file]->file == NULL)
		return;
	text_add(&text, token->text, token->length);
	if (strstr(text.bytes, "#include") != NULL) {
		uint32_t made = native_add_text(native, native->files[file]->name, text.bytes);

		found->texts = memory_grow(found->texts, found->text_count,
		    &found->text_capacity, sizeof(struct unit *));
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

void
extent_read(struct native *native, const struct extent *extent, struct unit *unit)
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
	unit->texts = keep(native, found.texts, found.text_count, sizeof(struct unit *));
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
