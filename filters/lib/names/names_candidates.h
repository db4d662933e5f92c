/* SPDX-License-Identifier: Apache-2.0 */
/* Tells in one pass over a name which rows of the table may match it. */
#ifndef WARPIPE_NAMES_CANDIDATES_H
#define WARPIPE_NAMES_CANDIDATES_H

#include "names/names_row.h"

/* The forms of a name, as bits. */
enum names_form {
	NAMES_RAW = 1,       /* as it came */
	NAMES_CANONICAL = 2,
	NAMES_FUNCTION = 4,  /* without template arguments */
	NAMES_WHOLE = 8      /* canonical, with parameters */
};

struct names_candidates {
	const struct names_row **rows; /* about kernels, in order */
	size_t row_count;
	uint64_t *always;  /* bits of the rows that may match any name */
	uint64_t *bits;    /* of those that may match the last name */
	uint8_t *found;    /* for each literal the forms of the last name that hold it */
	/* For each literal the rows that may match when one of `forms` holds it; forms 0 ends
	 * them. */
	struct names_asked {
		uint16_t row;
		uint8_t forms;
	} **asked;
	struct arena arena;
};

/* Once all rows are read. The rows stay the caller's, and must outlive this. */
void names_candidates_open(struct names_candidates *candidates, struct names_rows *rows);

/* A name, of which nothing is known yet. */
void names_candidates_begin(struct names_candidates *candidates, const struct names_rows *rows);

/* Look for literals in one of its forms. */
void names_candidates_read(struct names_candidates *candidates, const struct names_rows *rows,
    enum names_form form, const char *text, size_t length);

/* All its forms were read: mark its rows. */
void names_candidates_mark(struct names_candidates *candidates, const struct names_rows *rows);

/* The first row at or after `row` that may match, or row_count. */
size_t names_candidates_next(const struct names_candidates *candidates, size_t row);

void names_candidates_close(struct names_candidates *candidates);

#endif
