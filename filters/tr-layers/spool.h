/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the lines of one stream in a file until their layers are known, so that they need
 * no memory. */
#ifndef TR_LAYERS_SPOOL_H
#define TR_LAYERS_SPOOL_H

#include "output.h"
#include "trace.h"

struct spool;

/* A file in $TMPDIR or /tmp that vanishes with the program. Dies when it cannot be made. */
struct spool *spool_open(void);
void spool_add(struct spool *spool, const struct trace_record *record);

/* Write the lines since the last call: kernels with their stage, pass and layer, the rest
 * as it was, without `trace` and `end`. */
void spool_write(struct spool *spool, const struct trace *trace, struct output *out);
void spool_close(struct spool *spool);

#endif
