/* SPDX-License-Identifier: Apache-2.0 */
/* One copy of each string in the process: equal strings have equal addresses. */
#ifndef WARPIPE_INTERN_H
#define WARPIPE_INTERN_H

#include <stddef.h>

/* The one copy of these bytes, NUL-terminated, valid until the process ends.
 * May be called from several threads. */
const char *intern(const char *bytes, size_t length);
const char *intern_string(const char *string);

/* "front.name" */
const char *intern_dotted(const char *front, const char *name);

#endif
