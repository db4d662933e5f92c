/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the document that answers what runs: deployments first. */
#ifndef WARPIPE_DEPLOYED_H
#define WARPIPE_DEPLOYED_H

#include "base/output.h"
#include "deployments.h"

/* A table of launches in the order of execution, a column a phase of a deployment. */
void deployed_write_table(struct output *out, const struct deployments *deployments,
    const char *prefix);

/* For each kernel of the table where it runs, and every chain that leads there. */
void deployed_write_kernels(struct output *out, const struct deployments *deployments,
    const char *prefix);

#endif
