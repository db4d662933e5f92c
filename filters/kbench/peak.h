/* SPDX-License-Identifier: Apache-2.0 */
/* What vendors state. */
#ifndef KBENCH_PEAK_H
#define KBENCH_PEAK_H

#include "bench.h"

/* The memory bandwidth that the vendor states for the device, unless --datasheet gave one,
 * as a fact and a ceiling of the results. Nothing where it is not known. */
void peak_apply(struct bench *bench);

#endif
