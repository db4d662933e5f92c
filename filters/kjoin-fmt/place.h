/* SPDX-License-Identifier: Apache-2.0 */
/* One kernel of the joined stream and the places it is launched from. */
#ifndef KJOIN_FMT_PLACE_H
#define KJOIN_FMT_PLACE_H

#include "join.h"

/* The record's kernel, in the arena; dies when fields are wrong or name an op that is not
 * among the `op_count`. */
struct hot hot_read(struct arena *arena, const struct record *record, size_t op_count);

/* The place that most time of the row belongs to, or its first candidate; NULL when the
 * row has none. */
const struct place *hot_main_place(const struct hot *hot);

/* Whether the trace leaves several candidates for the row's calls. */
bool hot_is_ambiguous(const struct hot *hot);

/* Places of the row with other ops or symbols than `main` has. */
size_t hot_other_places(const struct hot *hot, const struct place *main);

#endif
