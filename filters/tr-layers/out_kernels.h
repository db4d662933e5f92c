/* SPDX-License-Identifier: Apache-2.0 */
/* The input's records once more, with what was found out about each kernel. */
#ifndef TR_LAYERS_OUT_KERNELS_H
#define TR_LAYERS_OUT_KERNELS_H

#include "base/output.h"
#include "trace/spool.h"
#include "trace.h"

/* Write the spooled lines and clear the spool: kernels with their stage, pass and layer, the
 * rest as it was, without `trace` and `end`. */
void kernels_write(struct spool *spool, const struct trace *trace, struct output *out);

#endif
