/* SPDX-License-Identifier: Apache-2.0 */
/* Hardware counters from Nsight Compute. */
#ifndef KBENCH_NCU_H
#define KBENCH_NCU_H

#include "results.h"

/* Adds the counters of a file that `ncu --csv --page raw` wrote to the measures whose kernel
 * it names and whose launch has as many blocks, as facts of origin "counter". Dies on a file
 * that is none. */
void ncu_read(struct results *results, const char *path);

#endif
