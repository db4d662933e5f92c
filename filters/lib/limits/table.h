/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that are built in as text: columns with tabs between them, the first row their names,
 * lines that begin with # and empty ones left out. */
#ifndef WARPIPE_TABLE_H
#define WARPIPE_TABLE_H

#include <stddef.h>

enum { TABLE_COLUMNS = 24 };

/* Cells are NUL-terminated and "" where a row has none; they live as long as the table. */
struct table {
	char *bytes;
	struct table_row {
		const char *cells[TABLE_COLUMNS];
	} *rows;
	size_t count, capacity;
};

/* Reads a copy of `text`, whose first row must be `columns` of names; dies when it is not. */
struct table table_open(const char *text, size_t columns);
void table_close(struct table *table);

#endif
