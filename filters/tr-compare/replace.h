/* SPDX-License-Identifier: Apache-2.0 */
/* Finds which kernel of after does the work of which kernel of before. */
#ifndef WARPIPE_REPLACE_H
#define WARPIPE_REPLACE_H

#include "side.h"

enum { REPLACE_NONE = -1, REPLACE_GONE = -2 };

/* By row, in a new array: the row of before that this one replaces; REPLACE_GONE where the row
 * is itself replaced; else REPLACE_NONE. A kernel that only after has replaces one that only
 * before has when both are of one type and the same place, and each is the only such one that
 * stands between the same two kernels that both sides have; or, failing that, when each is the
 * only one of its type and place.
 * `before` and `after` are the rows' times, 0 where a side has none. */
int64_t *replace_find(const struct side sides[2], const struct rows *rows,
    enum stage stage, const double *before, const double *after);

#endif
