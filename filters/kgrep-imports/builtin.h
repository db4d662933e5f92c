/* SPDX-License-Identifier: Apache-2.0 */
/* Names that Python binds by itself. */
#ifndef WARPIPE_BUILTIN_H
#define WARPIPE_BUILTIN_H

#include <stdbool.h>

/* Whether a name that no statement binds is one of Python's own functions or classes. */
bool builtin_is(const char *name);

#endif
