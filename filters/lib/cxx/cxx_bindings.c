/* SPDX-License-Identifier: Apache-2.0 */
/* Reads bindings off the tokens: a binding's code is its arguments after the name, so that
 * functions, pointers to members and lambdas are all read alike. */
#include <string.h>

#include "cxx/cxx_bindings.h"
#include "base/intern.h"

struct scan {
	const struct tokens *tokens;
	const char *space, *how;
	void (*use)(void *context, const struct cxx_binding *binding);
	void *context;
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

/* After the "," at `at` or later at the brackets' own depth, or `end`. */
static size_t
after_comma(const struct scan *scan, size_t at, size_t end)
{
	while (at < end && !is_token(scan, at, ","))
		at = is_token(scan, at, "(") || is_token(scan, at, "{") ||
		    is_token(scan, at, "[") ?
		    tokens_after_bracket(scan->tokens, at, end) : at + 1;
	return at < end ? at + 1 : end;
}

static void
bind(const struct scan *scan, struct cxx_binding binding)
{
	binding.space = scan->space;
	if (binding.how == NULL)
		binding.how = scan->how;
	if (binding.kind == BINDING_CODE && binding.begin >= binding.end)
		binding.kind = BINDING_NAME;
	scan->use(scan->context, &binding);
}

/* MACRO(name, function), at the bracket. A name that a template fills in is any; what is
 * bound then can be all of the text. */
static void
scan_ffi(const struct scan *scan, size_t at)
{
	const struct token *name = &scan->tokens->list[at + 1];
	size_t end = tokens_after_bracket(scan->tokens, at, scan->tokens->count) - 1;

	if (name->kind == TOKEN_NAME && is_token(scan, at + 2, ","))
		bind(scan, (struct cxx_binding){ .name = intern(name->text, name->length),
			.how = "ffi", .line = name->line, .begin = at + 3, .end = end });
	else if (is_token(scan, at + 1, "{"))
		bind(scan, (struct cxx_binding){ .how = "ffi", .line = name->line,
			.end = scan->tokens->count });
}

/* .def("name(schema)", function) or .impl("name", key, function), at the bracket. */
static void
scan_def(const struct scan *scan, size_t at)
{
	const struct token *name = &scan->tokens->list[at + 1];
	size_t end = tokens_after_bracket(scan->tokens, at, scan->tokens->count) - 1;
	size_t length = 0, begin = 0;

	if (name->kind != TOKEN_STRING)
		return;
	while (length < name->length && strchr("( ", name->text[length]) == NULL) {
		length++;
		if (name->text[length - 1] == ':' || name->text[length - 1] == '.')
			begin = length;
	}
	if (length > begin)
		bind(scan, (struct cxx_binding){
			.name = intern(name->text + begin, length - begin), .line = name->line,
			.begin = after_comma(scan, at + 1, end), .end = end });
}

/* .attr("name") = m.attr("other"), at the bracket. */
static void
scan_attribute(const struct scan *scan, size_t at)
{
	const struct token *name = &scan->tokens->list[at + 1], *other;

	if (at + 8 >= scan->tokens->count || name->kind != TOKEN_STRING ||
	    !is_token(scan, at + 2, ")") || !is_token(scan, at + 3, "=") ||
	    !is_token(scan, at + 6, "attr") || !is_token(scan, at + 7, "("))
		return;
	other = &scan->tokens->list[at + 8];
	bind(scan, (struct cxx_binding){ .kind = BINDING_ALIAS, .line = name->line,
		.name = intern(name->text, name->length),
		.other = intern(other->text, other->length) });
}

/* == "name") and the statement after it, at the string. */
static void
scan_answer(const struct scan *scan, size_t at)
{
	const struct token *name = &scan->tokens->list[at];
	size_t end = at + 2;

	if (is_token(scan, end, "{"))
		end = tokens_after_bracket(scan->tokens, end, scan->tokens->count);
	while (end < scan->tokens->count && !is_token(scan, end - 1, "}") &&
	    !is_token(scan, end, ";"))
		end = is_token(scan, end, "{") || is_token(scan, end, "(") ?
		    tokens_after_bracket(scan->tokens, end, scan->tokens->count) : end + 1;
	bind(scan, (struct cxx_binding){ .kind = BINDING_ANSWER, .how = "ffi",
		.name = intern(name->text, name->length), .line = name->line,
		.begin = at + 2, .end = end });
}

/* TORCH_LIBRARY...(space, m) and PYBIND11_MODULE(name, m), at the bracket. */
static void
scan_block(struct scan *scan, size_t at, const char *how)
{
	const struct token *space = &scan->tokens->list[at + 1];

	scan->how = how;
	scan->space = space->kind == TOKEN_NAME ? intern(space->text, space->length) : NULL;
}

static void
scan_name(struct scan *scan, size_t at)
{
	const struct token *token = &scan->tokens->list[at];

	if (token->define == 0 && begins(token, "TVM_FFI_DLL_EXPORT_TYPED_FUNC"))
		scan_ffi(scan, at + 1);
	else if (begins(token, "TORCH_LIBRARY"))
		scan_block(scan, at + 1, "torch-library");
	else if (begins(token, "PYBIND11_MODULE"))
		scan_block(scan, at + 1, "pybind");
	else if (token_is(token, "attr"))
		scan_attribute(scan, at + 1);
	else if (at > 0 && (token_is(token, "def") || token_is(token, "impl") ||
	    token_is(token, "def_static")) && (is_token(scan, at - 1, ".") ||
	    is_token(scan, at - 1, "->")))
		scan_def(scan, at + 1);
}

void
cxx_bindings_read(const struct tokens *tokens, const char *how,
    void (*use)(void *context, const struct cxx_binding *binding), void *context)
{
	struct scan scan = { .tokens = tokens, .how = how, .use = use, .context = context };

	for (size_t i = 0; i + 2 < tokens->count; i++) {
		const struct token *token = &tokens->list[i];

		if (token->kind == TOKEN_STRING && i > 2 && is_token(&scan, i - 1, "=") &&
		    is_token(&scan, i - 2, "=") && is_token(&scan, i + 1, ")"))
			scan_answer(&scan, i);
		else if (token->kind == TOKEN_NAME && is_token(&scan, i + 1, "("))
			scan_name(&scan, i);
	}
}

const char *
cxx_binding_function(const struct tokens *tokens, const struct cxx_binding *binding)
{
	const struct scan scan = { .tokens = tokens };
	const struct token *last = NULL;
	size_t at = binding->begin;

	/* &function, also after a key; else what the code begins with. */
	for (size_t i = binding->begin; i < binding->end && !is_token(&scan, i, "["); i++)
		if (is_token(&scan, i, "&")) {
			at = i + 1;
			break;
		}
	for (; at < binding->end && tokens->list[at].kind == TOKEN_NAME; at++) {
		last = &tokens->list[at++];
		if (!is_token(&scan, at, "::"))
			break;
	}
	return last == NULL ? NULL : intern(last->text, last->length);
}
