/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for a terminal, which leave out what it has no room for and say so, and Markdown. */
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/memory.h"
#include "page/markdown.h"
#include "sheet.h"
#include "write.h"

/* In a terminal; the rest is counted. */
enum { MOST_ROWS = 20, MOST_FURTHER = 8, WIDEST = 36 };

/* Words, broken where the terminal ends; further lines are indented. */
static void
put_wrapped(struct output *out, const char *words, size_t width)
{
	struct text clean = { 0 }, word = { 0 };
	size_t at = 0;
	const char *begin;

	columns_clean(&clean, words);
	for (begin = clean.bytes; *begin != '\0';) {
		size_t length = strcspn(begin, " ");

		text_clear(&word);
		text_add(&word, begin, length);
		if (at > 0 && at + 1 + columns_width(word.bytes) > width) {
			output_string(out, "\n  ");
			at = 2;
		} else if (at > 0) {
			output_char(out, ' ');
			at++;
		}
		output_bytes(out, word.bytes, word.length);
		at += columns_width(word.bytes);
		begin += length;
		begin += strspn(begin, " ");
	}
	output_char(out, '\n');
	text_free(&clean);
	text_free(&word);
}

struct plan {
	size_t widths[MOST_COLUMNS], left_out;
	bool shown[MOST_COLUMNS];
};

/* Which columns fit, the least important ones going first. */
static struct plan
plan_columns(const struct sheet *sheet, size_t rows, size_t width)
{
	struct plan plan = { 0 };
	size_t total = 0;

	for (size_t column = 0; column < sheet->column_count; column++) {
		size_t most = columns_width(sheet->columns[column].title);
		bool empty = true;

		for (size_t row = 0; row < rows; row++) {
			size_t wide = columns_width(
			    sheet->cells[row * sheet->column_count + column].bytes);

			most = wide > most ? wide : most;
			empty &= wide == 0;
		}
		if (empty)
			continue;
		plan.widths[column] = most < WIDEST ? most : WIDEST;
		plan.shown[column] = true;
		total += plan.widths[column] + 2;
	}
	while (total > width + 2) {
		size_t worst = sheet->column_count;

		for (size_t column = 0; column < sheet->column_count; column++)
			if (plan.shown[column] && sheet->columns[column].rank > 0 &&
			    (worst == sheet->column_count ||
			    sheet->columns[column].rank > sheet->columns[worst].rank))
				worst = column;
		if (worst == sheet->column_count)
			break;
		plan.shown[worst] = false;
		plan.left_out++;
		total -= plan.widths[worst] + 2;
	}
	return plan;
}

static void
put_line(struct output *out, const struct sheet *sheet, const struct plan *plan,
    const struct text *cells)
{
	struct text line = { 0 };

	for (size_t column = 0; column < sheet->column_count; column++) {
		if (!plan->shown[column])
			continue;
		if (line.length > 0)
			text_add_string(&line, "  ");
		columns_fit(&line, cells != NULL ? cells[column].bytes :
		    sheet->columns[column].title, plan->widths[column],
		    sheet->columns[column].right);
	}
	while (line.length > 0 && line.bytes[line.length - 1] == ' ')
		line.length--;
	output_bytes(out, line.bytes, line.length);
	output_char(out, '\n');
	text_free(&line);
}

/* Cells come from traces: nothing in them may steer the terminal. */
static void
clean_cells(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->count; i++) {
		struct text clean = { 0 };

		columns_clean(&clean, sheet->cells[i].bytes);
		text_add_string(&clean, "");
		text_free(&sheet->cells[i]);
		sheet->cells[i] = clean;
	}
}

static void
put_table(struct output *out, struct sheet *sheet, size_t most, size_t width)
{
	size_t rows = sheet->count / sheet->column_count, shown = rows < most ? rows : most;
	struct plan plan;

	if (rows == 0)
		return;
	clean_cells(sheet);
	plan = plan_columns(sheet, shown, width);
	output_format(out, "\n%s\n", sheet->title);
	put_line(out, sheet, &plan, NULL);
	for (size_t row = 0; row < shown; row++)
		put_line(out, sheet, &plan, sheet->cells + row * sheet->column_count);
	if (rows > shown)
		output_format(out, "and %zu more: -f md has all\n", rows - shown);
	if (plan.left_out > 0)
		output_format(out, "%zu columns have no room here: -f md has all\n",
		    plan.left_out);
}

void
write_table(const struct job *job, size_t width, struct output *out)
{
	for (size_t i = 0; i < job->sentence_count; i++) {
		struct text sentence = { 0 };

		text_add_format(&sentence, "%s.", job->sentences[i].bytes);
		put_wrapped(out, sentence.bytes, width);
		text_free(&sentence);
	}
	for (enum sheet_kind kind = SHEET_RANKS; kind < SHEET_COUNT; kind++) {
		struct sheet sheet = sheet_make(job, kind);

		put_table(out, &sheet, kind == SHEET_RANKS ? MOST_ROWS : MOST_FURTHER, width);
		sheet_free(&sheet);
	}
}

static void
put_markdown(struct output *out, const struct sheet *sheet)
{
	size_t columns = sheet->column_count;

	if (sheet->count == 0)
		return;
	output_format(out, "\n## %s\n\n%s\n\n|", sheet->title, sheet->legend);
	for (size_t i = 0; i < columns; i++)
		output_format(out, " %s |", sheet->columns[i].title);
	output_string(out, "\n|");
	for (size_t i = 0; i < columns; i++)
		output_string(out, sheet->columns[i].right ? "--:|" : "---|");
	for (size_t i = 0; i < sheet->count; i++) {
		output_string(out, i % columns == 0 ? "\n| " : " ");
		markdown_text(out, sheet->cells[i].bytes);
		output_string(out, " |");
	}
	output_char(out, '\n');
}

void
write_markdown(const struct job *job, struct output *out)
{
	output_format(out, "# %zu rank%s\n\n", job->count, job->count == 1 ? "" : "s");
	for (size_t i = 0; i < job->sentence_count; i++) {
		output_string(out, "- ");
		markdown_text(out, job->sentences[i].bytes);
		output_string(out, ".\n");
	}
	for (enum sheet_kind kind = SHEET_RANKS; kind < SHEET_COUNT; kind++) {
		struct sheet sheet = sheet_make(job, kind);

		put_markdown(out, &sheet);
		sheet_free(&sheet);
	}
}
