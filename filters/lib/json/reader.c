/* SPDX-License-Identifier: Apache-2.0 */
/* Parses each line into a tree. */
#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "json/reader.h"

void
reader_open(struct reader *reader, char *const *files, bool wants_end)
{
	*reader = (struct reader){ .wants_end = wants_end };
	lines_open(&reader->lines, files);
}

static void
end_file(struct reader *reader)
{
	const struct lines *lines = &reader->lines;

	if (reader->wants_end && reader->stream_open)
		die("%s:%llu: input is cut: the stream does not close with an `end` record",
		    lines->file, (unsigned long long)lines->number);
	if (reader->wants_end && lines->number == 0)
		die("%s: input is empty", lines->file);
	lines_close_file(&reader->lines);
}

static void
parse_line(struct reader *reader, struct slice line)
{
	struct record *record = &reader->record;
	struct json_error error;

	arena_reset(&reader->arena);
	record->file = reader->lines.file;
	record->line_number = reader->lines.number;
	record->line = line.bytes;
	record->length = line.length;
	record->root = json_parse(&reader->arena, line.bytes, line.length, &error);
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
	struct slice line;

	for (;;) {
		if (reader->lines.input == NULL) {
			if (!lines_next_file(&reader->lines))
				return NULL;
			reader->stream_open = false;
		}
		if (!lines_next(&reader->lines, &line))
			end_file(reader);
		else if (line.length > 0)
			break;
	}
	parse_line(reader, line);
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
	lines_close(&reader->lines);
	arena_free(&reader->arena);
}
