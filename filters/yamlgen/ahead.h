/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the second half of a long table in a thread of its own, on the guess that a line
 * there begins a row and nothing but rows follows. Whoever reads the first half finds out
 * when it gets there, and uses the result or reads on itself. */
#ifndef WARPIPE_YAMLGEN_AHEAD_H
#define WARPIPE_YAMLGEN_AHEAD_H

#include <stdbool.h>

#include "catalogue.h"
#include "csv.h"
#include "kernel_table.h"

struct ahead;

/* Start on a file whose header was found; NULL when it is not worth it: no plain regular
 * file, or under 8 MiB. `first_half` is who reads the other half. */
struct ahead *ahead_start(const struct csv *first_half, const struct kernel_table *table);

/* To be asked at every row, before it is used. True when the rest of the file, this row
 * included, has been added to `source`. Sets *ahead to NULL when there is no more to ask:
 * the guess was wrong, or the thread met anything but rows. */
bool ahead_take(struct ahead **ahead, const struct csv *csv, struct catalogue *catalogue,
    struct source *source);

/* Ends the thread and frees everything; NULL is nothing to drop. */
void ahead_drop(struct ahead *ahead);

#endif
