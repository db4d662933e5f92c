/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator must do at least, and how long that takes on a device at its peaks. */
#ifndef WARPIPE_WORK_H
#define WARPIPE_WORK_H

#include <stdbool.h>

#include "limits/peaks.h"
#include "limits/sizes.h"

/* The table of families (families.tsv). */
struct families {
	struct table table;
};
struct families families_open(void);
void families_close(struct families *families);

enum engine { ENGINE_TENSOR, ENGINE_VECTOR, ENGINE_MEMORY, ENGINE_LINK, ENGINE_HOST };

/* Low and high end; equal where every size is known. Strings live as long as the table. */
struct work {
	const char *family;
	const char *shown;  /* names of the sizes that records show */
	enum engine engine;
	enum peak type;     /* that products run in; the caller's */
	double bytes[2], flops[2];
};

/* False, with `lacking`, when a size has no value; dies on a family that is not there. */
bool work_make(struct work *work, const struct families *families, const char *family,
    const struct sizes *sizes, char *lacking);

/* Microseconds at the peaks. */
struct limit {
	double memory_us, compute_us; /* memory: or link, or host */
	double low_us, us;            /* the larger one at the low and at the high end */
	const char *bound;            /* "memory", "compute", "link", "host" */
	bool measured;                /* the peak that binds was measured */
};

/* False, with the reason in `why` (of static storage), when the device lacks a peak. */
bool limit_make(struct limit *limit, const struct work *work, const struct peaks *peaks,
    const char **why);

/* Whether all of the work's bytes can lie in a cache of the device. */
bool work_fits_cache(const struct work *work, const struct peaks *peaks);

#endif
