/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that Nsight Compute measured, per kernel name. */
#ifndef WARPIPE_YAMLGEN_NCU_H
#define WARPIPE_YAMLGEN_NCU_H

#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"

/* Means over the launches that ncu profiled; NaN for a counter that the file lacks. */
struct measured {
	size_t launches;
	double duration_ns;     /* gpu__time_duration.sum */
	double dram_percent;    /* DRAM throughput, of peak */
	double tensor_percent;  /* tensor pipe active, of peak */
	double occupancy_percent; /* achieved */
};

/* By the key that a kernel's name has in all tools (cxx_name_key): struct measured. */
struct ncu {
	struct map by_name;
	struct arena arena;
};

/* Reads `ncu --csv` output, page details (a row per metric) or raw (a row per launch with a
 * row of units below the header). Dies, naming file and line, when it is neither. */
void ncu_read(struct ncu *ncu, const char *path);
const struct measured *ncu_find(const struct ncu *ncu, const char *key);
void ncu_free(struct ncu *ncu);

#endif
