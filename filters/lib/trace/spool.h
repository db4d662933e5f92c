/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the lines of one trace stream in a file until what is to be added to them is known,
 * so that they need no memory. */
#ifndef WARPIPE_SPOOL_H
#define WARPIPE_SPOOL_H

#include "trace/trace_record.h"

struct spool;

/* A file in $TMPDIR or /tmp, named after the program, that vanishes with it. Dies when it
 * cannot be made; one spool a program. */
struct spool *spool_open(const char *program);
void spool_add(struct spool *spool, const struct trace_record *record);

/* The lines since the last spool_clear; to be closed with trace_reader_close before that. */
struct trace_reader *spool_read(struct spool *spool);
void spool_clear(struct spool *spool);
void spool_close(struct spool *spool);

#endif
