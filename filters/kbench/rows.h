/* SPDX-License-Identifier: Apache-2.0 */
/* What the subjects index and store share: their axes' choices, and how they launch. */
#ifndef KBENCH_ROWS_H
#define KBENCH_ROWS_H

#include "bench.h"
#include "element.h"

extern const char *const row_dtypes[], *const row_index_types[], *const row_variants[],
    *const row_cache_states[];

enum element_type row_dtype(const struct point *point);
enum index_type row_index_type(const struct point *point);

/* The launch that a point asks for; false, with `why`, when the chip cannot. */
bool row_launch_open(struct bench *bench, const struct point *point, struct row_launch *launch,
    const char **why);

/* Where the point says "auto": time every variant that can move these rows, keep the
 * fastest. False, with `why`, when the variant that was asked for cannot. */
bool index_choose(struct bench *bench, const struct index_args *args, struct row_launch *launch,
    const char **why);
bool store_choose(struct bench *bench, const struct store_args *args, struct row_launch *launch,
    const char **why);

/* The launch's shape as facts of the measure: blocks, threads, waves, variant; CUDA only. */
void row_describe(struct bench *bench, const struct row_plan *plan,
    const struct row_launch *launch, struct measure *measure);

#endif
