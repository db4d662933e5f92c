/* SPDX-License-Identifier: Apache-2.0 */
/* The table for a terminal: one line a kernel, no wider than the terminal is. */
#include <math.h>
#include <string.h>

#include "base/columns.h"
#include "formats.h"
#include "page/label.h"
#include "base/number.h"
#include "place.h"
#include "summary.h"
#include "trace/kinds.h"

enum column { SHARE, BAR, SUM, CALLS, LIMIT, WIN, STAGE, TYPE, KERNEL, SYMBOL, OP, COLUMN_COUNT };
enum { GAP = 2, BAR_WIDTH = 8, NAMES_LEAST = 48, NAME_LEAST = 6, OP_MORE = 8,
	NARROWEST = 40 };

static const char *const headings[COLUMN_COUNT] = { "share", "", "time", "calls", "of limit",
	"to win", "stage", "type", "kernel", "symbol", "op" };

#define BOLD "1"
#define DIM "2"
#define RED "31"
#define YELLOW "33"

struct row {
	const char *cells[COLUMN_COUNT]; /* clean */
	const char *colors[COLUMN_COUNT];
	const char *place; /* that the op's cell ends with: kept when the cell is cut, */
	const char *line;  /* or this, which is shorter */
};

struct table {
	struct output *out;
	struct join *join;
	struct row *rows;
	size_t row_count;
	size_t widths[COLUMN_COUNT]; /* 0: left out */
	size_t width;                /* of the terminal */
	bool color;
	bool limits; /* of any row are known */
	struct text line;
};

static const char *
clean(struct table *table, const char *string)
{
	struct text text = { 0 };
	const char *copy;

	columns_clean(&text, string ? string : "-");
	copy = arena_copy(&table->join->arena, text.bytes, text.length);
	text_free(&text);
	return copy;
}

static int
type_index(const char *type)
{
	return type == NULL ? TYPE_COUNT :
	    kinds_index(type_names, (struct slice){ type, strlen(type) }, TYPE_COUNT);
}

/* As classified, but the longest words cut to what everybody says. */
static const char *
short_type(const char *type)
{
	int index = type_index(type);

	return index < TYPE_COUNT ? type_shorts[index] : type;
}

static const char *
type_color(const char *type)
{
	int index = type_index(type);

	return index < TYPE_COUNT ? type_colors[index] : NULL;
}

/* Eighths of a column, so that a few columns tell much. */
static const char *
make_bar(struct table *table, double part, double whole)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	int length = whole > 0 ? (int)lround(8 * BAR_WIDTH * fmin(part / whole, 1)) : 0;
	struct text text = { 0 };
	const char *copy;

	for (int i = 0; i < length / 8; i++)
		text_add_string(&text, "█");
	text_add_string(&text, eighths[length % 8]);
	copy = arena_copy(&table->join->arena, text.bytes, text.length);
	text_free(&text);
	return copy;
}

static void
set_figures(struct table *table, struct row *row, double sum, uint64_t calls)
{
	struct arena *arena = &table->join->arena;
	struct number number;

	row->cells[SHARE] = arena_format(arena, "%s",
	    number_percent(&number, sum, table->join->sum));
	row->cells[SUM] = arena_format(arena, "%s", number_human(&number, sum));
	row->cells[CALLS] = arena_format(arena, "%llu", (unsigned long long)calls);
}

/* Where the call stands: of the op; else of the function seen on the stack; else of the op
 * before it. */
static void
set_site(struct table *table, struct row *row, const struct place *place, size_t others)
{
	const struct frame *site = place_site(table->join, place);
	struct arena *arena = &table->join->arena;
	const char *label, *kind = place->certain ? "" : "? ";

	if (site != NULL) {
		label = label_of(site->call);
		if (strncmp(label, "self.", 5) == 0)
			label += 5; /* of the model, as all ops are */
		row->colors[OP] = place->certain ? NULL : YELLOW;
	} else if ((site = place_seen_in(table->join, place)) != NULL) {
		label = site->function;
		kind = "in ";
		row->colors[OP] = DIM;
	} else if ((site = place->after) != NULL) {
		label = label_of(site->call);
		kind = "after ";
		row->colors[OP] = DIM;
	} else {
		return;
	}
	row->place = arena_format(arena, " @ %s:%u",
	    site->file ? clean(table, base_name(site->file)) : "?", site->line);
	row->line = arena_format(arena, " :%u", site->line);
	if (others > 0 && place->certain) {
		row->place = arena_format(arena, "%s +%zu", row->place, others);
		row->line = arena_format(arena, "%s +%zu", row->line, others);
	}
	row->cells[OP] = arena_format(arena, "%s%s%s", kind, clean(table, label), row->place);
}

