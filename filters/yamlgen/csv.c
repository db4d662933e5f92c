/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the end of a row first, then cuts its fields in place. */
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "csv_block.h"
#include "base/error.h"
#include "base/memory.h"

/* What is read at a time still lies in the processor's inner caches when it is cut: with twice
 * as much, a report takes half as long again. */
enum { CSV_READ = 64 << 10, CSV_LONGEST_ROW = 64 << 20 };

/* A newline after the last byte, so that rows are cut without asking where the buffer ends;
 * as many as a block that begins there looks at. */
static void
end_buffer(struct csv *csv)
{
	memset(csv->buffer + csv->end, '\n', CSV_BLOCK);
}

void
csv_open(struct csv *csv, struct input *input)
{
	/* The fields are not cleared: csv_next writes before anyone reads. */
	csv->input = input;
	csv->name = input_name(input);
	csv->capacity = 2 * CSV_READ;
	csv->buffer = memory_alloc(csv->capacity + CSV_BLOCK);
	csv->begin = csv->end = csv->count = 0;
	end_buffer(csv);
	csv->offset = csv->next_offset = csv->line = 0;
	csv->next_line = 1;
	csv->input_ended = csv->blank = csv->cut = false;
}

void
csv_open_bytes(struct csv *csv, const char *name, const char *bytes, size_t length)
{
	csv->input = NULL;
	csv->name = name;
	csv->capacity = length;
	csv->buffer = memory_alloc(length + CSV_BLOCK);
	memcpy(csv->buffer, bytes, length);
	csv->begin = csv->count = 0;
	csv->end = length;
	end_buffer(csv);
	csv->offset = csv->next_offset = csv->line = 0;
	csv->next_line = 1;
	csv->input_ended = true;
	csv->blank = csv->cut = false;
}

/* More bytes after those not yet cut; false at the end of the input. */
static bool
read_more(struct csv *csv)
{
	ptrdiff_t got;

	if (csv->input_ended)
		return false;
	if (csv->begin > 0) {
		memmove(csv->buffer, csv->buffer + csv->begin, csv->end - csv->begin);
		csv->end -= csv->begin;
		csv->begin = 0;
	}
	if (csv->end > CSV_LONGEST_ROW)
		die("%s:%llu: row longer than %d bytes (a quote that is never closed?)", csv->name,
		    (unsigned long long)csv->next_line, CSV_LONGEST_ROW);
	if (csv->capacity - csv->end < CSV_READ) {
		csv->capacity *= 2;
		csv->buffer = memory_resize(csv->buffer, csv->capacity + CSV_BLOCK, 1);
	}
	got = input_read(csv->input, csv->buffer + csv->end, csv->capacity - csv->end);
	if (got < 0)
		die("%s: %s", csv->name, input_error(csv->input));
	csv->end += (size_t)got;
	end_buffer(csv);
	csv->input_ended = got == 0;
	return got > 0;
}

/* Where a row stands while it is cut. */
struct cutter {
	char *at;
	bool doubled; /* some field holds "" */
	bool open;    /* the input ended inside quotes */
	uint64_t lines;
};

static void
add_field(struct csv *csv, char *begin, const char *end)
{
	if (csv->count == CSV_MOST_FIELDS)
		die("%s:%llu: more than %d fields", csv->name, (unsigned long long)csv->next_line,
		    CSV_MOST_FIELDS);
	csv->fields[csv->count++] = (struct csv_field){ begin, (size_t)(end - begin) };
}

/* The field that opens with the quote at cutter->at; after it the next comma or newline.
 * False when it does not close within the buffer. */
static bool
cut_quoted(struct csv *csv, struct cutter *cutter)
{
	char *begin = cutter->at + 1, *from = begin, *quote;
	const char *end = csv->buffer + csv->end;

	for (;; from = quote + 2) {
		quote = memchr(from, '"', (size_t)(end - from));
		if (quote == NULL || (quote + 1 == end && !csv->input_ended))
			return false;
		if (quote + 1 == end || quote[1] != '"')
			break;
		cutter->doubled = true;
	}
	add_field(csv, begin, quote);
	for (from = begin; (from = memchr(from, '\n', (size_t)(quote - from))); from++)
		cutter->lines++;
	/* What stands between a closing quote and the comma is no value. */
	for (from = quote + 1; *from != ',' && *from != '\n'; from++)
		;
	cutter->at = from;
	return true;
}

/* The plain fields from cutter->at up to a quote that opens a field or to the row's end. */
static void
cut_plain(struct csv *csv, struct cutter *cutter)
{
	char *begin = cutter->at, *block = begin, *end;
	uint64_t ends = block_ends(block);

	do {
		while (ends == 0)
			ends = block_ends(block += CSV_BLOCK);
		end = block + __builtin_ctzll(ends);
		ends &= ends - 1;
		add_field(csv, begin, end);
		begin = end + 1;
	} while (*end == ',' && *begin != '"');
	cutter->at = end;
}

/* Cut one row; false when the buffer ends before its newline. Nothing here asks for the end
 * of the buffer: a newline stands there. */
static bool
cut_row(struct csv *csv, struct cutter *cutter)
{
	const char *end = csv->buffer + csv->end;

	*cutter = (struct cutter){ .at = csv->buffer + csv->begin };
	csv->count = 0;
	for (;; cutter->at++) {
		if (*cutter->at != '"') {
			cut_plain(csv, cutter);
		} else if (!cut_quoted(csv, cutter)) {
			cutter->open = true;
			return false;
		}
		if (*cutter->at == '\n')
			break;
	}
	if (cutter->at == end)
		return false;
	cutter->at++;
	cutter->lines++;
	return true;
}

/* "" becomes " in place. Plain fields have no quote at their beginning, so a field whose
 * byte before it is a quote was quoted. */
static void
undouble(struct csv_field *field)
{
	char *to = field->bytes;

	for (size_t i = 0; i < field->length; i++) {
		*to++ = field->bytes[i];
		if (field->bytes[i] == '"' && i + 1 < field->length && field->bytes[i + 1] == '"')
			i++;
	}
	field->length = (size_t)(to - field->bytes);
}

static void
finish_row(struct csv *csv, const struct cutter *cutter)
{
	struct csv_field *last = &csv->fields[csv->count - 1];

	if (last->length > 0 && last->bytes[last->length - 1] == '\r')
		last->length--;
	for (size_t i = 0; cutter->doubled && i < csv->count; i++)
		if (csv->fields[i].bytes > csv->buffer && csv->fields[i].bytes[-1] == '"')
			undouble(&csv->fields[i]);
	csv->blank = csv->count == 1 && csv->fields[0].length == 0;
	csv->line = csv->next_line;
	csv->next_line += cutter->lines;
	csv->offset = csv->next_offset;
	csv->next_offset += (size_t)(cutter->at - csv->buffer) - csv->begin;
	csv->begin = (size_t)(cutter->at - csv->buffer);
}

bool
csv_next(struct csv *csv)
{
	struct cutter cutter;

	csv->cut = false;
	while (!cut_row(csv, &cutter)) {
		if (read_more(csv))
			continue;
		if (csv->begin == csv->end)
			return false;
		/* With the end known, a quote as the last byte closes its field. */
		cut_row(csv, &cutter);
		csv->cut = cutter.open;
		if (cutter.open) {
			add_field(csv, cutter.at, csv->buffer + csv->end);
			cutter.at = csv->buffer + csv->end;
		}
		break;
	}
	finish_row(csv, &cutter);
	return true;
}

void
csv_close(struct csv *csv)
{
	free(csv->buffer);
	csv->buffer = NULL;
}
