/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of comma-separated values (RFC 4180), one at a time, in bounded memory. */
#ifndef WARPIPE_YAMLGEN_CSV_H
#define WARPIPE_YAMLGEN_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/input.h"

enum { CSV_MOST_FIELDS = 4096 };

/* One field: its bytes without the quotes, "" inside them already one quote. Not
 * NUL-terminated; valid until the next csv_next. */
struct csv_field {
	char *bytes;
	size_t length;
};

struct csv {
	struct input *input;   /* not owned; NULL over bytes */
	const char *name;      /* of the input, for messages */
	char *buffer;
	size_t begin, end, capacity;
	bool input_ended;
	uint64_t offset;       /* of the input's unpacked bytes, where the row begins */
	uint64_t line;         /* where the current row begins, from 1 */
	uint64_t next_offset;
	uint64_t next_line;
	struct csv_field fields[CSV_MOST_FIELDS];
	size_t count;
	bool blank;            /* the row is an empty line */
	bool cut;              /* the input ended inside a quoted field */
};

void csv_open(struct csv *csv, struct input *input);

/* The same over bytes that are all there; `name` is for messages, `bytes` are copied. */
void csv_open_bytes(struct csv *csv, const char *name, const char *bytes, size_t length);

/* The next row into fields[0 .. count-1]; false at the end. Dies, naming file and line, on
 * damaged packing, a row over 64 MiB or one of more than CSV_MOST_FIELDS fields. A quote
 * that is never closed makes a last row with `cut` set. */
bool csv_next(struct csv *csv);

void csv_close(struct csv *csv);

#endif
