/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a job, however they are written. */
#ifndef TR_RANKS_SHEET_H
#define TR_RANKS_SHEET_H

#include "job.h"

struct column {
	const char *title;
	bool right;
	int rank;     /* where a table is too wide, the greatest go first; 0 stays */
};

enum { MOST_COLUMNS = 20 };

/* Cells row by row, owned; `values` are what columns sort by, NAN for text. */
struct sheet {
	const char *title, *legend;
	const struct column *columns;
	size_t column_count;
	struct text *cells;
	double *values;
	size_t count, capacity, value_capacity; /* of cells */
};

enum sheet_kind { SHEET_RANKS, SHEET_LAYERS, SHEET_PASSES, SHEET_COLLECTIVES, SHEET_COUNT };

/* To be released with sheet_free; without rows where there is nothing to tell. */
struct sheet sheet_make(const struct job *job, enum sheet_kind kind);
void sheet_free(struct sheet *sheet);

#endif
