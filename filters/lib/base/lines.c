/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a buffer of unpacked bytes at its newlines. */
#include <string.h>

#include "base/error.h"
#include "base/lines.h"

enum { READ_SIZE = 256 << 10 };

/* A line longer than this is no record, and not worth the memory. */
enum { LONGEST_LINE = 256 << 20 };

static char only_stdin_name[] = "-";
static char *const only_stdin[] = { only_stdin_name, NULL };

void
lines_open(struct lines *lines, char *const *files)
{
	*lines = (struct lines){ .files = files };
	if (files == NULL || files[0] == NULL)
		lines->files = only_stdin;
}

void
lines_open_input(struct lines *lines, struct input *input)
{
	static char *const no_more[] = { NULL };

	*lines = (struct lines){ .files = no_more, .input = input, .file = input_name(input) };
}

bool
lines_next_file(struct lines *lines)
{
	if (*lines->files == NULL)
		return false;
	lines->input = input_open(*lines->files++);
	lines->file = input_name(lines->input);
	lines->number = 0;
	lines->input_ended = false;
	lines->begin = 0;
	text_clear(&lines->buffer);
	return true;
}

/* More bytes after those not yet given out; false at the end of the file. */
static bool
read_more(struct lines *lines)
{
	struct text *buffer = &lines->buffer;
	ptrdiff_t got;

	if (lines->input_ended)
		return false;
	if (lines->begin > 0) {
		memmove(buffer->bytes, buffer->bytes + lines->begin,
		    buffer->length - lines->begin);
		buffer->length -= lines->begin;
		lines->begin = 0;
	}
	if (buffer->length > LONGEST_LINE)
		die("%s:%llu: line longer than %d bytes", lines->file,
		    (unsigned long long)lines->number + 1, LONGEST_LINE);
	got = input_read(lines->input, text_reserve(buffer, READ_SIZE + LINES_SLACK), READ_SIZE);
	if (got < 0)
		die("%s: %s", lines->file, input_error(lines->input));
	buffer->length += (size_t)got;
	lines->input_ended = got == 0;
	return got > 0;
}

bool
lines_next(struct lines *lines, struct slice *line)
{
	struct text *buffer = &lines->buffer;
	size_t searched = 0, left, length;
	char *begin, *end = NULL;

	for (;;) {
		left = buffer->length - lines->begin;
		begin = buffer->bytes + lines->begin;
		if (left > searched)
			end = memchr(begin + searched, '\n', left - searched);
		if (end != NULL)
			break;
		searched = left;
		if (read_more(lines))
			continue;
		if (left == 0)
			return false;
		/* The last line needs no newline; text_reserve left room for the NUL. */
		begin = buffer->bytes + lines->begin;
		end = begin + left;
		break;
	}
	length = (size_t)(end - begin);
	*end = '\0';
	lines->begin += length < left ? length + 1 : length;
	lines->number++;
	*line = (struct slice){ begin, length };
	return true;
}

void
lines_close_file(struct lines *lines)
{
	if (lines->input != NULL)
		input_close(lines->input);
	lines->input = NULL;
}

void
lines_close(struct lines *lines)
{
	lines_close_file(lines);
	text_free(&lines->buffer);
}
