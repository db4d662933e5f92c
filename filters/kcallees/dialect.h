/* SPDX-License-Identifier: Apache-2.0 */
/* Languages in which GPU functions are written as decorated Python functions, and what their
 * compilers call the function that a profiler sees. */
#ifndef KCALLEES_DIALECT_H
#define KCALLEES_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

#include "python/py.h"

/* One name of a compiled function. */
struct gpu_name {
	const char *name; /* interned */
	bool prefix;      /* more follows in the profile */
};

/* The dialect that a decorator makes a GPU function of, as `how` in the records; NULL: none.
 * `decorator`: its dotted name, as far as it is known. */
const char *dialect_of(const char *decorator);

struct gpu_names {
	struct gpu_name *list; /* release it with free */
	size_t count, capacity;
};

/* Names of the function in profiles. `module`: where it is defined; `path`: its dotted name in
 * the module, "Class.kernel"; `is_method`: whether the last but one is a class. `function` may
 * be NULL when the source is not in view. */
struct gpu_names dialect_names(const char *dialect, const char *module, const char *path,
    bool is_method, const struct py_node *function);

#endif
