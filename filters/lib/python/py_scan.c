/* SPDX-License-Identifier: Apache-2.0 */
/* A shadow of the source for tree-sitter to parse: every byte keeps its place, but what
 * its grammar gets wrong or does slowly is not there.
 *
 *     if type(self).x: print >> f"{y:=5} left", "b"   # why
 *     if typx(self).x: prinx >> f"{y:x5}xxxxx", 111
 *
 * The grammar also accepts Python 2 and takes `type`, `match`, `print` and `exec` for
 * keywords where Python 3 has names, and it reads ':=' in an f-string as a walrus. Names
 * and strings are later read from the source itself. */
#include <stdlib.h>

#include "base/memory.h"
#include "python/py_scan.h"

/* The scanner of the grammar keeps them in a byte. */
enum { WIDEST_INDENTATION = 255 };

#define LETTERS(from, to) [from ... to] = SCAN_WORD
const unsigned char scan_classes[256] = {
	LETTERS('a', 'z'), LETTERS('A', 'Z'), ['_'] = SCAN_WORD, LETTERS(0x80, 0xff),
	['0' ... '9'] = SCAN_DIGIT, ['\''] = SCAN_QUOTE, ['"'] = SCAN_QUOTE,
	['('] = SCAN_OPEN, ['['] = SCAN_OPEN, ['{'] = SCAN_OPEN,
	[')'] = SCAN_CLOSE, [']'] = SCAN_CLOSE, ['}'] = SCAN_CLOSE,
	[' '] = SCAN_BLANK, ['\t'] = SCAN_BLANK, ['\f'] = SCAN_BLANK,
};

void
scan_fault(struct scan *s, const char *at, const char *message)
{
	py_fault(s->file, py_source_line(s->file, (uint32_t)(at - s->source)), message);
}

const char *
scan_line_end(const struct scan *s, const char *at)
{
	const char *end = memchr(at, '\n', (size_t)(s->end - at));

	return end != NULL ? end : s->end;
}

const char *
scan_word_end(const char *at)
{
	while (scan_class(*at) & (SCAN_WORD | SCAN_DIGIT))
		at++;
	return at;
}

/* Nothing from the statement at hand on can be parsed. */
static void
give_up(struct scan *s, const char *at)
{
	scan_fault(s, at, s->hopeless);
	memset(scan_shadow(s, s->statement), ' ', (size_t)(s->end - s->statement));
	s->end = at;
	s->depth = 0;
}

/* ---- Statements ---- */

/* Files in which something does not parse are read again part by part: from one statement
 * at the margin to the next that does not continue it. */
static void
begin_part(struct scan *s, const char *at)
{
	static const char *const continuing[] = { "elif", "else", "except", "finally" };
	struct py_shadow *shadow = s->shadow;
	const char *end = scan_word_end(at);
	bool continues = s->decorator;

	for (size_t i = 0; i < sizeof(continuing) / sizeof(*continuing); i++)
		continues |= scan_is_word(at, end, continuing[i]);
	s->decorator = *at == '@';
	if (continues || at == s->source)
		return;
	shadow->parts = memory_grow(shadow->parts, shadow->part_count, &s->part_capacity,
	    sizeof(*shadow->parts));
	shadow->parts[shadow->part_count++] = (uint32_t)(at - s->source);
}

static void
begin_statement(struct scan *s, const char *at)
{
	size_t width = 0;

	s->pending = 0;
	s->statement = at;
	if (at == s->line)
		begin_part(s, at);
	if (at - s->line <= WIDEST_INDENTATION / 8)
		return;
	for (const char *blank = s->line; blank < at && scan_class(*blank) & SCAN_BLANK; blank++)
		width = *blank == '\t' ? width + 8 : *blank == '\f' ? 0 : width + 1;
	if (width > WIDEST_INDENTATION)
		s->hopeless = "indented by more than 255 columns";
}

/* The innermost bracket is not closed: what was one line becomes several again, on which
 * the parser recovers better. */
static void
abandon_bracket(struct scan *s, const char *at)
{
	const char *open = s->levels[s->depth].open;

	scan_fault(s, open, "bracket is never closed");
	for (; open < at; open++)
		if (*open == '\n' && open[-1] != '\\' && *scan_shadow(s, open) == ' ')
			*scan_shadow(s, open) = '\n';
	s->depth = 0;
}

/* No bracket can be open where a line begins with the keyword of a statement. */
static void
check_brackets(struct scan *s, const char *word, const char *end)
{
	static const char *const keywords[] = { "def", "class", "return", "import", "while", "try",
		"with", "raise", "pass", "break", "continue", "del", "global", "nonlocal", "assert",
		"elif", "except", "finally" };

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (scan_is_word(word, end, keywords[i])) {
			abandon_bracket(s, word);
			begin_statement(s, word);
			return;
		}
}

/* ---- Brackets and what else has a meaning of its own ---- */

static void
open_bracket(struct scan *s, const char *at)
{
	if (s->depth == SCAN_BRACKETS)
		s->hopeless = "too many nested brackets";
	else
		s->levels[++s->depth] = (struct scan_level){ .open = at, .pending = s->pending };
}

