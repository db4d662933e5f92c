/* SPDX-License-Identifier: Apache-2.0 */
/* A shadow of the source for tree-sitter to parse: every byte keeps its place, but what
 * its grammar gets wrong or does slowly is not there.
 *
 *     if type(self).x: print >> f"{y:=5} left"   # why
 *     if typx(self).x: prinx >> f"{y:x5}xxxxx"
 *
 * The grammar also accepts Python 2 and takes `type`, `match`, `print` and `exec` for
 * keywords where Python 3 has names, and it reads ':=' in an f-string as a walrus. Names
 * and strings are later read from the source itself. */
#include <stdlib.h>
#include <string.h>
#include <unictype.h>

#include "memory.h"
#include "py_build.h"

enum {
	DEEPEST_BRACKETS = 200, /* CPython's limit */
	DEEPEST_STRINGS = 50    /* of f-strings in fields of f-strings */
};

enum { WORD = 1, DIGIT = 2, QUOTE = 4, OPEN = 8, CLOSE = 16, BLANK = 32 };

#define LETTERS(from, to) [from ... to] = WORD
static const unsigned char classes[256] = {
	LETTERS('a', 'z'), LETTERS('A', 'Z'), ['_'] = WORD, LETTERS(0x80, 0xff),
	['0' ... '9'] = DIGIT, ['\''] = QUOTE, ['"'] = QUOTE,
	['('] = OPEN, ['['] = OPEN, ['{'] = OPEN, [')'] = CLOSE, [']'] = CLOSE, ['}'] = CLOSE,
	[' '] = BLANK, ['\t'] = BLANK, ['\f'] = BLANK,
};

struct scan {
	struct py_file *file;
	const char *source, *end;
	char *shadow;
	unsigned depth;      /* of open brackets */
	unsigned surplus;    /* brackets open beyond the limit, blanked */
	bool annotation;     /* ':' or '->' was the last token: one may follow */
	char open[DEEPEST_BRACKETS];
};

/* A string literal at hand. */
struct literal {
	const char *begin; /* its prefix */
	char quote;
	bool triple, raw, format;
	bool whole;    /* it ends, and holds no replacement field */
	unsigned nest; /* f-strings around it */
};

static const char *scan_strings(struct scan *s, const char *prefix, unsigned nest);

static unsigned
class_of(char c)
{
	return classes[(unsigned char)c];
}

static uint32_t
line_of(const struct scan *s, const char *at)
{
	return py_source_line(s->file, (uint32_t)(at - s->source));
}

static void
fault(struct scan *s, const char *at, const char *message)
{
	py_fault(s->file, line_of(s, at), message);
}

static char *
shadow_of(struct scan *s, const char *at)
{
	return s->shadow + (at - s->source);
}

static const char *
line_end(const struct scan *s, const char *at)
{
	const char *end = memchr(at, '\n', (size_t)(s->end - at));

	return end != NULL ? end : s->end;
}

static const char *
word_end(const char *at)
{
	while (class_of(*at) & (WORD | DIGIT))
		at++;
	return at;
}

static bool
is_word(const char *at, const char *end, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(end - at) == length && memcmp(at, word, length) == 0;
}

/* ---- What stands behind a word ---- */

static const char *
skip_blanks(const char *at)
{
	for (;;) {
		if (class_of(*at) & BLANK)
			at++;
		else if (at[0] == '\\' && at[1] == '\n')
			at += 2;
		else
			return at;
	}
}

/* `type` at the start of a statement opens an alias if a name and '=' or '[' follow. */
static bool
is_type_alias(const char *after)
{
	static const char *const operators[] = { "in", "is", "and", "or", "if", "not", "else",
		"for", "as" };
	const char *name = skip_blanks(after), *end = word_end(name);

	if (name == after || end == name || !(class_of(*name) & WORD))
		return false;
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (is_word(name, end, operators[i]))
			return false;
	end = skip_blanks(end);
	return *end == '[' || (*end == '=' && end[1] != '=');
}

/* Past a string literal, as far as is needed to find the end of a statement. */
static const char *
skip_string(const struct scan *s, const char *at)
{
	char quote = *at;
	bool triple = at[1] == quote && at[2] == quote;

	for (at += triple ? 3 : 1; at < s->end; at++) {
		if (*at == '\\' && at + 1 < s->end)
			at++;
		else if (*at == quote && (!triple || (at[1] == quote && at[2] == quote)))
			return at + (triple ? 3 : 1);
		else if (*at == '\n' && !triple)
			return at;
	}
	return s->end;
}

