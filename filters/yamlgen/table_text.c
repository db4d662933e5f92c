/* SPDX-License-Identifier: Apache-2.0 */
/* Rewrites tables line by line; JSON as a whole. */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "json/json.h"
#include "table_text.h"

/* Columns of a text table: more than any has. */
enum { MOST_COLUMNS = 64 };

/* One line of text, without its end. */
struct line {
	const char *bytes;
	size_t length;
};

/* Where columns stand, in characters. */
struct ruler {
	size_t begin[MOST_COLUMNS], end[MOST_COLUMNS];
	size_t count;
};

static bool
next_line(const char **at, const char *end, struct line *line)
{
	const char *newline;

	if (*at >= end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	line->bytes = *at;
	line->length = (size_t)((newline != NULL ? newline : end) - *at);
	*at = newline != NULL ? newline + 1 : end;
	if (line->length > 0 && line->bytes[line->length - 1] == '\r')
		line->length--;
	return true;
}

static void
add_field(struct text *csv, const char *bytes, size_t length, bool first)
{
	while (length > 0 && bytes[0] == ' ') {
		bytes++;
		length--;
	}
	while (length > 0 && bytes[length - 1] == ' ')
		length--;
	text_add_string(csv, first ? "\"" : ",\"");
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '"')
			text_add_char(csv, '"');
		text_add_char(csv, bytes[i]);
	}
	text_add_char(csv, '"');
}

static size_t
count_of(const struct line *line, char c)
{
	size_t count = 0;

	for (size_t i = 0; i < line->length; i++)
		count += line->bytes[i] == c;
	return count;
}

/* A line of dashes that stands below a header: its groups are the columns. */
static bool
read_ruler(const struct line *line, struct ruler *ruler)
{
	ruler->count = 0;
	for (size_t at = 0; at < line->length;) {
		if (line->bytes[at] == ' ') {
			at++;
			continue;
		}
		if (ruler->count == MOST_COLUMNS)
			return false;
		ruler->begin[ruler->count] = at;
		while (at < line->length && line->bytes[at] == '-')
			at++;
		ruler->end[ruler->count++] = at;
		if (at < line->length && line->bytes[at] != ' ')
			return false;
	}
	return ruler->count >= 2;
}

/* The byte at which character `at` of the line stands. */
static size_t
byte_of(const struct line *line, size_t at)
{
	size_t byte = 0;

	while (byte < line->length && at > 0) {
		byte++;
		while (byte < line->length && ((unsigned char)line->bytes[byte] & 0xc0) == 0x80)
			byte++;
		at--;
	}
	return byte;
}

/* A value wider than its column reaches into the blanks around it. */
static void
add_ruled(struct text *csv, const struct line *line, const struct ruler *ruler)
{
	size_t begin = 0;

	for (size_t i = 0; i < ruler->count; i++) {
		bool last = i + 1 == ruler->count;
		size_t end = last ? line->length : byte_of(line, ruler->end[i]);

		end = end > begin ? end : begin;
		while (!last && end > begin && end < line->length && line->bytes[end] != ' ')
			end++;
		add_field(csv, line->bytes + begin, end - begin, i == 0);
		begin = end;
	}
	text_add_char(csv, '\n');
}

static void
add_markdown(struct text *csv, const struct line *line)
{
	struct text cell = { 0 };
	bool first = true, dashes = true;

	for (size_t i = 0; i < line->length; i++)
		dashes = dashes && strchr("|:- ", line->bytes[i]) != NULL;
	for (size_t i = 1; !dashes && i < line->length; i++) {
		if (line->bytes[i] == '\\' && i + 1 < line->length && line->bytes[i + 1] == '|')
			text_add_char(&cell, line->bytes[++i]);
		else if (line->bytes[i] != '|')
			text_add_char(&cell, line->bytes[i]);
		if (line->bytes[i] == '|' && line->bytes[i - 1] != '\\') {
			add_field(csv, cell.bytes != NULL ? cell.bytes : "", cell.length, first);
			first = false;
			text_clear(&cell);
		}
	}
	if (!dashes)
		text_add_char(csv, '\n');
	text_free(&cell);
}

