/* SPDX-License-Identifier: Apache-2.0 */
/* What C++ sources bind, as units to search from. */
#ifndef KCALLEES_EXPORTS_H
#define KCALLEES_EXPORTS_H

#include "native.h"

struct export {
	const char *name;  /* as Python calls it; NULL: made up when the source is generated */
	const char *space; /* TORCH_LIBRARY(space, m), or NULL */
	const char *how;   /* torch-library, pybind, ffi */
	struct unit *unit; /* what is bound */
};

struct exports {
	struct export *list;
	size_t count, capacity;
};

/* Adds what the file exports: see cxx_bindings.h, also for `how`. What only declares a name
 * exports nothing. */
void exports_scan(struct exports *exports, struct native *native, uint32_t file,
    const char *how);

/* The code of a C++ expression that names a function, "Kernel<T>::run". */
struct unit *export_expression(struct native *native, const char *name, const char *expression);

#endif
