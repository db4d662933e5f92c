/* SPDX-License-Identifier: Apache-2.0 */
/* String literals: escapes decoded, neighbours joined, f-strings taken apart. */
#include <string.h>
#include <unictype.h>
#include <uniname.h>

#include "base/intern.h"
#include "python/py_build.h"

/* The literals of one expression, joined as ast joins them. */
struct pieces {
	struct py_builder *b;
	struct py_place place; /* of the whole */
	struct py_list elements;
	size_t start;          /* of the pending text in b->text */
	bool format, bytes;
};

static uint32_t
hex_digits(const char *at, const char *end, unsigned count, bool *valid)
{
	uint32_t value = 0;

	*valid = (size_t)(end - at) >= count;
	for (unsigned i = 0; *valid && i < count; i++) {
		char c = at[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			value = value << 4 | (uint32_t)((c | 32) - 'a' + 10);
		else
			*valid = false;
	}
	return value;
}

static void
add_character(struct text *text, uint32_t character)
{
	char bytes[4];

	text_add(text, bytes, py_utf8_encode(character, bytes));
}

/* Names that are made of a number, which the table of names leaves out. */
static ucs4_t
ideograph(const char *name)
{
	static const char prefix[] = "CJK UNIFIED IDEOGRAPH-";
	size_t length = strlen(prefix), digits;
	ucs4_t character;
	bool valid;

	if (strncmp(name, prefix, length) != 0)
		return UNINAME_INVALID;
	digits = strlen(name + length);
	if (digits != 4 && digits != 5)
		return UNINAME_INVALID;
	character = hex_digits(name + length, name + length + digits, (unsigned)digits, &valid);
	return valid && uc_is_property_unified_ideograph(character) ? character
	                                                             : UNINAME_INVALID;
}

/* \N{name}: `at` is after the 'N'. Returns where it ends, NULL if it is none. */
static const char *
named_character(struct text *text, const char *at, const char *end)
{
	const char *close;
	char name[128];
	ucs4_t character;

	if (at == end || *at != '{' || (close = memchr(at, '}', (size_t)(end - at))) == NULL ||
	    (size_t)(close - at) > sizeof(name))
		return NULL;
	memcpy(name, at + 1, (size_t)(close - at - 1));
	name[close - at - 1] = '\0';
	character = unicode_name_character(name);
	if (character == UNINAME_INVALID)
		character = ideograph(name);
	if (character == UNINAME_INVALID)
		return NULL;
	add_character(text, character);
	return close + 1;
}

/* \x41, \u0041, \U00000041: `at` is at the letter. NULL if it is not well formed. */
static const char *
numbered_character(struct text *text, const char *at, const char *end)
{
	unsigned digits = *at == 'x' ? 2 : *at == 'u' ? 4 : 8;
	bool valid;
	uint32_t character = hex_digits(at + 1, end, digits, &valid);

	if (!valid || character > 0x10ffff)
		return NULL;
	add_character(text, character);
	return at + 1 + digits;
}

static const char *
octal_character(struct text *text, const char *at, const char *end)
{
	uint32_t character = 0;

	for (unsigned i = 0; i < 3 && at < end && *at >= '0' && *at <= '7'; i++)
		character = character * 8 + (uint32_t)(*at++ - '0');
	add_character(text, character);
	return at;
}

/* One escape sequence, `at` after its backslash. What is none keeps the backslash. */
static const char *
escape(struct text *text, const char *at, const char *end)
{
	static const char simple[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
	const char *after = NULL;

	if (*at == '\n')
		return at + 1;
	for (const char *pair = simple; *pair != '\0'; pair += 2)
		if (*pair == *at) {
			text_add_char(text, pair[1]);
			return at + 1;
		}
	if (*at >= '0' && *at <= '7')
		return octal_character(text, at, end);
	if (*at == 'N')
		after = named_character(text, at + 1, end);
	else if (*at == 'x' || *at == 'u' || *at == 'U')
		after = numbered_character(text, at, end);
	if (after == NULL)
		text_add_char(text, '\\');
	return after != NULL ? after : at;
}

/* Adds the text between two places of the source, `braces` when {{ stands for {. */
static void
add_text(struct pieces *p, uint32_t from, uint32_t to, bool raw, bool braces)
{
	const char *at = p->b->source + from, *end = p->b->source + to, *run;
	struct text *text = &p->b->text;

	if (from >= to)
		return;
	while (at < end) {
		for (run = at; at < end && (raw || *at != '\\') &&
		               !(braces && (*at == '{' || *at == '}')); at++)
			;
		text_add(text, run, (size_t)(at - run));
		if (at == end)
			break;
		if (*at == '\\' && at + 1 < end) {
			at = escape(text, at + 1, end);
		} else {
			text_add_char(text, *at);
			at += at + 1 < end && *at != '\\' && at[1] == *at ? 2 : 1;
		}
	}
}

/* The pending text as a string; it ends at a NUL character, if it holds one. */
static const char *
take_text(struct pieces *p)
{
	struct text *text = &p->b->text;
	size_t length = text->length - p->start;
	const char *begin = length > 0 ? text->bytes + p->start : "";

	text->length = p->start;
	return intern(begin, strnlen(begin, length));
}

static void
flush(struct pieces *p)
{
	struct py_node *node;

	if (p->b->text.length == p->start)
		return;
	node = py_new(p->b, PY_CONSTANT, &p->place);
	node->op = PY_STRING;
	node->name = take_text(p);
	py_add(&p->elements, node);
}

/* ---- Replacement fields ---- */

static void field(struct pieces *p);

/* The format specification at hand, which ends before `end`: text and fields. */
static struct py_node *
specification(struct py_builder *b, uint32_t end)
{
	struct pieces p = { .b = b, .place = b->now, .start = b->text.length };
	struct py_node *node = py_new(b, PY_JOINED_STRING, &b->now);
	uint32_t text = b->now.begin + 1;

	if (py_enter(b)) {
		do {
			if (b->now.symbol != SYM_FORMAT_EXPRESSION &&
			    b->now.symbol != SYM_INTERPOLATION)
				continue;
			add_text(&p, text, b->now.begin, false, false);
			text = b->now.end;
			field(&p);
		} while (py_advance(b));
		py_leave(b);
	}
	add_text(&p, text, end, false, false);
	flush(&p);
	node->list.elements = p.elements.first;
	return node;
}

/* The text of an expression, for {value=}: as written, without comments. */
static void
add_source(struct pieces *p, uint32_t from, uint32_t to)
{
	const char *source = p->b->source, *shadow = p->b->shadow;

	for (uint32_t i = from; i < to; i++) {
		if (source[i] == '#' && shadow[i] == ' ')
			while (i < to && source[i] != '\n')
				i++;
		if (i < to)
			text_add_char(&p->b->text, source[i]);
	}
}

/* {value=!r:specification}: '=' also gives the text of the expression. */
static void
field(struct pieces *p)
{
	struct py_builder *b = p->b;
	struct py_node *node = py_new(b, PY_FORMATTED, &b->now);
	uint32_t text = b->now.begin + 1;
	bool equals = false;

	if (!py_enter(b))
		return;
	while (py_advance(b)) {
		if (equals && text != 0) {
			add_source(p, text, b->now.begin);
			text = 0;
		}
		switch (b->now.symbol) {
		case SYM_EQUALS:
			equals = true;
			break;
		case SYM_CONVERSION:
			node->op = (uint8_t)b->source[b->now.begin + 1];
			break;
		case SYM_FORMAT_SPECIFIER:
			flush(p);
			node->binary.right = specification(b, node->end - 1);
			break;
		case SYM_OTHER:
			break;
		default:
			if (b->now.symbol != SYM_ERROR)
				node->binary.left = py_expression(b);
		}
	}
	py_leave(b);
	if (equals && node->op == 0 && node->binary.right == NULL)
		node->op = 'r';
	if (node->binary.left == NULL)
		node->binary.left = py_missing(b);
	flush(p);
	py_add(&p->elements, node);
}

/* ---- Literals ---- */

/* What a literal's prefix and opening quotes say. */
struct quotes {
	uint32_t text;  /* where the text after them begins */
	uint32_t count; /* 1 or 3 */
	bool raw, format;
};

static struct quotes
opening(struct pieces *p, uint32_t at)
{
	const char *source = p->b->source;
	struct quotes quotes = { .count = 1 };

	for (; source[at] != '\'' && source[at] != '"' && source[at] != '\0'; at++) {
		quotes.raw |= (source[at] | 32) == 'r';
		quotes.format |= (source[at] | 32) == 'f';
		p->bytes |= (source[at] | 32) == 'b';
	}
	if (source[at] != '\0' && source[at + 1] == source[at] && source[at + 2] == source[at])
		quotes.count = 3;
	quotes.text = at + quotes.count;
	p->format |= quotes.format;
	return quotes;
}

/* The literal at hand, a node of its own. */
static void
literal(struct pieces *p)
{
	struct py_builder *b = p->b;
	uint32_t begin = b->now.begin, end = b->now.end;
	struct quotes quotes = opening(p, begin);

	if (quotes.text + quotes.count > end)
		return;
	end -= quotes.count;
	begin = quotes.text;
	if (quotes.format && py_enter(b)) {
		do {
			if (b->now.symbol != SYM_INTERPOLATION)
				continue;
			add_text(p, begin, b->now.begin, quotes.raw, true);
			begin = b->now.end;
			field(p);
		} while (py_advance(b));
		py_leave(b);
	}
	add_text(p, begin, end, quotes.raw, quotes.format);
}

/* Whether the literal that begins with `quotes` closes at `at`. */
static bool
closes(const struct pieces *p, const struct quotes *quotes, uint32_t at)
{
	const char *source = p->b->source;
	char quote = source[quotes->text - 1];

	return source[at] == quote &&
	       (quotes->count == 1 || (source[at + 1] == quote && source[at + 2] == quote));
}

/* The literals of which py_scan made one token. Where it noted that one does not end, the
 * token ends with it all the same. */
static void
literals(struct pieces *p)
{
	const char *source = p->b->source;
	uint32_t at = p->place.begin, end = p->place.end;

	while (at < end) {
		struct quotes quotes;

		if (source[at] == '#')
			while (at < end && source[at] != '\n')
				at++;
		if (strchr(" \t\f\n\\", source[at]) != NULL) {
			at++;
			continue;
		}
		quotes = opening(p, at);
		for (at = quotes.text; at < end && !closes(p, &quotes, at); at++)
			at += source[at] == '\\';
		add_text(p, quotes.text, at < end ? at : end, quotes.raw, quotes.format);
		at += quotes.count;
	}
}

bool
py_ends_in_quote(const struct py_builder *b)
{
	char last = b->now.end > b->now.begin ? b->source[b->now.end - 1] : '\0';

	return last == '"' || last == '\'';
}

/* Most strings are one literal without prefix and escape: their text stands as it is. */
static bool
is_plain(const struct py_builder *b)
{
	const char *text = b->source + b->now.begin;
	uint32_t size = b->now.end - b->now.begin;

	if (b->now.symbol == SYM_CONCATENATED || size < 2 || (*text != '"' && *text != '\''))
		return false;
	return memchr(text + 1, '\\', size - 2) == NULL &&
	       memchr(text + 1, *text, size - 2) == NULL;
}

struct py_node *
py_string(struct py_builder *b)
{
	struct pieces p = { .b = b, .place = b->now, .start = b->text.length };
	struct py_node *node = py_new(b, PY_CONSTANT, &b->now);

	node->op = PY_STRING;
	if (is_plain(b)) {
		node->name = py_spelled(b, node->begin + 1, node->end - 1);
		return node;
	}
	if (b->now.symbol == SYM_STRING) {
		literal(&p);
	} else if (b->now.symbol != SYM_CONCATENATED) {
		literals(&p);
	} else if (py_enter(b)) {
		do {
			if (b->now.symbol == SYM_STRING)
				literal(&p);
		} while (py_advance(b));
		py_leave(b);
	}
	if (p.bytes) {
		b->text.length = p.start;
		node->op = PY_BYTES;
		node->name = py_spelled(b, p.place.begin, p.place.end);
	} else if (p.format) {
		flush(&p);
		node->kind = PY_JOINED_STRING;
		node->op = 0;
		node->list.elements = p.elements.first;
	} else {
		node->name = take_text(&p);
	}
	return node;
}
