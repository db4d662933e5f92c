/* SPDX-License-Identifier: Apache-2.0 */
/* Short names of calls and paths, for documents. */
#ifndef WARPIPE_LABEL_H
#define WARPIPE_LABEL_H

/* The name in a callee's text by which its line can be searched, interned:
 * "kernel[grid]" -> "kernel", "super().forward" as it is, "a[i].run" -> "run". */
const char *label_of(const char *callee);

/* The last part of a path. */
const char *base_name(const char *path);

#endif
