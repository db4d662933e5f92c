/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel of the tree in short: one chain to each op, the way from there once for all. */
#ifndef WARPIPE_INVENTORY_H
#define WARPIPE_INVENTORY_H

#include "base/output.h"
#include "formats.h"

/* Whether a deployment runs the kernel: then its chains stand there. */
bool inventory_leaves_out(const struct kernel *kernel, const struct deployments *deployments);

/* The chains of the kernel, from its call sites up to ops: of ops that are called alike only
 * the one in the file that has most ops. */
void inventory_write_chains(struct output *out, const struct chains *chains,
    const struct kernel *kernel, const char *prefix);

/* Each op that those chains end in, with one way from it to the model's forward. */
void inventory_write_ops(struct output *out, const struct chains *chains,
    const struct format_options *options);

#endif
