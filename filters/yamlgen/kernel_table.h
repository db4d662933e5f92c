/* SPDX-License-Identifier: Apache-2.0 */
/* A table of kernels: which columns it has, and what a row says. The tables of many tools have
 * the same columns under other titles. */
#ifndef WARPIPE_YAMLGEN_KERNEL_TABLE_H
#define WARPIPE_YAMLGEN_KERNEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "catalogue.h"
#include "csv.h"
#include "base/text.h"

enum kernel_column {
	COLUMN_NAME,
	COLUMN_TOTAL,    /* time of all launches */
	COLUMN_COUNT,    /* launches */
	COLUMN_AVERAGE,
	COLUMN_MIN,
	COLUMN_MEDIAN,
	COLUMN_MAX,
	COLUMN_DURATION, /* of one launch */
	COLUMN_START,
	COLUMN_END,
	COLUMN_GRID,     /* "(160, 1, 1)" */
	COLUMN_GRID_X,
	COLUMN_GRID_Y,
	COLUMN_GRID_Z,
	COLUMN_BLOCK,
	COLUMN_BLOCK_X,
	COLUMN_BLOCK_Y,
	COLUMN_BLOCK_Z,
	COLUMN_DEVICE,
	COLUMN_RANGE,    /* an NVTX range around the launches */
	COLUMN_THREAD,   /* that the range is of */
	COLUMN_PROCESS,
	COLUMN_CATEGORY, /* kernels, copies and calls in one table */
	COLUMN_CPU,      /* time on the CPU: rows that have some are operators */
	COLUMN_COUNT_OF
};

/* Rows are a kernel each (a summary) or, when `traced`, a launch each. */
struct kernel_table {
	size_t column[COLUMN_COUNT_OF];         /* SIZE_MAX where there is none */
	double unit_ns[COLUMN_COUNT_OF];        /* of a time: nanoseconds in one */
	bool traced, work_items;                /* the grid counts threads, as AMD's does */
	bool decimal_comma;                     /* a row has shown it */
	size_t count;                           /* fields of the header */
	size_t calls;                           /* rows that are functions of an API */
	size_t rows, operators;
};

/* Whether the current row is the header of such a table; if so, its columns. */
bool kernel_table_find(const struct csv *csv, struct kernel_table *table);

/* Whether the current row is a header again: captured reports may follow each other. */
bool kernel_table_is_header(const struct csv *csv, const struct kernel_table *table);

/* One row, read. */
struct kernel_row {
	const char *name, *device, *range, *thread;
	size_t name_length, device_length, range_length, thread_length;
	struct observation seen;
	bool skip; /* no kernel: a copy, a call, an operator, a row of units */
};

/* Read the current row. NULL, or what is wrong with it (one text, valid until the next call
 * on the same `text`). */
const char *kernel_table_read(struct kernel_row *row, struct csv *csv,
    struct kernel_table *table, struct text *text);

/* Add the current row's kernel; the same answer. */
const char *kernel_table_add(struct catalogue *catalogue, struct source *source,
    struct csv *csv, struct kernel_table *table, struct text *text);

#endif
