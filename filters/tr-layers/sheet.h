/* SPDX-License-Identifier: Apache-2.0 */
/* A report as tables of text, for all formats that people read. Control characters in what
 * the trace says are spelled out. */
#ifndef TR_LAYERS_SHEET_H
#define TR_LAYERS_SHEET_H

#include "base/arena.h"
#include "report.h"

struct cell {
	const char *text; /* owned by the sheet */
	double value;     /* to sort by; NAN when the text is all there is */
};

struct column {
	const char *title;
	bool right; /* numbers stand to the right */
};

/* One table. */
struct section {
	const char *id;    /* "types", a word for links */
	const char *title; /* owned by the sheet */
	const struct column *columns;
	size_t column_count;
	struct cell *cells; /* row by row */
	size_t cell_count, cell_capacity;
};

/* The sentences of a sheet, at most; those of least time are left out. */
enum { SHEET_MOST_SAID = 5 };

/* What the words of figures mean, a line each; ends with NULL. */
extern const char *const sheet_legend[];

/* A sentence. */
struct say {
	const char *text; /* owned by the sheet */
	double us;        /* of the trace's time, that it is about or that could be won */
};

struct sheet {
	const char *title; /* file and method, one line; owned */
	const char *figures; /* counts and times, one line; owned */
	struct say *says;    /* what to know first, what takes most first */
	size_t say_count, say_capacity;
	struct section *sections;
	size_t section_count, section_capacity;
	struct arena arena;
};

/* Everything that the view asks for. Release with sheet_close. */
void sheet_open(struct sheet *sheet, const struct report *report, const struct view *view);
void sheet_close(struct sheet *sheet);

/* The sentences and tables of what tr-account found; nothing without it. */
void sections_account(struct sheet *sheet, const struct report *report, const struct view *view);

/* The sentences and tables of limits; nothing unless kroof went before. */
void sections_limits(struct sheet *sheet, const struct report *report, const struct view *view);

/* Two cells at a row's end: share of the limit and what is to be won. Tables have them where there
 * are limits: as many of their columns, of which the last two are for these. */
void sheet_limit(struct sheet *sheet, const struct report *report, const struct limit_sum *sum);
size_t sheet_limit_columns(const struct report *report, size_t count);
#define SHEET_LIMIT_COLUMNS { "of limit", true }, { "to win", true }

/* For other builders of sheets: one more sentence, before those of less time; a new section, and
 * cells after its last one. */
void sheet_say(struct sheet *sheet, const char *sentence, double us);
struct section *sheet_section(struct sheet *sheet, const char *id, const char *title,
    const struct column *columns, size_t column_count);
void sheet_text(struct sheet *sheet, const char *format, ...) PRINTF_LIKE(2, 3);
void sheet_count(struct sheet *sheet, double count);
void sheet_time(struct sheet *sheet, double us);
void sheet_moment(struct sheet *sheet, double us); /* since the trace began; 0 is one too */
void sheet_percent(struct sheet *sheet, double part, double whole);
const char *sheet_string(struct sheet *sheet, const char *format, ...) PRINTF_LIKE(2, 3);

/* Plain text with aligned columns; `color` makes titles bold; text is cut so that rows fit into
 * `width` columns, if that is not 0. And Markdown. */
void sheet_write_text(const struct sheet *sheet, struct output *out, bool color, size_t width);
void sheet_write_markdown(const struct sheet *sheet, struct output *out);

#endif