/* Closes the innermost bracket of its kind, and those in it that were left open. */
static void
close_bracket(struct scan *s, const char *at)
{
	char opening = *at == ')' ? '(' : *at == ']' ? '[' : '{';
	unsigned depth = s->depth;

	while (depth > 0 && *s->levels[depth].open != opening)
		depth--;
	if (depth == 0) {
		scan_fault(s, at, "closing bracket without an opening one");
		*scan_shadow(s, at) = ' ';
		return;
	}
	if (depth < s->depth)
		scan_fault(s, at, "closing bracket of another kind than the opening one");
	s->pending = s->levels[depth].pending;
	s->depth = depth - 1;
}

/* Whether an element of a bare tuple can begin here, by the token before it. */
static bool
begins_element(const struct scan *s, const char *at)
{
	static const char *const words[] = { "return", "yield", "in" };

	while (at > s->statement && scan_class(at[-1]) & SCAN_BLANK)
		at--;
	if (at == s->statement)
		return false;
	if (at[-1] == ',' || at[-1] == '=')
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i]);

		if ((size_t)(at - s->statement) >= length &&
		    memcmp(at - length, words[i], length) == 0 && (at - length == s->statement ||
		    !(scan_class(at[-(ptrdiff_t)length - 1]) & (SCAN_WORD | SCAN_DIGIT))))
			return true;
	}
	return false;
}

/* Outside of brackets the grammar takes a star before names alone, not in `1, *(2, 3)` or
 * `1, *[2]`, where it takes any other sign. */
static bool
is_refused_star(const struct scan *s, const char *at)
{
	return s->depth == 0 && *at == '*' && at[1] != '*' &&
	    scan_class(*scan_skip_blanks(at + 1)) & (SCAN_OPEN | SCAN_QUOTE) &&
	    begins_element(s, at);
}

static void
scan_punctuation(struct scan *s, const char *at)
{
	struct scan_level *level = &s->levels[s->depth];

	if (scan_class(*at) & SCAN_OPEN)
		open_bracket(s, at);
	else if (scan_class(*at) & SCAN_CLOSE)
		close_bracket(s, at);
	else if (is_refused_star(s, at))
		*scan_shadow(s, at) = '~'; /* see unary() */
	else if (*at == ':')
		level->lambda = false;
	else if (*at == ',' && !level->lambda)
		s->pending = s->depth > 0 ? level->pending : 0;
	s->annotation = *at == ':' || (*at == '>' && at > s->source && at[-1] == '-');
}

/* ---- The file ---- */

static const char *
scan_token(struct scan *s, const char *at, bool begins)
{
	unsigned class = scan_class(*at);
	bool annotation = s->annotation;
	const char *end;

	if (s->pending++ > SCAN_PENDING)
		s->hopeless = "statement is too long";
	s->annotation = false;
	if (class & SCAN_WORD) {
		end = scan_word(s, at, begins, 0);
		if (annotation)
			scan_annotation(s, at, end);
		if (scan_is_word(at, end, "lambda"))
			s->levels[s->depth].lambda = true;
		return end;
	}
	if (class & SCAN_QUOTE)
		return scan_strings(s, at, 0);
	if (class & SCAN_DIGIT)
		return scan_word_end(at);
	scan_punctuation(s, at);
	return at + 1;
}

static const char *
blank_comment(struct scan *s, const char *at)
{
	const char *end = scan_line_end(s, at);

	memset(scan_shadow(s, at), ' ', (size_t)(end - at));
	return end;
}

static void
scan_source(struct scan *s)
{
	const char *at = s->source;
	bool begins = true, line_begins = true; /* a statement, a line */

	while (at < s->end) {
		if (scan_class(*at) & SCAN_BLANK) {
			at++;
		} else if (*at == '\n') {
			/* The grammar sees dedents even in brackets. */
			if (s->depth > 0)
				*scan_shadow(s, at) = ' ';
			else
				begins = true;
			s->annotation &= s->depth > 0;
			line_begins = true;
			s->line = ++at;
		} else if (*at == '#') {
			at = blank_comment(s, at);
		} else if (*at == '\\' && at[1] == '\n') {
			memset(scan_shadow(s, at), ' ', 2);
			at += 2;
		} else {
			if (begins)
				begin_statement(s, at);
			else if (line_begins && s->depth > 0)
				check_brackets(s, at, scan_word_end(at));
			line_begins = false;
			begins |= s->statement == at;
			at = scan_token(s, at, begins);
			if (s->hopeless != NULL) {
				give_up(s, at);
				break;
			}
			begins = s->depth == 0 && (at[-1] == ';' || at[-1] == ':');
		}
	}
}

void
py_scan(struct py_file *file, struct py_shadow *shadow)
{
	struct scan s = {
		.file = file,
		.source = file->source,
		.end = file->source + file->length,
		.shadow = shadow,
		.line = file->source,
		.statement = file->source,
	};

	*shadow = (struct py_shadow){ .text = memory_alloc(file->length + 1) };
	memcpy(shadow->text, file->source, file->length + 1);
	scan_source(&s);
	if (s.depth > 0)
		abandon_bracket(&s, s.end);
}

void
py_shadow_free(struct py_shadow *shadow)
{
	free(shadow->text);
	free(shadow->parts);
}
