/* SPDX-License-Identifier: Apache-2.0 */
/* Tells which parts of a name say whose the kernel is. */
#include <ctype.h>
#include <string.h>

#include "names/names_ask.h"
#include "names/names_pattern.h"

/* Launchers within launchers that are followed: more than any name has. */
enum { MOST_LAUNCHERS = 8 };

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Past "a::b::c" from `at`. */
static size_t
skip_path(const char *text, size_t at)
{
	while (is_word(text[at]) || (text[at] == ':' && text[at + 1] == ':'))
		at += text[at] == ':' ? 2 : 1;
	return at;
}

/* Whether the path that ends at `end` ends in a launcher's name. */
static bool
is_launcher(struct names *names, const char *text, size_t begin, size_t end)
{
	size_t last = end;

	while (last > begin && is_word(text[last - 1]))
		last--;
	for (struct names_pattern *one = names->rows.launchers; one != NULL; one = one->next)
		if (pcre2_match(names_pattern_code(one), (PCRE2_SPTR)text + last, end - last, 0,
		    PCRE2_ANCHORED | PCRE2_ENDANCHORED, names->groups, names->limits) >= 0)
			return true;
	return false;
}

/* Past leading numbers among template arguments: "1,128,flash::.." */
static size_t
skip_numbers(const char *text, size_t at)
{
	size_t next = at;

	while (isdigit((unsigned char)text[next]))
		if (text[++next] == ',')
			at = ++next;
	return at;
}

void
names_owner_mark(struct names *names, struct text *owned, const struct text *canonical)
{
	const char *text = canonical->bytes;
	size_t depth = 0, begin = 0, end;

	for (size_t at = 0; at < canonical->length; at++) {
		depth -= text[at] == '>' && depth > 0;
		text_add_char(owned, depth == 0 ? 'o' : '.');
		depth += text[at] == '<';
	}
	for (int levels = 0; levels < MOST_LAUNCHERS; levels++) {
		end = skip_path(text, begin);
		if (end > begin)
			memset(owned->bytes + begin, 'o', end - begin);
		if (text[end] != '<' || !is_launcher(names, text, begin, end))
			break;
		begin = skip_numbers(text, end + 1);
	}
	text_add(owned, "", 0);
}

bool
names_span_is_argument(const struct names_question *question, const struct names_span *span)
{
	return span->subject == &question->canonical && span->begin < question->canonical.length &&
	    question->owned.bytes[span->begin] != 'o';
}

const char *
names_span_kind(const struct names_question *question, const struct names_row *row,
    const struct names_span *span)
{
	const struct text *subject = span->subject;
	const char *end = subject->bytes + span->end, *colons;

	if (row->evidence != NULL && strcmp(row->evidence, "habit") == 0)
		return row->evidence;
	if (names_span_is_argument(question, span))
		return "template argument";
	colons = strstr(subject->bytes + span->begin, "::");
	if (colons != NULL && colons <= end)
		return "namespace";
	if (span->begin == 0)
		return "prefix";
	return span->end == subject->length ? "suffix" : "word";
}