static void
set_place(struct table *table, struct row *row, const struct hot *hot)
{
	struct arena *arena = &table->join->arena;
	const struct place *place = hot_main_place(hot);
	size_t others;

	if (hot->explained == UNEXPLAINED) {
		row->cells[SYMBOL] = "unmatched";
		row->colors[SYMBOL] = RED;
	}
	if (place == NULL)
		return;
	others = hot_other_places(table->join, hot, place);
	if (place->kernel && !place->certain && others > 0) {
		row->cells[SYMBOL] = arena_format(arena, "? %s or %zu more",
		    clean(table, place->kernel), others);
		row->colors[SYMBOL] = YELLOW;
	} else if (place->kernel) {
		row->cells[SYMBOL] = arena_format(arena, "%s%s", place->certain ? "" : "? ",
		    clean(table, place->kernel));
	} else if (hot->library && strcmp(hot->library, "unknown") != 0) {
		row->cells[SYMBOL] = arena_format(arena, "%s(%s)", place->certain ? "" : "? ",
		    clean(table, hot->library));
		row->colors[SYMBOL] = place->certain ? NULL : YELLOW;
	}
	set_site(table, row, place, others);
}

static void
add_hot(struct table *table, const struct hot *hot)
{
	struct row *row = &table->rows[table->row_count++];

	set_figures(table, row, hot->sum, hot->calls);
	if (hot->limited > 0 && hot->win >= 0) {
		struct number number;

		row->cells[LIMIT] = arena_format(&table->join->arena, "%.1f%%",
		    100 * hot->limit / hot->limited);
		row->cells[WIN] = arena_format(&table->join->arena, "%s",
		    number_human(&number, hot->win));
		table->limits = true;
	}
	row->cells[BAR] = make_bar(table, hot->sum, table->join->hots[0].sum);
	row->cells[STAGE] = clean(table, hot->stage);
	row->cells[TYPE] = clean(table, short_type(hot->type));
	row->cells[KERNEL] = clean(table, hot->label);
	row->colors[BAR] = row->colors[TYPE] = type_color(hot->type);
	set_place(table, row, hot);
}

/* Rows that are not listed, and those that nothing explains, each as one. */
static void
add_rest(struct table *table, size_t first, bool unmatched)
{
	struct row *row = &table->rows[table->row_count];
	uint64_t calls = 0, rows = 0;
	double sum = 0;

	for (size_t i = unmatched ? 0 : first; i < table->join->hot_count; i++) {
		const struct hot *hot = &table->join->hots[i];

		if (unmatched && hot->explained != UNEXPLAINED)
			continue;
		sum += hot->sum;
		calls += hot->calls;
		rows++;
	}
	if (rows == 0)
		return;
	set_figures(table, row, unmatched ? table->join->explained[UNEXPLAINED] : sum, calls);
	row->cells[KERNEL] = arena_format(&table->join->arena,
	    unmatched ? "unmatched (%llu)" : "+ %llu more", (unsigned long long)rows);
	for (int i = 0; i < COLUMN_COUNT; i++)
		row->colors[i] = unmatched ? RED : DIM;
	table->row_count++;
}

static size_t
total_width(const struct table *table)
{
	size_t total = 0;

	for (int i = 0; i < COLUMN_COUNT; i++)
		total += table->widths[i] > 0 ? table->widths[i] + GAP : 0;
	return total - GAP;
}

static void
natural_widths(struct table *table)
{
	for (int c = 0; c < COLUMN_COUNT; c++) {
		table->widths[c] = columns_width(headings[c]);
		for (size_t r = 0; r < table->row_count; r++) {
			const char *cell = table->rows[r].cells[c];
			size_t width = cell ? columns_width(cell) : 0;

			if (width > table->widths[c])
				table->widths[c] = width;
		}
	}
	if (!table->limits)
		table->widths[LIMIT] = table->widths[WIN] = 0;
}

/* Leave columns out, the least needed first, until names have room; then narrow names, the
 * widest first. */
static void
fit_widths(struct table *table)
{
	static const enum column dispensable[] = { BAR, TYPE, STAGE, CALLS, LIMIT, WIN, SUM };
	static const enum column names[] = { KERNEL, SYMBOL, OP };
	size_t dropped = 0, names_width = 0;

	natural_widths(table);
	for (int i = 0; i < 3; i++)
		names_width += table->widths[names[i]];
	while (dropped < sizeof(dispensable) / sizeof(dispensable[0]) &&
	    total_width(table) > table->width &&
	    total_width(table) - names_width + NAMES_LEAST > table->width)
		table->widths[dispensable[dropped++]] = 0;
	while (total_width(table) > table->width) {
		enum column widest = table->widths[KERNEL] >= table->widths[SYMBOL] ? KERNEL
										   : SYMBOL;

		if (table->widths[OP] > table->widths[widest] + OP_MORE)
			widest = OP;
		if (table->widths[widest] <= NAME_LEAST)
			break;
		table->widths[widest]--;
	}
}

