/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a copy of the text where it is. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "limits/table.h"

/* The cells of one line; how many there are. */
static size_t
cut(struct table_row *row, char *line)
{
	size_t count = 0;

	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		row->cells[i] = "";
	for (char *cell = line; cell != NULL && count < TABLE_COLUMNS; count++) {
		char *tab = strchr(cell, '\t');

		row->cells[count] = cell;
		if (tab != NULL)
			*tab++ = '\0';
		cell = tab;
	}
	return count;
}

struct table
table_open(const char *text, size_t columns)
{
	struct table table = { .bytes = memory_copy_string(text) };
	bool names_seen = false;
	char *line = table.bytes, *next;

	for (; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (*line == '#' || *line == '\0')
			continue;
		table.rows = memory_grow(table.rows, table.count, &table.capacity,
		    sizeof(*table.rows));
		if (cut(&table.rows[table.count], line) > columns)
			die("a built-in table has a row with more than %zu columns: %s", columns,
			    line);
		if (names_seen)
			table.count++;
		names_seen = true;
	}
	return table;
}

void
table_close(struct table *table)
{
	free(table->bytes);
	free(table->rows);
	*table = (struct table){ 0 };
}
