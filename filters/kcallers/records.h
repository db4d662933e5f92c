/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels to trace, as the import records name them. */
#ifndef KCALLERS_RECORDS_H
#define KCALLERS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "external.h"
#include "base/map.h"
#include "project.h"

/* One kernel: a symbol of a package outside the tree, or a function in it. */
struct kernel {
	const char *name, *source;
	const char *path;            /* of a function here, "scope.name"; NULL: a package's */
	const char *file;            /* of the first record */
	uint32_t line;
	const char *implementation;  /* file of its definition, or NULL when not known */
	uint32_t implementation_line;
};

struct kernels {
	struct kernel *list;   /* in the order of their first record */
	size_t count, capacity;
	struct map by_name;    /* "source:name" -> index + 1 */
	struct map by_place;   /* "file:path" -> index + 1 */
	struct symbols sources; /* package or namespace of torch.ops -> its source */
	size_t records;
};

/* Read import records from stdin; adds each package to `externals`. Dies on records that
 * are damaged or lack a field. */
void kernels_read(struct kernels *kernels, struct externals *externals);

/* Find the functions that are kernels and mark them. */
void kernels_bind(struct kernels *kernels, struct project *project);

/* Index + 1 of the kernel that an external name spells, 0 for any other name. */
uint32_t kernels_find(const struct kernels *kernels, const char *path);

void kernels_free(struct kernels *kernels);

#endif
