/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a budget that a trace keeps to. */
#ifndef WARPIPE_INIT_H
#define WARPIPE_INIT_H

#include "base/output.h"
#include "measure.h"

/* Limits for what the stream holds: layers, passes, types, the kernels that take most time,
 * idle and exposed time; each bound is what was measured and `margin` per cent more.
 * Ends the program where the stream holds none of these. */
void init_write(const struct measures *measures, double margin, struct output *out);

#endif
