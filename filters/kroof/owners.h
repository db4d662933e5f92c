/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernels do the work of one operator together, and which kernel without a launch in the
 * trace is the same as another. */
#ifndef KROOF_OWNERS_H
#define KROOF_OWNERS_H

#include "kernels.h"

/* Of all items that one call of an operator launched the longest owns the others. */
void owners_find(struct kernels *kernels);

/* The same of kernels that are one launch of a plan. */
void owners_find_planned(struct kernels *kernels);

/* Items launched before the trace recorded operators get the work of the same kernel between
 * the same neighbours, if there is one answer only. */
void owners_find_nearby(struct kernels *kernels, const struct families *families,
    const struct table *operators);

#endif
