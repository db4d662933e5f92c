/* SPDX-License-Identifier: Apache-2.0 */
/* Reads, parses and lowers every Python file of the trees. */
#ifndef KCALLERS_LOAD_H
#define KCALLERS_LOAD_H

#include "external.h"
#include "project.h"

/* Fill an all-zero project; `threads` parse at a time. The result does not depend on how
 * many. Files that cannot be read or parsed are warned of and counted. */
void project_load(struct project *project, const struct tree *tree,
    const struct externals *externals, unsigned threads);

#endif
