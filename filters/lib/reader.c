/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts the input into lines and parses each. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "reader.h"

enum { READ_SIZE = 128 << 10 };

/* A line longer than this is not a record of ours, and not worth the memory. */
enum { LONGEST_LINE = 256 << 20 };

static char only_stdin_name[] = "-";
static char *const only_stdin[] = { only_stdin_name, NULL };

void
reader_open(struct reader *reader, char *const *files, bool wants_end)
{
	*reader = (struct reader){ 0 };
	reader->files = files != NULL && files[0] != NULL ? files : only_stdin;
	reader->wants_end = wants_end;
}

/* More bytes behind those not yet read; false at the end of this input. */
static bool
read_more(struct reader *reader)
{
	struct text *buffer = &reader->buffer;
	ptrdiff_t got;

	if (reader->input_ended)
		return false;
	if (reader->begin > 0) {
		memmove(buffer->bytes, buffer->bytes + reader->begin,
		    buffer->length - reader->begin);
		buffer->length -= reader->begin;
		reader->begin = 0;
	}
	if (buffer->length > LONGEST_LINE)
		die("%s:%llu: line longer than %d bytes", input_name(reader->input),
		    (unsigned long long)reader->record.line_number + 1, LONGEST_LINE);
	got = input_read(reader->input, text_reserve(buffer, READ_SIZE), READ_SIZE);
	if (got < 0)
		die("%s: %s", input_name(reader->input), input_error(reader->input));
	buffer->length += (size_t)got;
	reader->input_ended = got == 0;
	return got > 0;
}

/* The next line, without its newline, NUL-terminated in place; NULL at the end. */
static char *
next_line(struct reader *reader, size_t *length)
{
	struct text *buffer = &reader->buffer;
	size_t searched = 0;
	char *line, *end;

	for (;;) {
		size_t left = buffer->length - reader->begin;

		line = buffer->bytes + reader->begin;
		end = left > searched ? memchr(line + searched, '\n', left - searched) : NULL;
		if (end != NULL)
			break;
		searched = left;
		if (!read_more(reader)) {
			if (left == 0)
				return NULL;
			/* The last line needs no newline; text_reserve left room for the NUL. */
			line = buffer->bytes + reader->begin;
			end = line + left;
			break;
		}
	}
	*length = (size_t)(end - line);
	*end = '\0';
	reader->begin += *length + 1;
	if (reader->begin > buffer->length)
		reader->begin = buffer->length;
	return line;
}

static void
close_input(struct reader *reader)
{
	if (reader->wants_end && reader->stream_open)
		die("%s:%llu: input is cut: the stream does not close with an `end` record",
		    input_name(reader->input), (unsigned long long)reader->record.line_number);
	if (reader->wants_end && reader->record.line_number == 0)
		die("%s: input is empty", input_name(reader->input));
	input_close(reader->input);
	reader->input = NULL;
}

static void
parse_line(struct reader *reader, char *line, size_t length)
{
	struct record *record = &reader->record;
	struct json_error error;

	arena_reset(&reader->arena);
	record->line = line;
	record->length = length;
	record->root = json_parse(&reader->arena, line, length, &error);
	if (record->root == NULL)
		die("%s:%llu:%zu: %s", record->file, (unsigned long long)record->line_number,
		    error.offset + 1, error.message);
	if (record->root->type != JSON_OBJECT)
		reader_fail(record, "not a JSON object");
	record->kind = json_string(json_get(record->root, "kind"));
	if (record->kind == NULL)
		record->kind = "";
	reader->stream_open = strcmp(record->kind, "end") != 0;
}

const struct record *
reader_next(struct reader *reader)
{
	size_t length;
	char *line;

	for (;;) {
		if (reader->input == NULL) {
			if (*reader->files == NULL)
				return NULL;
			reader->input = input_open(*reader->files++);
			reader->record.file = input_name(reader->input);
			reader->record.line_number = 0;
			reader->input_ended = reader->stream_open = false;
			reader->begin = 0;
			text_clear(&reader->buffer);
		}
		line = next_line(reader, &length);
		if (line == NULL) {
			close_input(reader);
			continue;
		}
		reader->record.line_number++;
		if (length > 0)
			break;
	}
	parse_line(reader, line, length);
	return &reader->record;
}

void
reader_fail(const struct record *record, const char *format, ...)
{
	struct text message = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_add_arguments(&message, format, arguments);
	va_end(arguments);
	die("%s:%llu: %s", record->file, (unsigned long long)record->line_number, message.bytes);
}

const char *
record_string(const struct record *record, const char *key)
{
	const char *text = json_string(json_get(record->root, key));

	if (text == NULL)
		reader_fail(record, "no string \"%s\"", key);
	return text;
}

int64_t
record_integer(const struct record *record, const char *key)
{
	int64_t number;

	if (!json_integer(json_get(record->root, key), &number))
		reader_fail(record, "no whole number \"%s\"", key);
	return number;
}

double
record_number(const struct record *record, const char *key)
{
	double number;

	if (!json_number(json_get(record->root, key), &number))
		reader_fail(record, "no number \"%s\"", key);
	return number;
}

void
reader_close(struct reader *reader)
{
	if (reader->input != NULL)
		input_close(reader->input);
	arena_free(&reader->arena);
	text_free(&reader->buffer);
}
