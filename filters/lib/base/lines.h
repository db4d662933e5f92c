/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of files or stdin, packed or not, one after another. */
#ifndef WARPIPE_LINES_H
#define WARPIPE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/input.h"
#include "base/slice.h"
#include "base/text.h"

/* Where a walk over the lines of several files stands. */
struct lines {
	char *const *files;  /* NULL-terminated, what is still to open */
	struct input *input; /* NULL between files */
	const char *file;    /* the current one, or the last; for messages */
	uint64_t number;     /* of the last line, from 1; 0 before the first */
	struct text buffer;  /* unpacked bytes; [begin, buffer.length) not yet given out */
	size_t begin;
	bool input_ended;
};

/* `files`: NULL-terminated; none or "-" means stdin. The strings are kept, not copied. */
void lines_open(struct lines *lines, char *const *files);

/* The same on one input that is already open; takes it over. */
void lines_open_input(struct lines *lines, struct input *input);

/* Opens the next file; false when there is none. To be called while `input` is NULL. */
bool lines_next_file(struct lines *lines);

/* As many bytes after a line may be read, whatever they are. */
enum { LINES_SLACK = 64 };

/* The next line of this file, without its newline, followed by a NUL, valid until the next
 * call; the last line needs no newline. False at the end of the file, which is then to be
 * closed with lines_close_file. Dies, naming the file, when it cannot be read or unpacked
 * or when a line is longer than 256 MiB. */
bool lines_next(struct lines *lines, struct slice *line);

void lines_close_file(struct lines *lines);
void lines_close(struct lines *lines);

#endif
