/* SPDX-License-Identifier: Apache-2.0 */
/* Builds and prints tables of text. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/columns.h"
#include "page/markdown.h"
#include "base/memory.h"
#include "sheet.h"

/* What a trace says is text: it moves no cursor and ends no line. */
static const char *
keep(struct sheet *sheet, const struct text *text)
{
	struct text clean = { 0 };
	const char *copy;

	columns_clean(&clean, text->length > 0 ? text->bytes : "");
	copy = arena_copy(&sheet->arena, clean.length > 0 ? clean.bytes : "", clean.length);
	text_free(&clean);
	return copy;
}

const char *
sheet_string(struct sheet *sheet, const char *format, ...)
{
	struct text text = { 0 };
	va_list arguments;
	const char *kept;

	va_start(arguments, format);
	text_add_arguments(&text, format, arguments);
	va_end(arguments);
	kept = keep(sheet, &text);
	text_free(&text);
	return kept;
}

void
sheet_say(struct sheet *sheet, const char *sentence, double us)
{
	size_t at = sheet->say_count;

	if (at == SHEET_MOST_SAID && sheet->says[at - 1].us >= us)
		return;
	sheet->says = memory_grow(sheet->says, sheet->say_count, &sheet->say_capacity,
	    sizeof(*sheet->says));
	for (; at > 0 && sheet->says[at - 1].us < us; at--)
		sheet->says[at] = sheet->says[at - 1];
	sheet->says[at] = (struct say){ sheet_string(sheet, "%s", sentence), us };
	if (sheet->say_count < SHEET_MOST_SAID)
		sheet->say_count++;
}

struct section *
sheet_section(struct sheet *sheet, const char *id, const char *title,
    const struct column *columns, size_t column_count)
{
	struct section *section;

	sheet->sections = memory_grow(sheet->sections, sheet->section_count,
	    &sheet->section_capacity, sizeof(*sheet->sections));
	section = &sheet->sections[sheet->section_count++];
	*section = (struct section){ .id = id, .title = title, .columns = columns,
		.column_count = column_count };
	return section;
}

static void
add_cell(struct sheet *sheet, const char *text, double value)
{
	struct section *section = &sheet->sections[sheet->section_count - 1];

	section->cells = memory_grow(section->cells, section->cell_count,
	    &section->cell_capacity, sizeof(*section->cells));
	section->cells[section->cell_count++] = (struct cell){ text, value };
}

void
sheet_text(struct sheet *sheet, const char *format, ...)
{
	struct text text = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_add_arguments(&text, format, arguments);
	va_end(arguments);
	add_cell(sheet, keep(sheet, &text), NAN);
	text_free(&text);
}

void
sheet_count(struct sheet *sheet, double count)
{
	add_cell(sheet, sheet_string(sheet, "%.0f", count), count);
}

void
sheet_time(struct sheet *sheet, double us)
{
	struct number number;

	add_cell(sheet, us == 0 ? "" : sheet_string(sheet, "%s", number_human(&number, us)), us);
}

void
sheet_moment(struct sheet *sheet, double us)
{
	struct number number;

	add_cell(sheet, sheet_string(sheet, "%s", number_human(&number, us)), us);
}

void
sheet_percent(struct sheet *sheet, double part, double whole)
{
	double percent = whole > 0 ? 100 * part / whole : 0;

	add_cell(sheet, sheet_string(sheet, "%.1f%%", percent), percent);
}

void
sheet_close(struct sheet *sheet)
{
	size_t i;

	for (i = 0; i < sheet->section_count; i++)
		free(sheet->sections[i].cells);
	free(sheet->sections);
	free(sheet->says);
	arena_free(&sheet->arena);
}

static void
write_padded(struct output *out, const char *text, int width, bool right, bool last)
{
	int space = width - (int)columns_width(text);
	struct text cut = { 0 };

	if (space < 0) {
		columns_fit(&cut, text, (size_t)width, false);
		output_string(out, cut.bytes);
		text_free(&cut);
	} else if (right)
		output_format(out, "%*s%s", space, "", text);
	else
		output_format(out, "%s%*s", text, last ? 0 : space, "");
	output_string(out, last ? "\n" : "  ");
}

/* No column of text is made narrower than this. */
enum { NARROWEST = 10 };

/* Make the widest columns of text as narrow as the terminal asks for. */
static void
fit_widths(const struct section *section, int *widths, size_t width)
{
	size_t columns = section->column_count, total = 2 * (columns - 1);

	for (size_t i = 0; i < columns; i++)
		total += (size_t)widths[i];
	while (total > width) {
		int *widest = NULL;

		for (size_t i = 0; i < columns; i++)
			if (!section->columns[i].right && widths[i] > NARROWEST &&
			    (widest == NULL || widths[i] > *widest))
				widest = &widths[i];
		if (widest == NULL)
			break;
		--*widest;
		total--;
	}
}

