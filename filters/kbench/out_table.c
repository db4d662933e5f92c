/* SPDX-License-Identifier: Apache-2.0 */
/* Results as a table for people: columns lined up for a terminal, or Markdown. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "base/memory.h"
#include "writers.h"

enum { COLUMNS = 12 };

/* A table of texts; column widths follow from them. */
struct table {
	struct text (*rows)[COLUMNS];
	size_t count, capacity;
};

static const char *const headings[COLUMNS] = { "kernel", "axes", "l2", "bytes", "samples",
	"us", "noise", "GB/s", "ceiling", "plateau", "check", "notes" };

/* Columns of words are set left, of numbers right. */
static bool
is_words(int column)
{
	return column < 3 || column >= 10;
}

static struct text *
table_row(struct table *table)
{
	table->rows = memory_grow(table->rows, table->count, &table->capacity,
	    sizeof(*table->rows));
	memset(table->rows[table->count], 0, sizeof(*table->rows));
	return table->rows[table->count++];
}

static void
add_percent(struct text *text, double percent)
{
	if (isfinite(percent))
		text_add_format(text, "%.*f %%", percent < 9.95 ? 1 : 0, percent);
	else
		text_add_char(text, '-');
}

/* Four digits that matter, without an exponent. */
static void
add_number(struct text *text, double number)
{
	if (!isfinite(number))
		text_add_char(text, '-');
	else
		text_add_format(text, "%.*f", number < 1 ? 4 : number < 10 ? 3 : number < 100 ? 2
		    : number < 1000 ? 1 : 0, number);
}

static void
fill_row(struct text *row, struct results *results, const struct measure *measure)
{
	const struct fact *busbw = facts_find(&measure->facts, "busbw");
	const char *bound = explain_bound(results, measure);

	text_add_string(&row[0], measure->kernel);
	text_add_string(&row[1], measure_axes_text(results, measure, true));
	text_add_string(&row[2], measure->l2);
	explain_bytes(&row[3], measure->bytes);
	text_add_format(&row[4], "%lld", (long long)measure->samples);
	add_number(&row[5], measure->median);
	add_percent(&row[6], measure->noise * 100);
	add_number(&row[7], measure->gbps);
	add_percent(&row[8], measure->ceiling_pct);
	add_percent(&row[9], measure->peak_pct);
	text_add_string(&row[10], measure->correct < 0 ? "-" : measure->correct ? "ok" : "WRONG");
	if (strcmp(bound, "unknown") != 0)
		text_add_format(&row[11], "%s-bound", bound);
	if (strcmp(bound, "mixed") == 0) {
		text_clear(&row[11]);
		text_add_string(&row[11], "mixed");
	}
	if (busbw != NULL)
		text_add_format(&row[11], "%sbusbw %.3g GB/s", row[11].length ? ", " : "",
		    busbw->number);
	for (size_t i = 0; i < measure->flag_count; i++)
		text_add_format(&row[11], "%s%s", row[11].length ? ", " : "", measure->flags[i]);
}

static void
print_cell(struct output *out, const struct text *text, size_t width, bool left, bool last)
{
	size_t pad = width - text->length;

	if (!left)
		output_format(out, "%*s", (int)pad, "");
	output_bytes(out, text->bytes ? text->bytes : "", text->length);
	if (left && !last)
		output_format(out, "%*s", (int)pad, "");
}

static void
print_table(struct output *out, const struct table *table, bool markdown)
{
	size_t widths[COLUMNS] = { 0 };

	for (size_t i = 0; i < table->count; i++)
		for (int column = 0; column < COLUMNS; column++)
			if (table->rows[i][column].length > widths[column])
				widths[column] = table->rows[i][column].length;
	for (size_t i = 0; i < table->count; i++) {
		output_string(out, markdown ? "| " : "");
		for (int column = 0; column < COLUMNS; column++) {
			bool last = column == COLUMNS - 1;

			print_cell(out, &table->rows[i][column], widths[column], is_words(column),
			    last && !markdown);
			output_string(out, markdown ? (last ? " |" : " | ") : (last ? "" : "  "));
		}
		output_char(out, '\n');
		if (i == 0 && markdown) {
			output_char(out, '|');
			for (int column = 0; column < COLUMNS; column++)
				output_string(out, is_words(column) ? "---|" : "---:|");
			output_char(out, '\n');
		}
	}
}

/* The axes that all rows of a kernel share: said once, above the table. */
static void
print_shared_axes(struct output *out, struct results *results, bool markdown)
{
	const char *kernel = "";

	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *measure = &results->measures[i];
		const char *whole, *varying;

		if (strcmp(kernel, measure->kernel) == 0)
			continue;
		kernel = measure->kernel;
		varying = measure_axes_text(results, measure, true);
		output_format(out, "%s%s:", markdown ? "- " : "", kernel);
		for (size_t j = 0; j < measure->axes.count; j++) {
			whole = results_format(results, "%s=%s", measure->axes.items[j].name,
			    measure->axes.items[j].value);
			if (strstr(varying, whole) == NULL)
				output_format(out, " %s", whole);
		}
		output_char(out, '\n');
	}
}

static void
print_ceilings(struct output *out, const struct results *results)
{
	const struct ceiling *call = results_find_ceiling(results, "call", "");
	const struct ceiling *copy = results_plateau(results, "copy");

	if (call != NULL)
		output_format(out, "Measured in this run: a call of nothing %.3g us", call->us);
	if (copy != NULL)
		output_format(out, ", plateau of copies %.4g GB/s in %s", copy->gbps, copy->level);
	if (call != NULL || copy != NULL)
		output_string(out, ". ceiling: of the same number of bytes, the same way. plateau: of "
		    "the memory behind all caches.\n");
}

static void
write_rows(struct output *out, struct results *results, bool explain, bool markdown)
{
	struct table table = { 0 };
	struct text *row = table_row(&table);

	for (int column = 0; column < COLUMNS; column++)
		text_add_string(&row[column], headings[column]);
	for (size_t i = 0; i < results->measure_count; i++)
		fill_row(table_row(&table), results, &results->measures[i]);
	output_format(out, "%s%s (%s)\n", markdown ? "# " : "", results->device.name,
	    results->device.backend);
	output_string(out, markdown ? "\n" : "");
	print_ceilings(out, results);
	output_string(out, markdown ? "\n" : "");
	print_shared_axes(out, results, markdown);
	output_char(out, '\n');
	print_table(out, &table, markdown);
	if (explain)
		output_char(out, '\n');
	for (size_t i = 0; explain && i < results->measure_count; i++) {
		const struct measure *measure = &results->measures[i];
		struct text text = { 0 };

		explain_measure(&text, results, measure);
		output_format(out, "%s%s %s %s: %s\n", markdown ? "- " : "", measure->kernel,
		    measure_axes_text(results, measure, true), measure->l2, text.bytes);
		text_free(&text);
	}
	for (size_t i = 0; i < results->skipped_count; i++)
		output_format(out, "%sskipped %s\n", i ? "" : "\n", results->skipped[i]);
	for (size_t i = 0; i < table.count; i++)
		for (int column = 0; column < COLUMNS; column++)
			text_free(&table.rows[i][column]);
	free(table.rows);
}

void
write_table(struct output *out, struct results *results, bool explain)
{
	write_rows(out, results, explain, false);
}

void
write_markdown(struct output *out, struct results *results, bool explain)
{
	write_rows(out, results, explain, true);
}
