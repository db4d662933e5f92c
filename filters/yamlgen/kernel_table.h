/* SPDX-License-Identifier: Apache-2.0 */
/* A table of kernels in a CSV: which columns it has, and what a row says. */
#ifndef WARPIPE_YAMLGEN_KERNEL_TABLE_H
#define WARPIPE_YAMLGEN_KERNEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "catalogue.h"
#include "csv.h"
#include "base/text.h"

/* Where the columns that count stand: of a summary, a kernel a row, or of a trace
 * (cuda_gpu_trace), a launch a row. */
struct kernel_table {
	size_t name, time, instances;
	size_t grid;       /* traces only: empty in the rows of copies */
	bool traced;
	const char *title; /* of the time's column, without its unit */
	size_t count;      /* fields of the header */
	double unit_ns;    /* nanoseconds in one unit of the time */
};

/* Whether the current row is the header of such a table; if so, its columns. */
bool kernel_table_find(const struct csv *csv, struct kernel_table *table);

/* Whether the current row is a header again: captured reports may follow each other. */
bool kernel_table_is_header(const struct csv *csv, const struct kernel_table *table);

/* Add the current row's kernel. NULL, or what is wrong with the row (one text, valid until
 * the next call on the same `text`). */
const char *kernel_table_add(struct catalogue *catalogue, struct source *source,
    const struct csv *csv, const struct kernel_table *table, struct text *text);

#endif
