/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of a file to UTF-8 text with '\n' line ends, as CPython's tokenizer
 * reads it: byte order mark, coding line, universal newlines. */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "py_build.h"
#include "utf8.h"

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

/* Whether one of the first two lines declares latin-1. */
static bool
is_latin1(const char *source, size_t length)
{
	const char *line = source, *stop = source + length;
	char name[32];

	for (int i = 0; i < 2 && line < stop; i++) {
		const char *end = memchr(line, '\n', (size_t)(stop - line));

		if (end == NULL)
			end = stop;
		coding_name(line, end, name);
		if (name[0] != '\0')
			return strcmp(name, "latin-1") == 0 || strcmp(name, "iso-8859-1") == 0 ||
			       strcmp(name, "latin1") == 0 || strcmp(name, "iso8859-1") == 0 ||
			       strcmp(name, "l1") == 0;
		if (!is_blank_or_comment(line, end))
			return false;
		line = end + 1;
	}
	return false;
}

/* Every byte as the character of the same number. */
static void
decode_latin1(struct py_file *file)
{
	char *decoded = memory_alloc(2 * file->length + 1);
	size_t length = 0;

	for (size_t i = 0; i < file->length; i++)
		length += py_utf8_encode((unsigned char)file->source[i], decoded + length);
	decoded[length] = '\0';
	free((char *)file->source);
	file->source = decoded;
	file->length = length;
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
	} else if (is_latin1(source, file->length)) {
		decode_latin1(file);
	}
	source = (char *)file->source;
	source[file->length] = '\0';
	unify_line_ends(file);
	index_lines(file);
	check_characters(file);
}
