/* SPDX-License-Identifier: Apache-2.0 */
/* Buffered output that dies on the first write error, to stdout or to a file that
 * appears under its name only when complete. */
#ifndef WARPIPE_OUTPUT_H
#define WARPIPE_OUTPUT_H

#include <stddef.h>

#include "base/error.h"

struct output;

/* Writes to stdout. Also makes a closed pipe and a file beyond `ulimit -f` ordinary write
 * errors (SIGPIPE and SIGXFSZ are ignored), so that they end with one line and
 * STATUS_FAILED. */
struct output *output_stdout(void);

/* Writes to a temporary file beside `path` that output_close renames to `path`; a
 * failed or interrupted program leaves the old file as it was. */
struct output *output_file(const char *path);

void output_bytes(struct output *out, const char *bytes, size_t length);
void output_string(struct output *out, const char *string);
void output_char(struct output *out, char byte);
void output_format(struct output *out, const char *format, ...) PRINTF_LIKE(2, 3);

/* What is buffered goes out now: for readers that wait on the other end. */
void output_flush(struct output *out);

/* Flush, close, rename; dies when any byte could not be written. */
void output_close(struct output *out);

#endif
