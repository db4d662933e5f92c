/* SPDX-License-Identifier: Apache-2.0 */
/* What all cores together can do with the memory: one of them does not fill its channels. */
#ifndef KBENCH_CORES_H
#define KBENCH_CORES_H

#include "bench.h"

/* Adds the ceiling of a copy of `bytes` bytes in all by every processor that this process may run
 * on, each with a part of its own; nothing when there is one only. */
void cores_ceiling(struct bench *bench, double bytes);

#endif