/* An op that is too long is cut in its name, so that file and line stay. */
static void
add_cell(struct table *table, const struct row *row, int column)
{
	const char *cell = row->cells[column] ? row->cells[column] : "", *end = row->place;
	size_t width = table->widths[column];

	if (column != OP || end == NULL || columns_width(cell) <= width) {
		columns_fit(&table->line, cell, width,
		    column == SHARE || (column >= SUM && column <= WIN));
		return;
	}
	if (columns_width(end) + NAME_LEAST > width)
		end = row->line;
	if (columns_width(end) > width)
		end = "";
	columns_fit(&table->line, cell, width - columns_width(end), false);
	text_add_string(&table->line, end);
}

static void
write_row(struct table *table, const struct row *row)
{
	size_t length;

	text_clear(&table->line);
	for (int c = 0; c < COLUMN_COUNT; c++) {
		const char *color = table->color ? row->colors[c] : NULL;

		if (table->widths[c] == 0)
			continue;
		if (color)
			text_add_format(&table->line, "\033[%sm", color);
		add_cell(table, row, c);
		if (color)
			text_add_string(&table->line, "\033[0m");
		text_add_string(&table->line, c < OP ? "  " : "");
	}
	for (length = table->line.length; length > 0 && table->line.bytes[length - 1] == ' '; )
		length--;
	output_bytes(table->out, table->line.bytes, length);
	output_char(table->out, '\n');
}

/* The word after the `used` columns of its line, or on the next; one that no line can hold,
 * such as a file's name, is cut. Returns the columns used then. */
static size_t
write_word(struct table *table, const char *word, size_t used)
{
	size_t width = columns_width(word);
	struct text cut = { 0 };

	if (used > 0 && used + 1 + width > table->width) {
		output_string(table->out, "\n  ");
		used = 2;
	} else if (used > 0) {
		output_char(table->out, ' ');
		used++;
	}
	if (used + width > table->width)
		width = table->width - used;
	columns_fit(&cut, word, width, false);
	output_bytes(table->out, cut.bytes, cut.length);
	text_free(&cut);
	return used + width;
}

/* A sentence, broken between words where the terminal ends. */
static void
write_sentence(struct table *table, const char *sentence, const char *color)
{
	const char *at = clean(table, sentence);
	size_t used = 0;

	if (table->color && color)
		output_format(table->out, "\033[%sm", color);
	while (*at) {
		size_t length = strcspn(at, " ");

		used = write_word(table, arena_copy(&table->join->arena, at, length), used);
		at += length + strspn(at + length, " ");
	}
	output_string(table->out, table->color && color ? "\033[0m\n" : "\n");
}

static void
write_head(struct table *table, const char *title)
{
	struct summary summary = summary_of(table->join);
	struct join *join = table->join;

	write_sentence(table, arena_format(&join->arena, "%s: %s", title,
	    join->file ? join->file : "unnamed trace"), BOLD);
	write_sentence(table, summary.trace, DIM);
	write_sentence(table, summary.time, NULL);
	write_sentence(table, summary.explained, NULL);
	write_sentence(table, summary.frames, NULL);
	if (summary.warning)
		write_sentence(table, arena_format(&join->arena, "warning: %s", summary.warning),
		    YELLOW);
	output_char(table->out, '\n');
}

static void
write_stream(struct table *table, const struct format_options *options)
{
	struct join *join = table->join;
	size_t shown = options->rows > 0 && options->rows < join->hot_count ? options->rows
									     : join->hot_count;
	struct row head = { 0 };

	table->rows = arena_alloc_zero(&join->arena, (shown + 2) * sizeof(*table->rows));
	table->row_count = 0;
	for (size_t i = 0; i < shown; i++)
		add_hot(table, &join->hots[i]);
	add_rest(table, shown, false);
	add_rest(table, shown, true);
	fit_widths(table);
	write_head(table, options->title);
	for (int c = 0; c < COLUMN_COUNT; c++) {
		head.cells[c] = headings[c];
		head.colors[c] = DIM;
	}
	write_row(table, &head);
	for (size_t i = 0; i < table->row_count; i++)
		write_row(table, &table->rows[i]);
	if (summary_ambiguous(join) > 0)
		write_sentence(table, "? one of several candidates: -f md and -f html say which "
		    "and why", DIM);
}

void
table_write(struct output *out, struct reader *reader, const struct format_options *options)
{
	struct join join = { 0 };
	struct table table = { .out = out, .join = &join, .width = columns_terminal(140),
		.color = columns_color() };

	if (table.width < NARROWEST)
		table.width = NARROWEST;
	for (bool first = true; join_read(&join, reader); first = false) {
		output_string(out, first ? "" : "\n");
		write_stream(&table, options);
	}
	text_free(&table.line);
	join_free(&join);
}
