/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the bytes. Conditional directives are passed over, so that all branches are
 * seen: which one is compiled depends on the GPU. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cxx/cxx_tokens.h"
#include "base/memory.h"

struct cutter {
	struct tokens *tokens;
	const char *at, *end;
	uint32_t line;
	bool line_begins; /* nothing but white space since the newline */
	bool directive;   /* within a #define */
	uint16_t defines; /* so far */
};

static bool
is_name_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static bool
has(const struct cutter *cutter, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(cutter->end - cutter->at) >= length &&
	    memcmp(cutter->at, text, length) == 0;
}

static void
add(struct cutter *cutter, enum token_kind kind, const char *text, size_t length, uint32_t line)
{
	struct tokens *tokens = cutter->tokens;

	tokens->list = memory_grow(tokens->list, tokens->count, &tokens->capacity,
	    sizeof(*tokens->list));
	tokens->list[tokens->count++] = (struct token){ .text = text,
		.length = (uint32_t)length, .line = line, .kind = (uint8_t)kind,
		.define = cutter->directive ? cutter->defines : 0 };
}

static void
step(struct cutter *cutter)
{
	cutter->line += *cutter->at == '\n';
	cutter->at++;
}

/* Whether the newline at `at` is written away with a backslash. */
static bool
is_continued(const char *at)
{
	return at[-1] == '\\' || (at[-1] == '\r' && at[-2] == '\\');
}

static void
skip_line(struct cutter *cutter)
{
	while (cutter->at < cutter->end && (*cutter->at != '\n' || is_continued(cutter->at)))
		step(cutter);
}

static void
skip_comment(struct cutter *cutter)
{
	cutter->at += 2;
	while (cutter->at < cutter->end && !has(cutter, "*/"))
		step(cutter);
	cutter->at += cutter->at < cutter->end ? 2 : 0;
}

static void
cut_quoted(struct cutter *cutter)
{
	char quote = *cutter->at;
	const char *begin = ++cutter->at;
	uint32_t line = cutter->line;

	while (cutter->at < cutter->end && *cutter->at != quote && *cutter->at != '\n') {
		if (*cutter->at == '\\' && cutter->at + 1 < cutter->end)
			step(cutter);
		step(cutter);
	}
	add(cutter, quote == '"' ? TOKEN_STRING : TOKEN_NUMBER, begin,
	    (size_t)(cutter->at - begin), line);
	if (cutter->at < cutter->end && *cutter->at == quote)
		cutter->at++;
}

/* R"tag(...)tag", at the quote. */
static void
cut_raw(struct cutter *cutter)
{
	const char *tag = cutter->at + 1, *begin;
	uint32_t line = cutter->line;
	size_t length = 0;

	while (tag + length < cutter->end && length < 16 && tag[length] != '(')
		length++;
	begin = cutter->at = tag + length < cutter->end ? tag + length + 1 : cutter->end;
	while (cutter->at < cutter->end && !(*cutter->at == ')' &&
	    (size_t)(cutter->end - cutter->at) > length + 1 &&
	    memcmp(cutter->at + 1, tag, length) == 0 && cutter->at[length + 1] == '"'))
		step(cutter);
	add(cutter, TOKEN_STRING, begin, (size_t)(cutter->at - begin), line);
	if (cutter->at < cutter->end)
		cutter->at += length + 2;
}

static void
cut_word(struct cutter *cutter)
{
	const char *begin = cutter->at;
	bool number = isdigit((unsigned char)*begin);

	/* 1'000.5e-3f: signs end it, which does no harm. */
	while (cutter->at < cutter->end && (is_name_byte(*cutter->at) ||
	    (number && (*cutter->at == '.' || *cutter->at == '\''))))
		cutter->at++;
	if (!number && cutter->at < cutter->end && *cutter->at == '"' && cutter->at[-1] == 'R') {
		cut_raw(cutter);
		return;
	}
	add(cutter, number ? TOKEN_NUMBER : TOKEN_NAME, begin, (size_t)(cutter->at - begin),
	    cutter->line);
}

