/* SPDX-License-Identifier: Apache-2.0 */
/* The work of operators from the shapes that a trace recorded (operators.tsv), and of copies
 * and collectives from what their events say. */
#ifndef KROOF_OPERATORS_H
#define KROOF_OPERATORS_H

#include "kernels.h"

/* Gives the item its work when an operator around its launch tells it; else `why` says why
 * not. Also sets which level of the stack owns the item. `level_of_twin`: NONE, or only
 * operators up to this level may. */
void operators_read(struct item *item, const struct kernels *kernels,
    const struct families *families, const struct table *table);

/* The same for copies, fills and collectives. */
void events_read(struct item *item, const struct kernels *kernels,
    const struct families *families);

struct table operators_open(void);

#endif