static void
write_section(const struct section *section, struct output *out, bool color, size_t width)
{
	size_t columns = section->column_count, i;
	int *widths = memory_alloc_zero(columns, sizeof(*widths));

	for (i = 0; i < columns; i++)
		widths[i] = (int)columns_width(section->columns[i].title);
	for (i = 0; i < section->cell_count; i++) {
		int wants = (int)columns_width(section->cells[i].text);

		/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): who has cells has columns */
		if (wants > widths[i % columns])
			widths[i % columns] = wants;
	}
	if (width > 0)
		fit_widths(section, widths, width);
	output_format(out, "\n%s%s%s\n", color ? "\033[1m" : "", section->title,
	    color ? "\033[0m" : "");
	if (color)
		output_string(out, "\033[2m");
	for (i = 0; i < columns; i++)
		write_padded(out, section->columns[i].title, widths[i], section->columns[i].right,
		    i + 1 == columns);
	if (color)
		output_string(out, "\033[0m");
	for (i = 0; i < section->cell_count; i++)
		write_padded(out, section->cells[i].text, widths[i % columns],
		    section->columns[i % columns].right, i % columns + 1 == columns);
	free(widths);
}

const char *const sheet_legend[] = {
	"sum: durations added up, also of what runs at the same time",
	"busy: time in which at least one of them runs",
	"span: from the first begin to the last end, of which a part is busy and the rest idle",
	NULL,
};

/* Columns of a sentence where no terminal says how many there are. */
enum { SAY_WIDTH = 100 };

/* "1. " and the sentence, its further lines indented like the first. */
static void
write_say(const char *sentence, size_t number, struct output *out, size_t width)
{
	size_t used = 3;
	struct text word = { 0 };

	output_format(out, "%zu.", number);
	while (*sentence != '\0') {
		size_t length = strcspn(sentence, " "), columns;

		/* A number and its unit stay together. */
		if (length > 0 && strspn(sentence, "0123456789.") == length &&
		    sentence[length] != '\0')
			length += 1 + strcspn(sentence + length + 1, " ");
		text_clear(&word);
		text_add(&word, sentence, length);
		columns = columns_width(word.bytes);

		if (used > 3 && used + columns > width) {
			output_string(out, "\n  ");
			used = 3;
		}
		output_format(out, " %s", word.bytes);
		used += columns + 1;
		sentence += length;
		sentence += *sentence == ' ';
	}
	output_char(out, '\n');
	text_free(&word);
}

void
sheet_write_text(const struct sheet *sheet, struct output *out, bool color, size_t width)
{
	size_t i;

	output_format(out, "%s%s%s\n%s\n", color ? "\033[1m" : "", sheet->title,
	    color ? "\033[0m" : "", sheet->figures);
	if (sheet->say_count > 0)
		output_char(out, '\n');
	for (i = 0; i < sheet->say_count; i++)
		write_say(sheet->says[i].text, i + 1, out, width > 0 ? width : SAY_WIDTH);
	for (i = 0; i < sheet->section_count; i++)
		write_section(&sheet->sections[i], out, color, width);
	output_format(out, "\n%sLegend%s\n", color ? "\033[1m" : "", color ? "\033[0m" : "");
	for (i = 0; sheet_legend[i] != NULL; i++)
		output_format(out, "%s\n", sheet_legend[i]);
}

void
sheet_write_markdown(const struct sheet *sheet, struct output *out)
{
	size_t i, j;

	output_string(out, "# ");
	markdown_text(out, sheet->title);
	output_string(out, "\n\n");
	markdown_text(out, sheet->figures);
	output_string(out, sheet->say_count > 0 ? "\n\n" : "\n");
	for (i = 0; i < sheet->say_count; i++) {
		output_format(out, "%zu. ", i + 1);
		markdown_text(out, sheet->says[i].text);
		output_char(out, '\n');
	}
	for (i = 0; i < sheet->section_count; i++) {
		const struct section *section = &sheet->sections[i];

		output_string(out, "\n## ");
		markdown_text(out, section->title);
		output_string(out, "\n\n|");
		for (j = 0; j < section->column_count; j++)
			output_format(out, " %s |", section->columns[j].title);
		output_string(out, "\n|");
		for (j = 0; j < section->column_count; j++)
			output_string(out, section->columns[j].right ? "--:|" : "---|");
		output_char(out, '\n');
		for (j = 0; j < section->cell_count; j++) {
			/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): as there are cells */
			output_string(out, j % section->column_count == 0 ? "| " : " ");
			markdown_text(out, section->cells[j].text);
			output_string(out, (j + 1) % section->column_count == 0 ? " |\n" : " |");
		}
	}
	output_string(out, "\n## Legend\n\n");
	for (i = 0; sheet_legend[i] != NULL; i++)
		output_format(out, "- %s\n", sheet_legend[i]);
}
