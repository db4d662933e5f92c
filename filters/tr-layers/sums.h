/* SPDX-License-Identifier: Apache-2.0 */
/* Sum, union and span of kernels that are added in the order of their start. */
#ifndef TR_LAYERS_SUMS_H
#define TR_LAYERS_SUMS_H

#include "trace.h"

/* All zero is a valid empty sum. Plain double arithmetic, kernel by kernel: a union can so
 * come out a few thousandths of a microsecond above the sum. */
void sums_add(struct time_sums *sums, double ts, double dur);

/* Complete `busy`: once, behind the last. */
void sums_close(struct time_sums *sums);

#endif
