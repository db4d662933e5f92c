/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of a kernel that computes a definition (definitions.tsv), in a step of known sizes. */
#ifndef WARPIPE_DEFINED_H
#define WARPIPE_DEFINED_H

#include "json/json.h"
#include "limits/pattern.h"
#include "limits/peaks.h"
#include "limits/sizes.h"
#include "limits/table.h"

/* The rows of definitions.tsv with their patterns. */
struct defined_table {
	struct table table, families;
	regex_t *of, *kernel;
};
struct defined_table defined_open(void);
void defined_close(struct defined_table *defined);

/* A definition and the kernel that computes it; the caller's. */
struct defined {
	const char *op_type, *path, *name;
	const struct json *axes, *inputs, *outputs;
	const char *class;   /* of the kernel: "TYPE FAMILY NAME" */
	const char *kernel;  /* its name */
	const struct sizes *step;
};

/* Strings live as long as the table, `sizes` for ever. Times in microseconds. */
struct defined_limit {
	const char *family, *bound; /* bound: "memory", "compute" */
	const char *sizes;          /* "m=16 n=6144 k=4096", interned */
	double bytes, flops, us;
	bool measured;              /* the peak that binds was */
};

/* False where no row speaks of it, a size is not known, or the device lacks a peak. */
bool defined_limit(const struct defined_table *table, const struct defined *defined,
    const struct peaks *peaks, struct defined_limit *limit);

#endif
