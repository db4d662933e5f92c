/* SPDX-License-Identifier: Apache-2.0 */
/* What an import statement names. */
#ifndef WARPIPE_IMPORTS_H
#define WARPIPE_IMPORTS_H

#include <stdbool.h>

/* Dotted, absolute name of the module of `from ..name import x`: `dots` leading dots and
 * `name` (NULL when only dots are there), seen from the module `own` (dotted), which is a
 * package itself or not. NULL when the dots lead out of the topmost package, where Python
 * raises ImportError, or when `own` is NULL and needed. Interned. */
const char *import_absolute(const char *own, bool is_package, unsigned dots, const char *name);

/* Whether the name is what torch calls a form of an operator, as in npu_attention.out(...):
 * then the operator is the attribute before it. */
bool import_is_overload(const char *name);

#endif