static void
add_delimited(struct text *csv, const struct line *line, char delimiter)
{
	struct text field = { 0 };
	bool first = true, quoted = false;

	for (size_t i = 0; i <= line->length; i++) {
		char c = i < line->length ? line->bytes[i] : delimiter;

		if (quoted && c == '"' && i + 1 < line->length && line->bytes[i + 1] == '"') {
			text_add_char(&field, '"');
			i++;
		} else if (c == '"' && (quoted || field.length == 0)) {
			quoted = !quoted;
		} else if (c == delimiter && (!quoted || i == line->length)) {
			add_field(csv, field.bytes != NULL ? field.bytes : "", field.length, first);
			first = false;
			text_clear(&field);
		} else {
			text_add_char(&field, c);
		}
	}
	text_add_char(csv, '\n');
	text_free(&field);
}

/* nvprof's text: a word that holds for the rows below it, six values, the name. */
static void
add_nvprof(struct text *csv, const struct line *line, struct text *kind)
{
	const char *at = line->bytes, *end = at + line->length, *colon;
	bool header;

	while (at < end && *at == ' ')
		at++;
	header = end - at > 4 && memcmp(at, "Type", 4) == 0;
	colon = memchr(at, ':', (size_t)(end - at));
	if (header) {
		text_clear(kind);
		text_add_string(kind, "Type");
		at += 4;
	} else if (colon != NULL && islower((unsigned char)colon[-1]) && colon + 1 < end &&
	    colon[1] == ' ') {
		text_clear(kind);
		text_add(kind, at, (size_t)(colon - at));
		at = colon + 1;
	}
	add_field(csv, kind->bytes, kind->length, true);
	for (int i = 0; i < 7; i++) {
		const char *word;

		while (at < end && *at == ' ')
			at++;
		word = at;
		while (at < end && (*at != ' ' || i == 6))
			at++;
		add_field(csv, word, (size_t)(at - word), false);
	}
	text_add_char(csv, '\n');
}

static bool
is_nvprof_header(const struct line *line)
{
	const char *at = line->bytes;
	size_t blanks = 0;

	while (blanks < line->length && at[blanks] == ' ')
		blanks++;
	return line->length - blanks > 20 && memcmp(at + blanks, "Type", 4) == 0 &&
	    memchr(at, '%', line->length) != NULL && memchr(at, ',', line->length) == NULL;
}

static bool
starts_markdown(const struct line *line)
{
	return line->length > 2 && line->bytes[0] == '|' && count_of(line, '|') > 2;
}

/* The sign that stands between the fields of a header: a tab or a semicolon. */
static char
delimiter_of(const struct line *line)
{
	if (count_of(line, '\t') >= 2)
		return '\t';
	if (count_of(line, ';') >= 2 && count_of(line, ',') == 0)
		return ';';
	return '\0';
}

static void
convert_lines(struct text *csv, const char *at, const char *end)
{
	struct line line, before = { "", 0 };
	struct text kind = { 0 };
	struct ruler ruler = { .count = 0 }, next;
	bool nvprof = false;
	char delimiter = '\0';

	for (; next_line(&at, end, &line); before = line) {
		if (line.length == 0) {
			ruler.count = 0;
			nvprof = false;
			delimiter = '\0';
			text_add_char(csv, '\n');
		} else if (starts_markdown(&line)) {
			add_markdown(csv, &line);
		} else if (read_ruler(&line, &next)) {
			ruler = next;
			text_add_char(csv, '\n');
			add_ruled(csv, &before, &ruler);
		} else if (ruler.count > 0) {
			add_ruled(csv, &line, &ruler);
		} else if (nvprof || is_nvprof_header(&line)) {
			nvprof = true;
			add_nvprof(csv, &line, &kind);
		} else if (delimiter != '\0' || delimiter_of(&line) != '\0') {
			if (delimiter == '\0')
				delimiter = delimiter_of(&line);
			add_delimited(csv, &line, delimiter);
		} else {
			text_add(csv, line.bytes, line.length);
			text_add_char(csv, '\n');
		}
	}
	text_free(&kind);
}

/* --- JSON: each list of objects is a table --- */

static void
add_value(struct text *csv, const struct json *value, bool first)
{
	const char *text = value != NULL && value->text != NULL && value->type != JSON_NULL ?
	    value->text : "";

	add_field(csv, text, strlen(text), first);
}

