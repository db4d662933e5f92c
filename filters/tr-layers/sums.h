/* SPDX-License-Identifier: Apache-2.0 */
/* Sum, union and span of kernels that are added in the order of their start. */
#ifndef TR_LAYERS_SUMS_H
#define TR_LAYERS_SUMS_H

#include "trace.h"

/* All zero is a valid empty sum. */
void sums_add(struct time_sums *sums, int64_t ts, int64_t dur);

/* Complete `busy`: once, after the last. */
void sums_close(struct time_sums *sums);

#endif
