/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON values to an output, one record a line. */
#ifndef WARPIPE_JSON_WRITER_H
#define WARPIPE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/json.h"
#include "base/output.h"

/* Wraps an output that the caller keeps and closes. A newline follows each complete
 * top-level value; pretty writers indent and are for files that people read. Dies when
 * the calls do not make JSON. */
struct json_writer;

struct json_writer *json_writer_open(struct output *out, bool pretty);
void json_writer_close(struct json_writer *writer);

/* Begin a record of a stream: an object whose first member is "kind". The first record of the
 * writer has "version" next, that of the format, so that a reader knows it by the stream's
 * first line; a stream without one is of version 0. */
enum { RECORD_VERSION = 1 };
void json_record_begin(struct json_writer *writer, const char *kind);

void json_object_begin(struct json_writer *writer);
void json_object_end(struct json_writer *writer);
void json_array_begin(struct json_writer *writer);
void json_array_end(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *key);

/* Bytes that are not UTF-8 come out as U+FFFD. A NULL string is written as null. */
void json_put_string(struct json_writer *writer, const char *text);
void json_put_text(struct json_writer *writer, const char *text, size_t length);
void json_put_integer(struct json_writer *writer, int64_t number);
void json_put_double(struct json_writer *writer, double number); /* shortest; null if not finite */
void json_put_spelled(struct json_writer *writer, const char *number); /* as spelled */
void json_put_bool(struct json_writer *writer, bool truth);
void json_put_null(struct json_writer *writer);
void json_put_value(struct json_writer *writer, const struct json *value); /* any tree */

/* Key and value at once. */
void json_member_string(struct json_writer *writer, const char *key, const char *text);
void json_member_integer(struct json_writer *writer, const char *key, int64_t number);
void json_member_double(struct json_writer *writer, const char *key, double number);
void json_member_bool(struct json_writer *writer, const char *key, bool truth);
void json_member_null(struct json_writer *writer, const char *key);

#endif
