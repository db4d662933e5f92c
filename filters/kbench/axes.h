/* SPDX-License-Identifier: Apache-2.0 */
/* Axes: named lists of values whose combinations are measured. */
#ifndef KBENCH_AXES_H
#define KBENCH_AXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* What an axis takes and what it holds unless the user says otherwise. */
struct axis_rule {
	const char *name;
	const char *help;           /* a few words */
	const char *const *choices; /* NULL: numbers from low to high */
	int64_t low, high;
	const char *on_cpu;         /* default values; NULL: the axis is not there */
	const char *on_cuda;
};

/* One axis with its values as text; numbers are plain decimals. */
struct axis {
	const struct axis_rule *rule; /* NULL as parsed */
	const char *name;
	const char **values;
	size_t count;
};

/* Parse "NAME=VALUES" into `axis`, whose strings live in `arena`. VALUES: a list v,v,... of
 * words, numbers (suffixes K, M, G are powers of 1024) and ranges lo:hi (doubling),
 * lo:hi:step and lo:hi:xFACTOR; nvbench's NAME[pow2]=[lo:hi:step] too. The last value of a
 * range is not past hi. NULL, or what is wrong with it. */
const char *axis_parse(struct axis *axis, const char *text, struct arena *arena);

/* NULL, or why the values do not fit the rule ("'fp7' is none of fp32, fp16"). */
const char *axis_check(const struct axis *axis, const struct axis_rule *rule,
    struct arena *arena);

/* A number with K, M, G (powers of 1024) after it; false when it is none or too large. */
bool axis_number(const char *text, size_t length, int64_t *number);

/* One combination: the i-th value of each axis, the last axis turning fastest. */
struct point {
	const struct axis *axes;
	size_t axis_count;
	size_t *at; /* by axis */
};

/* The value of the axis called `name`; NULL when there is no such axis. */
const char *point_text(const struct point *point, const char *name);
int64_t point_number(const struct point *point, const char *name); /* 0 when absent */

/* On to the next combination; false after the last. */
bool point_next(struct point *point);

size_t axes_combinations(const struct axis *axes, size_t count);

#endif
