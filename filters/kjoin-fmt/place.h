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

/* The call site of the place's op; NULL when it has none. */
const struct frame *place_site(const struct join *join, const struct place *place);

/* The innermost function of its stack that is the tree's, or else the innermost; NULL when
 * it has no stack. */
const struct frame *place_seen_in(struct join *join, const struct place *place);

/* Where the tree has a file that the trace names: "/x/sglang/srt/a.py" is
 * "sglang/python/sglang/srt/a.py" when the ops' files begin like that. NULL when it is none
 * of the tree's. In the arena. */
const char *join_tree_path(struct join *join, const char *file);

/* Whether the trace leaves several candidates for the row's calls. */
bool hot_is_ambiguous(const struct hot *hot);

/* How many different places the row has, as certain as `main` and beside it: of other
 * symbols, or with other calls of ops. */
size_t hot_other_places(const struct join *join, const struct hot *hot,
    const struct place *main);

#endif
