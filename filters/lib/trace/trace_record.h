/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a trace stream (what tr-parse writes) record by record without building a tree:
 * each line is checked to be one JSON object, its top-level fields are found where they
 * stand, and what a filter does not own is copied as it was spelled.
 *
 *	struct trace_reader *in = trace_reader_open(operands);
 *	const struct trace_record *record;
 *
 *	while ((record = trace_reader_next(in)) != NULL) {
 *		if (record->kind == TRACE_KERNEL)
 *			trace_write_with(record, out, owned, members);
 *		else
 *			trace_write(record, out);
 *	}
 *	trace_reader_close(in);
 */
#ifndef WARPIPE_TRACE_RECORD_H
#define WARPIPE_TRACE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/input.h"
#include "json/json_scan.h"
#include "base/output.h"
#include "base/slice.h"

enum trace_kind {
	TRACE_OTHER, /* a kind this list does not have: pass it on */
	TRACE_TRACE,
	TRACE_KERNEL,
	TRACE_MEMCPY,
	TRACE_MEMSET,
	TRACE_LAUNCH,
	TRACE_MODULE,
	TRACE_FRAME,
	TRACE_ANNOTATION,
	TRACE_OP,
	TRACE_STACK,
	TRACE_LAYER,
	TRACE_PASS,
	TRACE_SUMMARY,
	TRACE_END
};

/* One top-level field. */
struct trace_field {
	struct slice key;   /* decoded */
	struct slice value; /* as spelled, with quotes or brackets */
};

/* One record, with everything it points to valid until the next trace_reader_next. */
struct trace_record {
	enum trace_kind kind;
	struct slice kind_name;
	struct slice line;    /* as it was read, without the newline */
	const struct trace_field *fields; /* in the order of the line */
	size_t field_count;
	const char *file;     /* where it stood, for messages: "<stdin>" for stdin */
	uint64_t line_number; /* from 1 */
	struct trace_reader *reader;
};

struct trace_reader;

/* `files`: NULL-terminated; none or "-" means stdin; packed files are unpacked. The strings
 * are kept, not copied. Several streams may follow one another, in one file or in many. */
struct trace_reader *trace_reader_open(char *const *files);

/* From now on the input must be whole streams: a record that no `trace` record goes before
 * ends the program. */
void trace_reader_expect_trace(struct trace_reader *reader);

/* The same on one input that is already open; takes it over. */
struct trace_reader *trace_reader_open_input(struct input *input);

/* The next record, or NULL at the end of the last file. Ends the program, naming file and
 * line, when the input cannot be read, is empty, holds a line that is not a JSON object
 * with a "kind", or is cut: a `trace` record must be followed by its `end` before the next
 * `trace` and before the end of the file. Empty lines are skipped. */
const struct trace_record *trace_reader_next(struct trace_reader *reader);

/* One line that the caller has, as a record that is valid as long as the line and until the
 * next call; NULL with `fault` filled when it is not a JSON object with a "kind". */
const struct trace_record *trace_reader_parse(struct trace_reader *reader, struct slice line,
    struct json_fault *fault);

void trace_reader_close(struct trace_reader *reader);

/* The first field called `key`, as spelled ("null" too); bytes NULL when absent. Keys are literals,
 * here and below: what was found for one is remembered by its address. */
struct slice trace_get(const struct trace_record *record, const char *key);

/* The field's value. False, and nothing stored, when it is absent or null; ends the program
 * (naming file, line and key) when it is of another type. A string is decoded and not
 * NUL-terminated; integers are whole numbers within int64. */
bool trace_get_string(const struct trace_record *record, const char *key, struct slice *text);
bool trace_get_number(const struct trace_record *record, const char *key, double *number);
/* Microseconds as whole nanoseconds, exactly; false also where they are too many for it. */
bool trace_get_ns(const struct trace_record *record, const char *key, int64_t *ns);
bool trace_get_integer(const struct trace_record *record, const char *key, int64_t *number);
bool trace_get_bool(const struct trace_record *record, const char *key, bool *truth);

/* The same for fields that must be there. */
struct slice trace_need_string(const struct trace_record *record, const char *key);
double trace_need_number(const struct trace_record *record, const char *key);
int64_t trace_need_integer(const struct trace_record *record, const char *key);

/* How many microseconds the work lasted: `dur`, which must be there, less the `clipped_by` that
 * tr-layers took off a kernel which lasts into the next one of its stream. */
double trace_need_duration(const struct trace_record *record);

/* "file:line: message" and the end of the program: for records whose fields are wrong. */
_Noreturn void trace_fail(const struct trace_record *record, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* The line as it was read. */
void trace_write(const struct trace_record *record, struct output *out);

/* The line with `members` (JSON text such as "\"pass\":0,\"layer\":17", not empty) before
 * its closing brace. Fields whose keys are in `owned` (NULL-terminated; NULL for none) are
 * left out of the copy, so that a filter that runs twice does not say things twice. */
void trace_write_with(const struct trace_record *record, struct output *out,
    const char *const *owned, struct slice members);

#endif
