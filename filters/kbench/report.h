/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces that the chapters of the report share. Every number that they print is followed by
 * its origin in brackets; what is not known is said to be not measured, and what it needs. */
#ifndef KBENCH_REPORT_H
#define KBENCH_REPORT_H

#include "base/output.h"
#include "results.h"

/* "12.3 us [measured]"; units "B" in powers of 1024. A number that is not finite comes out
 * as "not measured". */
void report_number(struct output *out, double number, const char *unit, enum origin origin);

/* "- name: value", by the fact; or "- name: not measured (needs NEEDS)". */
void report_fact(struct output *out, const struct measure *measure, const char *fact,
    const char *name, const char *needs);

/* The same for the first counter whose name begins with `counter`. */
void report_counter(struct output *out, const struct measure *measure, const char *counter,
    const char *name);

/* "- name: 12.3 us [measured]" */
void report_value(struct output *out, const char *name, double number, const char *unit,
    enum origin origin);

/* "- name: not measured (needs NEEDS)" */
void report_missing(struct output *out, const char *name, const char *needs);

/* "- function: kernels/index.c, lines 41 to 71 [static]", for each of the functions, as the
 * build found them. NULL-terminated. */
void report_positions(struct output *out, const char *const *functions);

/* The kernel's measure whose value on its size axis is nearest to `size`, hot or cold, with
 * that value on axis `name` (NULL: any); NULL when there is none. */
const struct measure *report_pick(const struct results *results, const char *kernel,
    double size, const char *l2, const char *name, const char *value);

/* All rows of a kernel as a table. */
void report_rows(struct output *out, struct results *results, const char *kernel);

/* Time, rate, percentages, fit and bound of the picked row. */
void report_bandwidth(struct output *out, struct results *results,
    const struct measure *measure);

/* The chapters. */
void report_index(struct output *out, struct results *results);
void report_store(struct output *out, struct results *results);
void report_allreduce(struct output *out, struct results *results);
void report_radix(struct output *out, struct results *results);

#endif
