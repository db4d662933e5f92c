/* SPDX-License-Identifier: Apache-2.0 */
/* The GPU's time by the Python frames that launched it, as a tree. */
#ifndef TR_LAYERS_FLAME_H
#define TR_LAYERS_FLAME_H

#include "base/output.h"

struct flame;

/* Read lines "outer;inner;kernel NANOSECONDS", as tr-stacks -f folded writes them. Dies where
 * they are none. */
struct flame *flame_open(const char *path);
void flame_close(struct flame *flame);

/* The figure and its data for a page. What is too small to be seen is left out, and said. */
void flame_write(const struct flame *flame, struct output *out);

#endif
