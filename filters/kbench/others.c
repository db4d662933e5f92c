/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas over the rows of a call. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "limits/sizes.h"
#include "others.h"

extern const char others_tsv[];

enum { KERNEL, BY, BUILT, SPLITS, WIDTH, THREADS, HELD, COLUMNS };
enum { WARP = 32 };

struct table
others_open(void)
{
	return table_open(others_tsv, COLUMNS);
}

static double
value_of(const struct sizes *sizes, const char *formula)
{
	char lacking[EXPRESSION_NAME];
	double value;

	if (!sizes_value(sizes, formula, false, &value, lacking))
		die("a built-in formula lacks %s: %s", lacking, formula);
	return value;
}

bool
others_launch(const struct table *table, size_t at, const char *kernel, double rows,
    double bytes, bool new_chip, struct other_launch *launch)
{
	const struct table_row *row = &table->rows[at];
	struct sizes sizes = { .count = 0 };
	double splits, width, warps;

	if (strcmp(row->cells[KERNEL], kernel) != 0 || !(rows > 0) || !(bytes > 0))
		return false;
	sizes_set(&sizes, "rows", rows, rows);
	sizes_set(&sizes, "e", bytes, bytes);
	sizes_set(&sizes, "new", new_chip, new_chip);
	if (!(value_of(&sizes, row->cells[BUILT]) > 0))
		return false;
	splits = value_of(&sizes, row->cells[SPLITS]);
	sizes_set(&sizes, "s", bytes / splits, bytes / splits);
	width = value_of(&sizes, row->cells[WIDTH]);
	sizes_set(&sizes, "w", width, width);
	launch->by = row->cells[BY];
	launch->threads = value_of(&sizes, row->cells[THREADS]);
	warps = launch->threads / WARP;
	launch->blocks = ceil(rows * splits / warps);
	launch->lanes = WARP * splits;
	launch->unroll = bytes / splits / (WARP * width);
	launch->held = warps * value_of(&sizes, row->cells[HELD]);
	return true;
}