/* Only a #define has code in it; its name is the first token. */
static void
cut_directive(struct cutter *cutter)
{
	const char *at = cutter->at + 1;

	while (at < cutter->end && (*at == ' ' || *at == '\t'))
		at++;
	if ((size_t)(cutter->end - at) > 7 && memcmp(at, "define", 6) == 0 &&
	    isspace((unsigned char)at[6])) {
		cutter->at = at + 6;
		cutter->directive = true;
		cutter->defines = cutter->defines == UINT16_MAX ? 1 : cutter->defines + 1;
		return;
	}
	skip_line(cutter);
}

static void
cut_mark(struct cutter *cutter)
{
	size_t length = has(cutter, "::") || has(cutter, "->") ? 2 : has(cutter, "<<<") ? 3 : 1;

	add(cutter, TOKEN_MARK, cutter->at, length, cutter->line);
	cutter->at += length;
}

static void
cut_space(struct cutter *cutter)
{
	if (*cutter->at == '\n') {
		cutter->line_begins = true;
		if (cutter->directive && !is_continued(cutter->at))
			cutter->directive = false;
	}
	step(cutter);
}

void
tokens_cut(struct tokens *tokens, const char *text, size_t length)
{
	struct cutter cutter = { .tokens = tokens, .at = text, .end = text + length, .line = 1,
		.line_begins = true };

	while (cutter.at < cutter.end) {
		char byte = *cutter.at;
		bool begins = cutter.line_begins;

		if (isspace((unsigned char)byte) || (byte == '\\' && cutter.directive)) {
			cut_space(&cutter);
			continue;
		}
		cutter.line_begins = false;
		if (has(&cutter, "//"))
			skip_line(&cutter);
		else if (has(&cutter, "/*"))
			skip_comment(&cutter);
		else if (byte == '#' && begins && !cutter.directive)
			cut_directive(&cutter);
		else if (byte == '"' || byte == '\'')
			cut_quoted(&cutter);
		else if (is_name_byte(byte))
			cut_word(&cutter);
		else
			cut_mark(&cutter);
	}
}

void
tokens_free(struct tokens *tokens)
{
	free(tokens->list);
	*tokens = (struct tokens){0};
}

bool
token_is(const struct token *token, const char *text)
{
	return token->kind != TOKEN_STRING && token->length == strlen(text) &&
	    memcmp(token->text, text, token->length) == 0;
}

size_t
tokens_after_bracket(const struct tokens *tokens, size_t at, size_t end)
{
	size_t depth = 0;

	for (; at < end; at++) {
		const struct token *token = &tokens->list[at];

		if (token->kind != TOKEN_MARK || token->length != 1)
			continue;
		if (strchr("([{", *token->text) != NULL)
			depth++;
		else if (strchr(")]}", *token->text) != NULL && (depth == 0 || --depth == 0))
			return at + 1;
	}
	return end;
}

/* <= and >= are two tokens each. */
static bool
is_comparison(const struct tokens *tokens, size_t at, size_t end)
{
	const struct token *token = &tokens->list[at];

	return at + 1 < end && strchr("<>", *token->text) != NULL &&
	    tokens->list[at + 1].text == token->text + 1 && token->text[1] == '=';
}

/* What cannot stand in template arguments, outside of brackets, makes it a comparison. */
size_t
tokens_after_template(const struct tokens *tokens, size_t at, size_t end)
{
	size_t depth = 0;

	for (size_t i = at; i < end; i++) {
		const struct token *token = &tokens->list[i];

		if (token->kind != TOKEN_MARK)
			continue;
		if (token->length == 3) /* << < of an unspaced launch is no template */
			return at;
		if (token->length == 2 || is_comparison(tokens, i, end))
			continue;
		if (*token->text == '<')
			depth++;
		else if (*token->text == '>') {
			if (--depth == 0)
				return i + 1;
		} else if (*token->text == '(' || *token->text == '[' || *token->text == '{')
			i = tokens_after_bracket(tokens, i, end) - 1;
		else if (strchr(";)]}", *token->text) != NULL)
			return at;
	}
	return at;
}
