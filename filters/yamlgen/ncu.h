/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that Nsight Compute measured, per kernel name. */
#ifndef WARPIPE_YAMLGEN_NCU_H
#define WARPIPE_YAMLGEN_NCU_H

#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"

enum ncu_counter {
	NCU_DURATION,   /* gpu__time_duration.sum, in ns */
	NCU_DRAM,       /* DRAM throughput, of peak */
	NCU_TENSOR,     /* tensor pipe active, of peak */
	NCU_OCCUPANCY,  /* achieved */
	NCU_SM,         /* compute throughput, of peak */
	NCU_MEMORY,     /* memory throughput, of peak */
	NCU_DRAM_BYTES, /* read and written */
	NCU_REGISTERS,  /* per thread */
	NCU_COUNTERS
};

/* Means over the launches that ncu profiled; NaN for a counter that the file lacks. */
struct measured {
	size_t launches;
	double mean[NCU_COUNTERS];
};

/* By the key that a kernel's name has in all tools (cxx_name_key): struct measured. */
struct ncu {
	struct map by_name;
	struct arena arena;
};

/* Reads `ncu --csv` output: page details (a row per metric), raw (a row per launch with a row
 * of units below the header), or --print-summary per-kernel; in any locale that one of its
 * values gives away. Dies, naming file and line, when it is none of these or a percentage
 * cannot be one. */
void ncu_read(struct ncu *ncu, const char *path);
const struct measured *ncu_find(const struct ncu *ncu, const char *key);

/* "sm_percent"; the unit is in the name. */
const char *ncu_counter_name(enum ncu_counter counter);
int ncu_counter_decimals(enum ncu_counter counter);

void ncu_free(struct ncu *ncu);

#endif
