/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels to look into, as the import records name them. */
#ifndef KCALLEES_RECORDS_H
#define KCALLEES_RECORDS_H

#include <stddef.h>

#include "base/map.h"

/* One kernel: a symbol of a package, or a function of the trees. Strings are interned. */
struct kernel {
	const char *name, *source;
	const char *module;   /* it is imported from, or defined in; "torch.ops.space" */
	const char *how;
	const char *function; /* of a definition: "Class.method"; NULL: imported */
	const char *file;     /* of the first record */
	long long line;
};

struct kernels {
	struct kernel *list; /* in the order of their first record; one a module */
	size_t count, capacity;
	struct map seen;
};

/* Read import records from stdin. Dies on records that are damaged or lack a field. */
void kernels_read(struct kernels *kernels);
void kernels_free(struct kernels *kernels);

#endif