/* `match` at the start of a statement opens one if its line ends in ':' and the next
 * begins with `case`. */
static bool
is_match_statement(const struct scan *s, const char *after)
{
	const char *at = skip_blanks(after);
	unsigned depth = 0;
	char last = '\0';

	if (*at == '.' || *at == '=' || *at == ',' || *at == ':' || *at == '\n')
		return false;
	while (at < s->end && !(*at == '\n' && depth == 0)) {
		if (*at == '#') {
			at = line_end(s, at);
			continue;
		}
		if (!(class_of(*at) & BLANK) && *at != '\n')
			last = *at;
		if (class_of(*at) & QUOTE) {
			at = skip_string(s, at);
			continue;
		}
		if (class_of(*at) & OPEN)
			depth++;
		else if (class_of(*at) & CLOSE && depth > 0)
			depth--;
		else if (*at == '\\' && at[1] == '\n')
			at++;
		at++;
	}
	if (last != ':')
		return false;
	while (*at == '\n' || *at == '#' || class_of(*at) & BLANK)
		at = *at == '#' ? line_end(s, at) : at + 1;
	return is_word(at, word_end(at), "case");
}

static bool
is_keyword(const char *word, const char *end)
{
	static const char *const keywords[] = { "False", "None", "True", "and", "as", "assert",
		"async", "await", "break", "class", "continue", "def", "del", "elif", "else",
		"except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
		"nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with",
		"yield" };

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (is_word(word, end, keywords[i]))
			return true;
	return false;
}

/* In an annotation the grammar reads name[...] as a type, which then cannot be part of
 * an expression. A number is never a type: 1111[int] is an ordinary subscript. */
static void
number_annotation(struct scan *s, const char *word, const char *end)
{
	if (*skip_blanks(end) == '[' && !is_keyword(word, end))
		memset(shadow_of(s, word), '1', (size_t)(end - word));
}

/* Letters beyond ASCII become 'x', which no keyword has twice in a row: the grammar's own
 * tables are not asked. What is no letter stays and is an error. */
static void
blank_letters(struct scan *s, const char *begin, const char *end)
{
	uint32_t character;

	for (const char *at = begin; at < end;) {
		unsigned length = py_utf8_decode(at, end, &character);
		bool letter;

		if (length == 0)
			return;
		letter = at == begin ? uc_is_property_xid_start(character)
		                     : uc_is_property_xid_continue(character);
		if (length > 1 && letter)
			memset(shadow_of(s, at), 'x', length);
		at += length;
	}
}

/* Words that must not reach tree-sitter as they are get an 'x' for their last letter. */
static void
rename_keyword(struct scan *s, const char *word, const char *end, bool begins)
{
	const char *at;

	switch (*word) {
	case 'p':
		if (is_word(word, end, "print"))
			*shadow_of(s, end - 1) = 'x';
		break;
	case 't':
		if (is_word(word, end, "type") && !(begins && is_type_alias(end)))
			*shadow_of(s, end - 1) = 'x';
		break;
	case 'm':
		if (is_word(word, end, "match") && !(begins && is_match_statement(s, end)))
			*shadow_of(s, end - 1) = 'x';
		break;
	case 'e':
		if (is_word(word, end, "exec"))
			*shadow_of(s, end - 1) = 'x';
		/* The grammar wants `except*` in one piece. */
		if (is_word(word, end, "except") && *(at = skip_blanks(end)) == '*' && at > end) {
			*shadow_of(s, at) = ' ';
			*shadow_of(s, end) = '*';
		}
		break;
	}
}

/* A word, or the string literal whose prefix it is. */
static const char *
scan_word(struct scan *s, const char *word, bool begins, unsigned nest)
{
	const char *end = word_end(word);
	bool ascii = true;

	if (class_of(*end) & QUOTE && end - word <= 2 &&
	    strspn(word, "rRbBuUfF") >= (size_t)(end - word))
		return scan_strings(s, word, nest);
	for (const char *at = word; at < end; at++)
		ascii &= (unsigned char)*at < 0x80;
	if (!ascii)
		blank_letters(s, word, end);
	else if (end - word <= 6)
		rename_keyword(s, word, end, begins);
	return end;
}

