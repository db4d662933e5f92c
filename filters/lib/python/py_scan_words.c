/* SPDX-License-Identifier: Apache-2.0 */
/* Words in the shadow of a source: those that are keywords for the grammar alone, or only
 * in some places, become plain names elsewhere. */
#include <unictype.h>
#include <unistr.h>

#include "python/py_scan.h"

bool
scan_is_word(const char *at, const char *end, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(end - at) == length && memcmp(at, word, length) == 0;
}

/* ---- What stands after a word ---- */

const char *
scan_skip_blanks(const char *at)
{
	for (;;) {
		if (scan_class(*at) & SCAN_BLANK)
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
	const char *name = scan_skip_blanks(after), *end = scan_word_end(name);

	if (name == after || end == name || !(scan_class(*name) & SCAN_WORD))
		return false;
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (scan_is_word(name, end, operators[i]))
			return false;
	end = scan_skip_blanks(end);
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
	const char *at = scan_skip_blanks(after);
	unsigned depth = 0;
	char last = '\0';

	if ((*at == '.' && at[1] != '.') || *at == '=' || *at == ',' || *at == ':' || *at == '\n')
		return false;
	while (at < s->end && !(*at == '\n' && depth == 0)) {
		if (*at == '#') {
			at = scan_line_end(s, at);
			continue;
		}
		if (!(scan_class(*at) & SCAN_BLANK) && *at != '\n')
			last = *at;
		if (scan_class(*at) & SCAN_QUOTE) {
			at = skip_string(s, at);
			continue;
		}
		if (depth == 0 && *at == ';')
			break;
		if (scan_class(*at) & SCAN_OPEN)
			depth++;
		else if (scan_class(*at) & SCAN_CLOSE && depth > 0)
			depth--;
		else if (*at == '\\' && at[1] == '\n')
			at++;
		at++;
	}
	if (last != ':')
		return false;
	while (*at == '\n' || *at == '#' || scan_class(*at) & SCAN_BLANK)
		at = *at == '#' ? scan_line_end(s, at) : at + 1;
	return scan_is_word(at, scan_word_end(at), "case");
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
		if (scan_is_word(word, end, keywords[i]))
			return true;
	return false;
}

/* In an annotation the grammar reads name[...] as a type, which then cannot be part of
 * an expression. A number is never a type: 1111[int] is an ordinary subscript. */
void
scan_annotation(struct scan *s, const char *word, const char *end)
{
	if (*scan_skip_blanks(end) == '[' && !is_keyword(word, end))
		memset(scan_shadow(s, word), '1', (size_t)(end - word));
}

/* Letters beyond ASCII become 'x', which no keyword has twice in a row: the grammar's own
 * tables are not asked. What is no letter stays and is an error. */
static void
blank_letters(struct scan *s, const char *begin, const char *end)
{
	for (const char *at = begin; at < end;) {
		ucs4_t character;
		int length = u8_mbtoucr(&character, (const uint8_t *)at, (size_t)(end - at));
		bool letter;

		if (length <= 0)
			return;
		letter = at == begin ? uc_is_property_xid_start(character)
		                     : uc_is_property_xid_continue(character);
		if (length > 1 && letter)
			memset(scan_shadow(s, at), 'x', (size_t)length);
		at += length;
	}
}

/* Words that must not reach tree-sitter as they are get an 'x' for their last letter. */
static void
rename_keyword(struct scan *s, const char *word, const char *end, bool begins)
{
	const char *at;

	switch (*word) {
	case '_':
		/* Only one of the forms of import has it, in a statement of its own. */
		if (scan_is_word(word, end, "__future__"))
			*scan_shadow(s, end - 1) = 'x';
		break;
	case 'p':
		if (scan_is_word(word, end, "print"))
			*scan_shadow(s, end - 1) = 'x';
		break;
	case 't':
		if (scan_is_word(word, end, "type") && !(begins && is_type_alias(end)))
			*scan_shadow(s, end - 1) = 'x';
		break;
	case 'm':
		if (scan_is_word(word, end, "match") && !(begins && is_match_statement(s, end)))
			*scan_shadow(s, end - 1) = 'x';
		break;
	case 'e':
		if (scan_is_word(word, end, "exec"))
			*scan_shadow(s, end - 1) = 'x';
		/* The grammar wants `except*` in one piece. */
		if (scan_is_word(word, end, "except") && *(at = scan_skip_blanks(end)) == '*' && at > end) {
			*scan_shadow(s, at) = ' ';
			*scan_shadow(s, end) = '*';
		}
		break;
	}
}

/* A word, or the string literal whose prefix it is. */
const char *
scan_word(struct scan *s, const char *word, bool begins, unsigned nest)
{
	const char *end = scan_word_end(word);
	bool ascii = true;

	if (scan_class(*end) & SCAN_QUOTE && end - word <= 2 &&
	    strspn(word, "rRbBuUfF") >= (size_t)(end - word))
		return scan_strings(s, word, nest);
	for (const char *at = word; at < end; at++)
		ascii &= (unsigned char)*at < 0x80;
	if (!ascii)
		blank_letters(s, word, end);
	else if (end - word <= 10)
		rename_keyword(s, word, end, begins);
	return end;
}

