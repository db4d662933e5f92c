/* SPDX-License-Identifier: Apache-2.0 */
/* Reads records: newline-delimited JSON objects from files or stdin, packed or not. */
#ifndef WARPIPE_READER_H
#define WARPIPE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "json/json.h"
#include "base/lines.h"

/* One record, valid until the next reader_next. */
struct record {
	const struct json *root; /* the object */
	const char *kind;        /* its "kind", "" when it has none */
	const char *line;        /* as it was read, without the newline; NUL-terminated */
	size_t length;
	const char *file;        /* where it stood, for messages: "<stdin>" for stdin */
	uint64_t line_number;    /* from 1 */
};

struct reader {
	struct lines lines;
	struct arena arena;
	struct record record;
	bool wants_end;   /* a stream must close with an `end` record */
	bool stream_open; /* records have come since the last `end` */
};

/* `files`: NULL-terminated; none or "-" means stdin. With `wants_end`, input that ends
 * without a last record of kind "end" is a cut stream and ends the program, as do input
 * that cannot be read, a line that is not a JSON object (the message names file and line),
 * and an empty input. The strings of `files` are kept, not copied. */
void reader_open(struct reader *reader, char *const *files, bool wants_end);

/* The next record, or NULL at the end of the last file. */
const struct record *reader_next(struct reader *reader);

/* Dies with "file:line: " before the message: for records whose fields are wrong. */
_Noreturn void reader_fail(const struct record *record, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* A field that must be there and of that type; dies naming file, line and key otherwise. */
const char *record_string(const struct record *record, const char *key);
int64_t record_integer(const struct record *record, const char *key);
double record_number(const struct record *record, const char *key);

void reader_close(struct reader *reader);

#endif
