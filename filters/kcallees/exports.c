/* SPDX-License-Identifier: Apache-2.0 */
/* Reads bindings off the tokens: a binding's code is its arguments behind the name, so that
 * functions, pointers to members and lambdas are all read alike. */
#include <string.h>

#include "exports.h"
#include "intern.h"
#include "memory.h"

struct scan {
	struct exports *exports;
	struct native *native;
	const struct tokens *tokens;
	uint32_t file;
	const char *space, *how;
};

static bool
is_token(const struct scan *scan, size_t at, const char *text)
{
	return at < scan->tokens->count && token_is(&scan->tokens->list[at], text);
}

static bool
begins(const struct token *token, const char *front)
{
	size_t length = strlen(front);

	return token->kind == TOKEN_NAME && token->length >= length &&
	    memcmp(token->text, front, length) == 0;
}

/* Behind the "," at `at` or later at the brackets' own depth, or `end`. */
static size_t
behind_comma(const struct scan *scan, size_t at, size_t end)
{
	while (at < end && !is_token(scan, at, ","))
		at = is_token(scan, at, "(") || is_token(scan, at, "{") ||
		    is_token(scan, at, "[") ?
		    tokens_behind_bracket(scan->tokens, at, end) : at + 1;
	return at < end ? at + 1 : end;
}

static void
add(struct scan *scan, const char *name, const char *how, size_t begin, size_t end)
{
	struct exports *exports = scan->exports;
	struct unit *unit;

	if (begin >= end)
		return;
	unit = unit_of_tokens(scan->native, scan->file, name, begin, end);
	exports->list = memory_grow(exports->list, exports->count, &exports->capacity,
	    sizeof(*exports->list));
	exports->list[exports->count++] = (struct export){ name, scan->space, how, unit };
}

/* MACRO(name, function), at the bracket. A name that a template fills in is any; what is
 * bound then can be all of the text. */
static void
scan_ffi(struct scan *scan, size_t at)
{
	const struct token *name = &scan->tokens->list[at + 1];
	size_t end = tokens_behind_bracket(scan->tokens, at, scan->tokens->count) - 1;
	bool known = name->kind == TOKEN_NAME && is_token(scan, at + 2, ",");

	if (known)
		add(scan, intern(name->text, name->length), "ffi", at + 3, end);
	else if (is_token(scan, at + 1, "{"))
		add(scan, NULL, "ffi", 0, scan->tokens->count);
}

/* .def("name(schema)", function) or .impl("name", key, function), at the bracket. */
static void
scan_def(struct scan *scan, size_t at)
{
	const struct token *name = &scan->tokens->list[at + 1];
	size_t end = tokens_behind_bracket(scan->tokens, at, scan->tokens->count) - 1;
	size_t length = 0, begin = 0;

	if (name->kind != TOKEN_STRING)
		return;
	while (length < name->length && strchr("( ", name->text[length]) == NULL) {
		length++;
		if (name->text[length - 1] == ':' || name->text[length - 1] == '.')
			begin = length;
	}
	if (length > begin)
		add(scan, intern(name->text + begin, length - begin), scan->how,
		    behind_comma(scan, at + 1, end), end);
}

/* .attr("name") = m.attr("other"), at the bracket: another name for what was bound before. */
static void
scan_attribute(struct scan *scan, size_t at)
{
	struct exports *exports = scan->exports;
	const struct token *name = &scan->tokens->list[at + 1], *other;
	size_t count = exports->count;

	if (at + 8 >= scan->tokens->count || name->kind != TOKEN_STRING ||
	    !is_token(scan, at + 2, ")") || !is_token(scan, at + 3, "=") ||
	    !is_token(scan, at + 6, "attr") || !is_token(scan, at + 7, "("))
		return;
	other = &scan->tokens->list[at + 8];
	for (size_t i = 0; i < count; i++) {
		struct export export = exports->list[i];

		if (export.name == NULL || export.unit->file != scan->file ||
		    strlen(export.name) != other->length ||
		    memcmp(export.name, other->text, other->length) != 0)
			continue;
		export.name = intern(name->text, name->length);
		exports->list = memory_grow(exports->list, exports->count,
		    &exports->capacity, sizeof(*exports->list));
		exports->list[exports->count++] = export;
	}
}

