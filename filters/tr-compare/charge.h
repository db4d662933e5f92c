/* SPDX-License-Identifier: Apache-2.0 */
/* Gives each instant of a pass to one row. */
#ifndef WARPIPE_CHARGE_H
#define WARPIPE_CHARGE_H

#include "side.h"

/* Sorts the side's events by pass, and fills start, own, shares and warm of each.
 * A busy instant belongs to the first class of enum row_class that runs then, in it to the
 * event that started first, of these to the first in the file; an idle one to the gap that
 * covers it, else to `rest`. The first passes of a stage are not warm while they are more
 * than 1.2 times as long as the median of those after them and more than three remain. */
void charge_passes(struct side *side, const struct rows *rows, uint32_t rest);

#endif
