/* SPDX-License-Identifier: Apache-2.0 */
/* The process that turns source into marshalled code and runs none of it. */
#ifndef WARPIPE_DRYRUN_COMPILER_H
#define WARPIPE_DRYRUN_COMPILER_H

#include "dryrun/cache.h"
#include "dryrun/process.h"

/* Answers CHANNEL_SOURCE with CHANNEL_YES or CHANNEL_NO, one after another. */
void compiler_start(struct process *process, bool verbose, double seconds);

/* What the code depends on beside its source: the versions of CPython and of the rewriting.
 * Constants. */
enum { COMPILER_PARTS = 2 };
void compiler_identity(struct cache_part parts[COMPILER_PARTS]);

#endif