static void
scan_bracket(struct scan *s, const char *at)
{
	char opening = *at == ')' ? '(' : *at == ']' ? '[' : '{';

	if (class_of(*at) & OPEN) {
		if (s->depth < DEEPEST_BRACKETS) {
			s->open[s->depth++] = *at;
			return;
		}
		fault(s, at, "too many nested parentheses");
		s->surplus++;
		*shadow_of(s, at) = ' ';
	} else if (s->surplus > 0) {
		s->surplus--;
		*shadow_of(s, at) = ' ';
	} else if (s->depth == 0) {
		fault(s, at, "closing bracket without an opening one");
		*shadow_of(s, at) = ' ';
	} else if (s->open[--s->depth] != opening) {
		fault(s, at, "closing bracket of another kind than the opening one");
	}
}

/* ---- String literals ---- */

static bool
closes(const struct literal *literal, const char *at)
{
	return *at == literal->quote &&
	       (!literal->triple || (at[1] == literal->quote && at[2] == literal->quote));
}

/* The literal ends at `at` without its quote: close it in the shadow, so that the rest of
 * the file can be read. */
static const char *
scan_unterminated(struct scan *s, struct literal *literal, const char *at)
{
	size_t quotes = literal->triple ? 3 : 1;
	const char *open = literal->begin + strcspn(literal->begin, "'\"");

	literal->whole = false;
	fault(s, literal->begin, "unterminated string literal");
	if ((size_t)(at - open) >= 2 * quotes)
		memset(shadow_of(s, at - quotes), literal->quote, quotes);
	else
		memset(shadow_of(s, literal->begin), '0', (size_t)(at - literal->begin));
	return at;
}

/* The expression of a replacement field from behind its '{' to its ':' or '}', which is
 * returned, or to s->end. */
static const char *
scan_field_expression(struct scan *s, const char *at, unsigned nest)
{
	unsigned depth = 0;

	while (at < s->end) {
		unsigned class = class_of(*at);

		if (class & WORD) {
			at = scan_word(s, at, false, nest + 1);
			continue;
		} else if (class & QUOTE) {
			at = scan_strings(s, at, nest + 1);
			continue;
		} else if (class & DIGIT) {
			at = word_end(at);
			continue;
		} else if (depth == 0 && (*at == '}' || *at == ':')) {
			return at;
		} else if (class & OPEN) {
			depth++;
		} else if (class & CLOSE && depth > 0) {
			depth--;
		} else if (*at == '#') {
			const char *end = line_end(s, at);

			memset(shadow_of(s, at), ' ', (size_t)(end - at));
			at = end;
			continue;
		}
		at++;
	}
	return at;
}

/* A replacement field from behind its '{' to behind its '}'. */
static const char *
scan_field(struct scan *s, const struct literal *literal, const char *at, unsigned nest)
{
	const char *begin = at;

	if (nest > DEEPEST_STRINGS) {
		fault(s, at, "f-strings nested too deeply");
		return s->end;
	}
	at = scan_field_expression(s, at, nest);
	if (at < s->end && *at == ':')
		for (at++; at < s->end && *at != '}';) {
			if (*at == '{') {
				at = scan_field(s, literal, at + 1, nest + 1);
			} else if (closes(literal, at) || (*at == '\n' && !literal->triple)) {
				fault(s, begin, "unterminated replacement field");
				return at;
			} else {
				if (*at != '\n')
					*shadow_of(s, at) = 'x';
				at++;
			}
		}
	if (at >= s->end) {
		fault(s, begin, "unterminated replacement field");
		return s->end;
	}
	return at + 1;
}

/* A backslash and what it escapes, in the text of a literal. */
static const char *
scan_escape(struct scan *s, const struct literal *literal, const char *at)
{
	const char *close;

	if (at + 1 < s->end && at[1] == '\n')
		return at + 2; /* both stay: the line goes on */
	*shadow_of(s, at++) = 'x';
	if (at < s->end && literal->format && !literal->raw && *at == 'N' && at[1] == '{') {
		close = at + strcspn(at, "}'\"\n");
		if (*close == '}') {
			memset(shadow_of(s, at), 'x', (size_t)(close + 1 - at));
			return close + 1;
		}
	}
	if (at < s->end && !(literal->format && (*at == '{' || *at == '}')))
		*shadow_of(s, at++) = 'x';
	return at;
}

static const char *
scan_brace(struct scan *s, struct literal *literal, const char *at)
{
	if (at[1] == *at) {
		memset(shadow_of(s, at), 'x', 2);
		return at + 2;
	}
	literal->whole = false;
	if (*at == '{')
		return scan_field(s, literal, at + 1, literal->nest);
	fault(s, at, "single '}' in an f-string");
	*shadow_of(s, at) = 'x';
	return at + 1;
}

