/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of kbench, one function each. */
#ifndef KBENCH_WRITERS_H
#define KBENCH_WRITERS_H

#include <stdbool.h>

#include "base/output.h"
#include "results.h"

void write_table(struct output *out, struct results *results, bool explain);
void write_markdown(struct output *out, struct results *results, bool explain);
void write_csv(struct output *out, struct results *results);
void write_ndjson(struct output *out, struct results *results, bool explain);

/* The analysis of the four kernels; `plots` is the folder and stem of the pictures beside
 * it, NULL for none. */
void write_report(struct output *out, struct results *results, const char *plots);

/* New results against old ones, row by row, or with `record` only what it comes to; returns how
 * many are slower. */
int write_comparison(struct output *out, struct results *results, struct results *old,
    bool record);

#endif
