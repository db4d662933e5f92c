/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of a file to UTF-8 text with '\n' line ends, as CPython's tokenizer
 * reads it: byte order mark, coding line, universal newlines. */
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "python/py_build.h"
#include "base/utf8.h"

unsigned
py_utf8_encode(uint32_t character, char *out)
{
	unsigned length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	if (length == 1) {
		out[0] = (char)character;
		return 1;
	}
	for (unsigned i = length - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	out[0] = (char)(lead[length] | character);
	return length;
}

/* The name in a line `# -*- coding: name -*-`, in lower case with '-' for '_'; "" if it
 * is no such line. */
static void
coding_name(const char *line, const char *end, char name[32])
{
	const char *at = line;
	size_t length = 0;

	name[0] = '\0';
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\f'))
		at++;
	if (at == end || *at != '#')
		return;
	for (; end - at > 7; at++)
		if (memcmp(at, "coding", 6) == 0 && (at[6] == ':' || at[6] == '='))
			break;
	if (end - at <= 7)
		return;
	for (at += 7; at < end && (*at == ' ' || *at == '\t'); at++)
		;
	for (; at < end && length < 31; at++) {
		char c = *at == '_' ? '-' : *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
			break;
		name[length++] = c;
	}
	name[length] = '\0';
}

static bool
is_blank_or_comment(const char *line, const char *end)
{
	while (line < end && (*line == ' ' || *line == '\t' || *line == '\f'))
		line++;
	return line == end || *line == '#' || *line == '\r';
}

/* What one of the first two lines declares the coding to be; "" for none. */
static void
declared_coding(const char *source, size_t length, char name[32])
{
	const char *line = source, *stop = source + length;

	name[0] = '\0';
	for (int i = 0; i < 2 && line < stop; i++) {
		const char *end = memchr(line, '\n', (size_t)(stop - line));

		if (end == NULL)
			end = stop;
		coding_name(line, end, name);
		if (name[0] != '\0' || !is_blank_or_comment(line, end))
			return;
		line = end + 1;
	}
}

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* Every byte as the character of the same number; no table is needed for that. */
static void
decode_latin1(struct py_file *file, struct text *text)
{
	for (size_t i = 0; i < file->length; i++) {
		char bytes[4];

		text_add(text, bytes, py_utf8_encode((unsigned char)file->source[i], bytes));
	}
}

/* By the C library's tables; false when they do not have the coding or the source is not
 * in it. */
static bool
decode_by_table(struct py_file *file, const char *coding, struct text *text)
{
	iconv_t table = iconv_open("UTF-8", coding);
	char *in = (char *)file->source, *out;
	size_t left = file->length, room = 4 * left;
	bool converted;

	if (table == (iconv_t)-1)
		return false;
	out = text_reserve(text, room);
	converted = iconv(table, &in, &left, &out, &room) != (size_t)-1;
	iconv_close(table);
	if (converted)
		text->length = (size_t)(out - text->bytes);
	return converted;
}

static void
decode(struct py_file *file)
{
	static const char *const utf8[] = { "", "utf-8", "utf8", "utf-8-sig", "u8", "ascii",
		"us-ascii", NULL };
	static const char *const latin1[] = { "latin-1", "latin1", "iso-8859-1", "iso8859-1",
		"iso-latin-1", "l1", NULL };
	struct text text = { 0 };
	char coding[32];

	declared_coding(file->source, file->length, coding);
	if (is_one_of(coding, utf8))
		return;
	if (is_one_of(coding, latin1)) {
		decode_latin1(file, &text);
	} else if (!decode_by_table(file, coding, &text)) {
		text_free(&text);
		return; /* what is not UTF-8 will be noted */
	}
	text_reserve(&text, 0);
	free((char *)file->source);
	file->source = text.bytes;
	file->length = text.length;
}

/* '\r\n' and '\r' become '\n', in place. */
static void
unify_line_ends(struct py_file *file)
{
	char *source = (char *)file->source, *out = memchr(source, '\r', file->length);
	const char *in = out, *end = source + file->length;

	if (out == NULL)
		return;
	for (; in < end; in++) {
		if (*in == '\r' && in + 1 < end && in[1] == '\n')
			continue;
		*out++ = *in == '\r' ? '\n' : *in;
	}
	*out = '\0';
	file->length = (size_t)(out - source);
}

static void
index_lines(struct py_file *file)
{
	const char *source = file->source, *end = source + file->length, *at = source;
	size_t capacity = file->length / 32 + 2;

	file->line_begins = memory_resize(NULL, capacity, sizeof(*file->line_begins));
	file->line_begins[file->lines++] = 0;
	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		file->line_begins = memory_grow(file->line_begins, file->lines, &capacity,
		    sizeof(*file->line_begins));
		file->line_begins[file->lines++] = (uint32_t)(++at - source);
	}
}

uint32_t
py_source_line(const struct py_file *file, uint32_t byte)
{
	uint32_t low = 0, high = file->lines;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (file->line_begins[middle] <= byte)
			low = middle;
		else
			high = middle;
	}
	return low + 1;
}

/* What is no text becomes '?' (so that the rest can still be read) and is noted. */
static void
check_characters(struct py_file *file)
{
	char *at = (char *)file->source, *end = at + file->length;

	while (at < end) {
		size_t length;

		if ((signed char)*at > 0) {
			at++;
			continue;
		}
		length = *at == '\0' ? 0 : utf8_sequence(at, (size_t)(end - at));
		if (length == 0) {
			py_fault(file, py_source_line(file, (uint32_t)(at - file->source)),
			    *at == '\0' ? "source contains a NUL byte" : "source is not UTF-8");
			*at = *at == '\0' ? ' ' : '?';
			length = 1;
		}
		at += length;
	}
}

void
py_source_read(struct py_file *file)
{
	char *source = (char *)file->source;

	if (file->length >= 3 && memcmp(source, "\xef\xbb\xbf", 3) == 0) {
		file->length -= 3;
		memmove(source, source + 3, file->length);
	} else {
		decode(file);
	}
	source = (char *)file->source;
	source[file->length] = '\0';
	unify_line_ends(file);
	index_lines(file);
	check_characters(file);
}