/* One literal, from its prefix to behind its last quote. */
static const char *
scan_literal(struct scan *s, struct literal *literal)
{
	const char *quote = literal->begin, *at;

	for (; class_of(*quote) & WORD; quote++) {
		literal->raw |= (*quote | 32) == 'r';
		literal->format |= (*quote | 32) == 'f';
	}
	literal->quote = *quote;
	literal->triple = quote[1] == *quote && quote[2] == *quote;
	for (at = quote + (literal->triple ? 3 : 1); at < s->end;) {
		if (closes(literal, at))
			return at + (literal->triple ? 3 : 1);
		if (*at == '\\') {
			at = scan_escape(s, literal, at);
		} else if (*at == '\n') {
			if (!literal->triple)
				return scan_unterminated(s, literal, at);
			at++;
		} else if (literal->format && (*at == '{' || *at == '}')) {
			at = scan_brace(s, literal, at);
		} else {
			*shadow_of(s, at++) = 'x';
		}
	}
	return scan_unterminated(s, literal, s->end);
}

/* To the next token of the statement; comments on the way are blanked. */
static const char *
scan_gap(struct scan *s, const char *at, bool brackets)
{
	for (;;) {
		at = skip_blanks(at);
		if (brackets && *at == '#') {
			const char *end = line_end(s, at);

			memset(shadow_of(s, at), ' ', (size_t)(end - at));
			at = end;
		} else if (brackets && *at == '\n') {
			at++;
		} else {
			return at;
		}
	}
}

static bool
begins_string(const char *at)
{
	const char *quote = at;

	while (class_of(*quote) & WORD && quote - at < 3)
		quote++;
	return class_of(*quote) & QUOTE && quote - at <= 2 &&
	       strspn(at, "rRbBuUfF") >= (size_t)(quote - at);
}

/* A literal and those joined to it. Without replacement fields they are one token to the
 * parser: a number, or a name where the '.' behind would become part of the number. */
static const char *
scan_strings(struct scan *s, const char *begin, unsigned nest)
{
	const char *at = begin, *end;
	bool whole = true, brackets = s->depth > 0 || nest > 0;

	do {
		struct literal literal = { .begin = at, .whole = true, .nest = nest };

		end = scan_literal(s, &literal);
		whole &= literal.whole;
		at = scan_gap(s, end, brackets);
	} while (begins_string(at));
	/* In `return"x"` a number would run into the keyword. */
	if (begin > s->source && class_of(begin[-1]) & (WORD | DIGIT))
		whole = false;
	if (whole)
		memset(shadow_of(s, begin), *at == '.' ? 'x' : '1', (size_t)(end - begin));
	return end;
}

/* ---- The file ---- */

static void
scan_source(struct scan *s)
{
	const char *at = s->source, *end;
	bool begins = true; /* a statement */

	while (at < s->end) {
		unsigned class = class_of(*at);

		if (class & BLANK) {
			at++;
			continue;
		}
		if (class & WORD) {
			end = scan_word(s, at, begins, 0);
			if (s->annotation)
				number_annotation(s, at, end);
			at = end;
			begins = s->annotation = false;
		} else if (*at == '\n') {
			begins |= s->depth == 0;
			s->annotation &= s->depth > 0;
			at++;
		} else if (*at == '#') {
			end = line_end(s, at);
			memset(shadow_of(s, at), ' ', (size_t)(end - at));
			at = end;
		} else if (class & QUOTE) {
			at = scan_strings(s, at, 0);
			begins = s->annotation = false;
		} else if (class & DIGIT) {
			at = word_end(at);
			begins = s->annotation = false;
		} else if (*at == '\\' && at[1] == '\n') {
			at += 2;
		} else {
			if (class & (OPEN | CLOSE))
				scan_bracket(s, at);
			begins = s->depth == 0 && (*at == ';' || *at == ':');
			s->annotation = *at == ':' || (*at == '>' && at > s->source && at[-1] == '-');
			at++;
		}
	}
}

char *
py_scan(struct py_file *file)
{
	struct scan s = {
		.file = file,
		.source = file->source,
		.end = file->source + file->length,
		.shadow = memory_alloc(file->length + 1),
	};

	memcpy(s.shadow, file->source, file->length + 1);
	scan_source(&s);
	if (s.depth > 0)
		py_fault(file, file->lines, "a bracket is never closed");
	return s.shadow;
}
