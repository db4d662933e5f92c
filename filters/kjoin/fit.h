/* SPDX-License-Identifier: Apache-2.0 */
/* How well a GPU kernel may be what a launch of the plan launches. */
#ifndef KJOIN_FIT_H
#define KJOIN_FIT_H

#include "candidates.h"
#include "plan.h"
#include "trace.h"

/* 0: it is not; else FIT_LEAST to FIT_MOST, more for better evidence: the sources link them or a
 * jitted function has the name; their names are alike; both do the same (launches.txt); both are
 * torch's. */
enum { FIT_MOST = 100, FIT_ALIKE = 70, FIT_SAME_WORK = 55, FIT_PURPOSE = 45, FIT_LEAST = 12 };
int fit_of(const struct kernel_class *class, const struct launch_kind *kind,
    const struct chains *chains, const struct callees *callees);

#endif
