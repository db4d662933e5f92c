/* SPDX-License-Identifier: Apache-2.0 */
/* String literals in the shadow of a source: found as CPython's tokenizer finds them, with
 * the fields of f-strings, and made harmless. */
#include "python/py_scan.h"

enum { DEEPEST_STRINGS = 50 }; /* f-strings in fields of f-strings */

/* A string literal at hand. */
struct literal {
	const char *begin; /* its prefix */
	char quote;
	bool triple, raw, format;
	bool whole;    /* it ends, and holds no replacement field */
	unsigned nest; /* f-strings around it */
};

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
	scan_fault(s, literal->begin, "unterminated string literal");
	if ((size_t)(at - open) >= 2 * quotes)
		memset(scan_shadow(s, at - quotes), literal->quote, quotes);
	else
		memset(scan_shadow(s, literal->begin), '0', (size_t)(at - literal->begin));
	return at;
}

/* The expression of a replacement field from after its '{' to its ':' or '}', which is
 * returned, or to s->end. */
static const char *
scan_field_expression(struct scan *s, const char *at, unsigned nest)
{
	unsigned depth = 0;

	while (at < s->end && s->hopeless == NULL) {
		unsigned class = scan_class(*at);

		if (s->pending++ > SCAN_PENDING)
			s->hopeless = "statement is too long";
		if (class & SCAN_WORD) {
			at = scan_word(s, at, false, nest + 1);
			continue;
		} else if (class & SCAN_QUOTE) {
			at = scan_strings(s, at, nest + 1);
			continue;
		} else if (class & SCAN_DIGIT) {
			at = scan_word_end(at);
			continue;
		} else if (depth == 0 && (*at == '}' || *at == ':')) {
			return at;
		} else if (class & SCAN_OPEN) {
			depth++;
		} else if (class & SCAN_CLOSE && depth > 0) {
			depth--;
		} else if (*at == '#') {
			const char *end = scan_line_end(s, at);

			memset(scan_shadow(s, at), ' ', (size_t)(end - at));
			at = end;
			continue;
		}
		at++;
	}
	return at;
}

/* A replacement field from after its '{' to after its '}'. */
static const char *
scan_field(struct scan *s, const struct literal *literal, const char *at, unsigned nest)
{
	const char *begin = at;

	if (nest > DEEPEST_STRINGS)
		s->hopeless = "f-strings nested too deeply";
	at = scan_field_expression(s, at, nest);
	if (s->hopeless != NULL)
		return s->end;
	if (at < s->end && *at == ':')
		for (at++; at < s->end && *at != '}';) {
			if (*at == '{') {
				at = scan_field(s, literal, at + 1, nest + 1);
			} else if (closes(literal, at) || (*at == '\n' && !literal->triple)) {
				scan_fault(s, begin, "unterminated replacement field");
				return at;
			} else {
				if (*at != '\n')
					*scan_shadow(s, at) = 'x';
				at++;
			}
		}
	if (at >= s->end) {
		scan_fault(s, begin, "unterminated replacement field");
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
	*scan_shadow(s, at++) = 'x';
	if (at < s->end && literal->format && !literal->raw && *at == 'N' && at[1] == '{') {
		for (close = at; close - at < 128 && strchr("}'\"\n", *close) == NULL; close++)
			;
		if (*close == '}') {
			memset(scan_shadow(s, at), 'x', (size_t)(close + 1 - at));
			return close + 1;
		}
	}
	if (at < s->end && !(literal->format && (*at == '{' || *at == '}')))
		*scan_shadow(s, at++) = 'x';
	return at;
}

static const char *
scan_brace(struct scan *s, struct literal *literal, const char *at)
{
	if (at[1] == *at) {
		memset(scan_shadow(s, at), 'x', 2);
		return at + 2;
	}
	literal->whole = false;
	if (*at == '{')
		return scan_field(s, literal, at + 1, literal->nest);
	scan_fault(s, at, "single '}' in an f-string");
	*scan_shadow(s, at) = 'x';
	return at + 1;
}

/* One literal, from its prefix to after its last quote. */
static const char *
scan_literal(struct scan *s, struct literal *literal)
{
	const char *quote = literal->begin, *at;

	for (; scan_class(*quote) & SCAN_WORD; quote++) {
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
			*scan_shadow(s, at++) = 'x';
		}
	}
	return scan_unterminated(s, literal, s->end);
}

/* To the next token of the statement; comments on the way are blanked. */
static const char *
scan_gap(struct scan *s, const char *at, bool brackets)
{
	for (;;) {
		const char *begin = at;

		at = scan_skip_blanks(at);
		memset(scan_shadow(s, begin), ' ', (size_t)(at - begin));
		if (brackets && *at == '#') {
			const char *end = scan_line_end(s, at);

			memset(scan_shadow(s, at), ' ', (size_t)(end - at));
			at = end;
		} else if (brackets && *at == '\n') {
			*scan_shadow(s, at++) = ' ';
		} else {
			return at;
		}
	}
}

bool
scan_begins_string(const char *at)
{
	const char *quote = at;

	while (scan_class(*quote) & SCAN_WORD && quote - at < 3)
		quote++;
	return scan_class(*quote) & SCAN_QUOTE && quote - at <= 2 &&
	       strspn(at, "rRbBuUfF") >= (size_t)(quote - at);
}

/* A literal and those joined to it. Without replacement fields they are one token to the
 * parser: a number, or a name where the '.' after would become part of the number. */
const char *
scan_strings(struct scan *s, const char *begin, unsigned nest)
{
	const char *at = begin, *end;
	bool whole = true, brackets = s->depth > 0 || nest > 0;

	do {
		struct literal literal = { .begin = at, .whole = true, .nest = nest };

		end = scan_literal(s, &literal);
		whole &= literal.whole;
		at = scan_gap(s, end, brackets);
	} while (scan_begins_string(at));
	/* In `return"x"` a number would run into the keyword. */
	if (begin > s->source && scan_class(begin[-1]) & (SCAN_WORD | SCAN_DIGIT))
		whole = false;
	if (whole)
		memset(scan_shadow(s, begin), *at == '.' ? 'x' : '1', (size_t)(end - begin));
	return end;
}