static void
add_list(struct text *csv, const struct json *list)
{
	const struct json *head = list->child, *member;

	text_add_char(csv, '\n');
	for (member = head->child; member != NULL; member = member->next)
		add_field(csv, member->key, member->key_length, member == head->child);
	text_add_char(csv, '\n');
	for (const struct json *row = head; row != NULL; row = row->next) {
		for (member = head->child; member != NULL; member = member->next)
			add_value(csv, json_get(row, member->key), member == head->child);
		text_add_char(csv, '\n');
	}
}

static void
add_lists(struct text *csv, const struct json *value)
{
	if (value->type == JSON_ARRAY && value->child != NULL &&
	    value->child->type == JSON_OBJECT && value->child->child != NULL)
		add_list(csv, value);
	else
		for (const struct json *child = value->child; child != NULL; child = child->next)
			add_lists(csv, child);
}

static void
convert_json(struct text *csv, const char *file, const char *bytes, size_t length)
{
	struct arena arena = { 0 };
	struct json_error error;
	const struct json *root = json_parse(&arena, bytes, length, &error);

	if (root == NULL)
		die("%s: byte %zu: %s", file, error.offset, error.message);
	add_lists(csv, root);
	arena_free(&arena);
}

/* --- UTF-16, as PowerShell's > writes it --- */

static bool
is_utf16(const char *head, size_t length)
{
	return length >= 2 && (memcmp(head, "\xff\xfe", 2) == 0 || memcmp(head, "\xfe\xff", 2) == 0);
}

static void
add_utf8(struct text *out, unsigned code)
{
	if (code < 0x80) {
		text_add_char(out, (char)code);
	} else if (code < 0x800) {
		text_add_char(out, (char)(0xc0 | code >> 6));
		text_add_char(out, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		text_add_char(out, (char)(0xe0 | code >> 12));
		text_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
		text_add_char(out, (char)(0x80 | (code & 0x3f)));
	} else {
		text_add_char(out, (char)(0xf0 | code >> 18));
		text_add_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
		text_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
		text_add_char(out, (char)(0x80 | (code & 0x3f)));
	}
}

static void
from_utf16(struct text *out, const unsigned char *bytes, size_t length)
{
	bool big = bytes[0] == 0xfe;
	unsigned high = 0;

	for (size_t i = 2; i + 1 < length; i += 2) {
		unsigned unit = big ? (unsigned)bytes[i] << 8 | bytes[i + 1] :
		    (unsigned)bytes[i + 1] << 8 | bytes[i];

		if (unit >= 0xd800 && unit < 0xdc00) {
			high = unit;
			continue;
		}
		if (unit >= 0xdc00 && unit < 0xe000)
			unit = high != 0 ? 0x10000 + ((high & 0x3ff) << 10) + (unit & 0x3ff) : 0xfffd;
		high = 0;
		add_utf8(out, unit);
	}
}

static char
first_sign(const char *bytes, size_t length)
{
	size_t at = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (at < length && isspace((unsigned char)bytes[at]))
		at++;
	return at < length ? bytes[at] : '\0';
}

bool
table_text_is_other(const char *head, size_t length)
{
	const char *at = head;
	struct ruler ruler;
	struct line line;

	if (is_utf16(head, length) || first_sign(head, length) == '[')
		return true;
	while (next_line(&at, head + length, &line))
		if (at <= head + length && (starts_markdown(&line) || is_nvprof_header(&line) ||
		    read_ruler(&line, &ruler) || delimiter_of(&line) != '\0'))
			return true;
	return false;
}

void
table_text_convert(struct text *csv, const char *file, const char *bytes, size_t length)
{
	struct text utf8 = { 0 };
	char first;

	if (is_utf16(bytes, length)) {
		from_utf16(&utf8, (const unsigned char *)bytes, length);
		bytes = utf8.bytes != NULL ? utf8.bytes : "";
		length = utf8.length;
	}
	first = first_sign(bytes, length);
	if (first == '[' || first == '{')
		convert_json(csv, file, bytes, length);
	else if (utf8.length > 0 && !table_text_is_other(bytes, length))
		text_add(csv, bytes, length);
	else
		convert_lines(csv, bytes, bytes + length);
	text_free(&utf8);
}