/* The function that the line is in. */
static const struct unit *
find_enclosing(const struct native *native, uint32_t file, uint32_t line)
{
	const struct unit *found = NULL;

	for (size_t i = 0; i < native->unit_count; i++) {
		const struct unit *unit = native->units[i];

		if (unit->file == file && unit->kind == UNIT_FUNCTION && unit->line <= line &&
		    line <= unit->end && (found == NULL || unit->line > found->line))
			found = unit;
	}
	return found;
}

/* == "name") and the statement behind it, at the string. */
static void
scan_answer(struct scan *scan, size_t at)
{
	const struct token *name = &scan->tokens->list[at];
	const struct unit *in = find_enclosing(scan->native, scan->file, name->line);
	size_t end = at + 2, count = scan->exports->count;

	if (is_token(scan, end, "{"))
		end = tokens_behind_bracket(scan->tokens, end, scan->tokens->count);
	while (end < scan->tokens->count && !is_token(scan, end - 1, "}") &&
	    !is_token(scan, end, ";"))
		end = is_token(scan, end, "{") || is_token(scan, end, "(") ?
		    tokens_behind_bracket(scan->tokens, end, scan->tokens->count) : end + 1;
	add(scan, intern(name->text, name->length), "ffi", at + 2, end);
	if (in != NULL && scan->exports->count > count) {
		struct unit *unit = scan->exports->list[count].unit;

		unit->scope = in->scope;
		unit->of_class = in->of_class;
	}
}

/* TORCH_LIBRARY...(space, m) and PYBIND11_MODULE(name, m), at the bracket. */
static void
scan_block(struct scan *scan, size_t at, const char *how)
{
	const struct token *space = &scan->tokens->list[at + 1];

	scan->how = how;
	scan->space = space->kind == TOKEN_NAME ? intern(space->text, space->length) : NULL;
}

void
exports_scan(struct exports *exports, struct native *native, uint32_t file, const char *how)
{
	struct scan scan = { .exports = exports, .native = native, .file = file, .how = how,
		.tokens = native_tokens(native, file) };

	for (size_t i = 0; i + 2 < scan.tokens->count; i++) {
		const struct token *token = &scan.tokens->list[i];

		if (token->kind == TOKEN_STRING && i > 2 && is_token(&scan, i - 1, "=") &&
		    is_token(&scan, i - 2, "=") && is_token(&scan, i + 1, ")"))
			scan_answer(&scan, i);
		if (token->kind != TOKEN_NAME || !is_token(&scan, i + 1, "("))
			continue;
		if (token->define == 0 && begins(token, "TVM_FFI_DLL_EXPORT_TYPED_FUNC"))
			scan_ffi(&scan, i + 1);
		else if (begins(token, "TORCH_LIBRARY"))
			scan_block(&scan, i + 1, "torch-library");
		else if (begins(token, "PYBIND11_MODULE"))
			scan_block(&scan, i + 1, "pybind");
		else if (token_is(token, "attr"))
			scan_attribute(&scan, i + 1);
		else if (i > 0 && (token_is(token, "def") || token_is(token, "impl") ||
		    token_is(token, "def_static")) && (is_token(&scan, i - 1, ".") ||
		    is_token(&scan, i - 1, "->")))
			scan_def(&scan, i + 1);
	}
}

struct unit *
export_expression(struct native *native, const char *name, const char *expression)
{
	uint32_t file = native_add_text(native, name, expression);
	const struct tokens *tokens = native_tokens(native, file);

	return unit_of_tokens(native, file, name, 0, tokens->count);
}
