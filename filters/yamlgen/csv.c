/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the end of a row first, then cuts its fields in place. */
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "error.h"
#include "memory.h"

enum { CSV_READ = 256 << 10, CSV_LONGEST_ROW = 64 << 20 };

void
csv_open(struct csv *csv, struct input *input)
{
	/* The fields are not cleared: csv_next writes before anyone reads. */
	csv->input = input;
	csv->name = input_name(input);
	csv->capacity = 2 * CSV_READ;
	csv->buffer = memory_alloc(csv->capacity + 1);
	csv->begin = csv->end = csv->count = 0;
	csv->offset = csv->next_offset = csv->line = 0;
	csv->next_line = 1;
	csv->input_ended = csv->blank = csv->cut = false;
}

/* More bytes behind those not yet cut; false at the end of the input. */
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
		csv->buffer = memory_resize(csv->buffer, csv->capacity + 1, 1);
	}
	got = input_read(csv->input, csv->buffer + csv->end, csv->capacity - csv->end);
	if (got < 0)
		die("%s: %s", csv->name, input_error(csv->input));
	csv->end += (size_t)got;
	csv->input_ended = got == 0;
	return got > 0;
}

/* Where a row stands while it is cut; offsets into the buffer. */
struct cutter {
	size_t at;
	bool doubled; /* some field holds "" */
	bool open;    /* the input ended inside quotes */
	uint64_t lines;
};

static void
add_field(struct csv *csv, size_t begin, size_t end)
{
	if (csv->count == CSV_MOST_FIELDS)
		die("%s:%llu: more than %d fields", csv->name, (unsigned long long)csv->next_line,
		    CSV_MOST_FIELDS);
	csv->fields[csv->count++] = (struct csv_field){ csv->buffer + begin, end - begin };
}

/* The field that opens with the quote at cutter->at. False when it does not close within
 * the buffer. */
static bool
cut_quoted(struct csv *csv, struct cutter *cutter)
{
	const char *end = csv->buffer + csv->end, *from = csv->buffer + cutter->at + 1, *quote;
	size_t begin = cutter->at + 1;

	for (;; from = quote + 2) {
		quote = memchr(from, '"', (size_t)(end - from));
		if (quote == NULL || (quote + 1 == end && !csv->input_ended))
			return false;
		if (quote + 1 == end || quote[1] != '"')
			break;
		cutter->doubled = true;
	}
	cutter->at = (size_t)(quote + 1 - csv->buffer);
	add_field(csv, begin, cutter->at - 1);
	for (from = csv->buffer + begin; (from = memchr(from, '\n', (size_t)(quote - from))); from++)
		cutter->lines++;
	return true;
}

/* High bits of the bytes of `word` that are zero. Above the first of them there may be bits
 * too many, from the borrow; the first is right. */
static uint64_t
zero_bytes(uint64_t word)
{
	return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

/* The next comma or newline at or behind `at`, or the end of the buffer. Fields are a few
 * bytes, too short for a library call each: eight bytes are looked at in one step. */
static size_t
end_of_plain(const struct csv *csv, size_t at)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t word, found;

	for (; csv->end - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, csv->buffer + at, sizeof(word));
		found = zero_bytes(word ^ 0x2c2c2c2c2c2c2c2cu) |
		    zero_bytes(word ^ 0x0a0a0a0a0a0a0a0au);
		if (found != 0)
			return at + (size_t)__builtin_ctzll(found) / 8;
	}
#endif
	while (at < csv->end && csv->buffer[at] != ',' && csv->buffer[at] != '\n')
		at++;
	return at;
}

/* Cut one row; false when the buffer ends before its newline. */
static bool
cut_row(struct csv *csv, struct cutter *cutter)
{
	*cutter = (struct cutter){ .at = csv->begin };
	csv->count = 0;
	for (;;) {
		if (cutter->at < csv->end && csv->buffer[cutter->at] == '"') {
			if (!cut_quoted(csv, cutter)) {
				cutter->open = true;
				return false;
			}
			/* What stands between a closing quote and the comma is no value. */
			cutter->at = end_of_plain(csv, cutter->at);
		} else {
			size_t begin = cutter->at;

			cutter->at = end_of_plain(csv, begin);
			add_field(csv, begin, cutter->at);
		}
		if (cutter->at == csv->end)
			return false;
		if (csv->buffer[cutter->at++] == '\n') {
			cutter->lines++;
			return true;
		}
	}
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
	csv->next_offset += cutter->at - csv->begin;
	csv->begin = cutter->at;
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
			add_field(csv, cutter.at, csv->end);
			cutter.at = csv->end;
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
