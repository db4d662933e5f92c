/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a comparison as records, as a table for a terminal, or as Markdown. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/text.h"
#include "json/json_writer.h"
#include "page/markdown.h"
#include "report.h"
#include "verdict.h"

const char *const report_format_names[REPORT_FORMAT_COUNT + 1] = {
	"ndjson", "table", "md", "html", NULL
};

static const char *const class_names[] = { "compute", "communication", "copy", "fill", "idle" };
static const char *const place_names[] = { "unknown", "layer", "outside" };
static const char *const test_names[] = { "exact", "normal", "ties" };

static void
put_pair(struct json_writer *writer, const char *key, double before, double after)
{
	json_key(writer, key);
	json_array_begin(writer);
	json_put_double(writer, before);
	json_put_double(writer, after);
	json_array_end(writer);
}

/* A mean with so many parts a unit: what a double holds beyond them is no figure. */
static double
rounded(double us, double parts)
{
	return round(us * parts) / parts;
}

static void
write_stage(struct json_writer *writer, const struct stage_change *change, bool first)
{
	const struct statistics *statistics = &change->statistics;

	json_object_begin(writer);
	json_member_string(writer, "kind", "pass-change");
	if (first)
		json_member_integer(writer, "version", 1);
	json_member_string(writer, "stage", stage_names[change->stage]);
	put_pair(writer, "passes", (double)change->passes[0], (double)change->passes[1]);
	put_pair(writer, "warm_up", (double)change->warm_up[0], (double)change->warm_up[1]);
	put_pair(writer, "median_us", (double)change->median[0] / 1e3,
	    (double)change->median[1] / 1e3);
	put_pair(writer, "mean_us", rounded(change->mean[0], 1e3),
	    rounded(change->mean[1], 1e3));
	json_member_double(writer, "difference_us", (double)statistics->difference / 1e3);
	json_key(writer, "interval_us");
	if (change->verdict == CHANGE_TOO_FEW) {
		json_put_null(writer);
		json_member_null(writer, "p");
		json_member_null(writer, "test");
	} else {
		json_array_begin(writer);
		json_put_double(writer, (double)statistics->low / 1e3);
		json_put_double(writer, (double)statistics->high / 1e3);
		json_array_end(writer);
		json_member_double(writer, "p", statistics->p);
		json_member_string(writer, "test", test_names[statistics->test]);
	}
	json_member_double(writer, "percent", change_percent(change));
	json_member_string(writer, "verdict", verdict_names[change->verdict]);
	json_object_end(writer);
}

static void
write_row(struct json_writer *writer, const struct report *report,
    const struct stage_change *change, const struct contribution *one)
{
	const struct row *row = &report->rows->rows[one->row];

	json_object_begin(writer);
	json_member_string(writer, "kind", "row-change");
	json_member_string(writer, "stage", stage_names[change->stage]);
	json_member_string(writer, "what", class_names[row->class]);
	json_member_string(writer, "name", row->name);
	json_member_string(writer, "short", row->short_name);
	json_member_string(writer, "type", row->type);
	json_member_string(writer, "place", place_names[row->place]);
	json_member_string(writer, "replaces", one->replaced < 0 ? NULL
	    : report->rows->rows[one->replaced].name);
	json_member_double(writer, "before_us", rounded(one->before, 1e6));
	json_member_double(writer, "after_us", rounded(one->after, 1e6));
	json_member_double(writer, "contribution_us", rounded(one->after - one->before, 1e6));
	json_object_end(writer);
}

static void
write_ndjson(const struct report *report, const char *status, const char *says,
    struct output *out)
{
	struct json_writer *writer = json_writer_open(out, false);
	size_t rows = 0;

	for (size_t i = 0; i < report->count; i++) {
		const struct stage_change *change = &report->changes[i];

		write_stage(writer, change, i == 0);
		for (size_t j = 0; j < change->row_count; j++)
			write_row(writer, report, change, &change->rows[j]);
		rows += change->row_count;
	}
	json_object_begin(writer);
	json_member_string(writer, "kind", "verdict");
	if (report->count == 0)
		json_member_integer(writer, "version", 1);
	json_member_string(writer, "status", status);
	json_member_string(writer, "says", says);
	json_object_end(writer);
	json_object_begin(writer);
	json_member_string(writer, "kind", "end");
	json_member_integer(writer, "stages", (int64_t)report->count);
	json_member_integer(writer, "rows", (int64_t)rows);
	json_object_end(writer);
	json_writer_close(writer);
}

void
report_title(struct text *text, const struct report *report, const struct contribution *one)
{
	const struct row *row = &report->rows->rows[one->row];

	if (row->class == ROW_IDLE)
		text_add_string(text, strcmp(row->name, "idle") == 0 ? "" : "idle: ");
	columns_clean(text, row->short_name);
	if (one->replaced >= 0) {
		text_add_string(text, " (replaces ");
		columns_clean(text, report->rows->rows[one->replaced].short_name);
		text_add_char(text, ')');
	}
	if (row->place == PLACE_OUTSIDE)
		text_add_string(text, ", outside layers");
}

void
report_head(struct text *text, const struct stage_change *change)
{
	const struct statistics *statistics = &change->statistics;

	text_add_format(text, "%s: %.3f to %.3f us a pass (median of %zu and %zu), %+.1f %%",
	    stage_names[change->stage], (double)change->median[0] / 1e3,
	    (double)change->median[1] / 1e3, change->passes[0], change->passes[1],
	    change_percent(change));
	if (change->verdict == CHANGE_TOO_FEW)
		text_add_string(text, "; too few passes for a test");
	else
		text_add_format(text, "; %s, p = %.2g, 95 %% interval %+.3f to %+.3f us",
		    change->verdict == CHANGE_NONE ? "no change" : verdict_names[change->verdict],
		    statistics->p, (double)statistics->low / 1e3, (double)statistics->high / 1e3);
	if (change->warm_up[0] + change->warm_up[1] > 0)
		text_add_format(text, "; %zu and %zu passes of warm-up left out",
		    change->warm_up[0], change->warm_up[1]);
}

/* How many rows, which come first, changed by as much as a table shows. */
static size_t
changed_rows(const struct stage_change *change)
{
	size_t count = 0;

	while (count < change->row_count &&
	    fabs(change->rows[count].after - change->rows[count].before) >= 0.0005)
		count++;
	return count;
}

/* The rows that a table leaves out, as one. */
static struct contribution
rest_of(const struct stage_change *change, size_t shown)
{
	struct contribution rest = { 0 };

	for (size_t i = shown; i < change->row_count; i++) {
		rest.before += change->rows[i].before;
		rest.after += change->rows[i].after;
	}
	return rest;
}

enum { NUMBER_WIDTH = 13, LEAST_NAME = 20 };

static size_t
name_width(void)
{
	size_t terminal = columns_terminal(100), numbers = 3 * NUMBER_WIDTH;

	return terminal > numbers + LEAST_NAME ? terminal - numbers : LEAST_NAME;
}

static void
write_table_row(struct output *out, const char *title, const struct contribution *one)
{
	struct text line = { 0 };

	columns_fit(&line, title, name_width(), false);
	text_add_format(&line, "%*.3f%*.3f%+*.3f", NUMBER_WIDTH, one->before, NUMBER_WIDTH,
	    one->after, NUMBER_WIDTH, one->after - one->before);
	output_string(out, line.bytes);
	output_char(out, '\n');
	text_free(&line);
}

static void
write_table_stage(const struct report *report, const struct stage_change *change,
    struct output *out)
{
	size_t changed = changed_rows(change);
	size_t shown = changed < report->most_rows ? changed : report->most_rows;
	struct contribution rest = rest_of(change, shown), whole = rest_of(change, 0);
	struct text text = { 0 };

	report_head(&text, change);
	output_format(out, "%s\n\n", text.bytes);
	text_clear(&text);
	columns_fit(&text, "mean pass, us", name_width(), false);
	output_format(out, "%s%*s%*s%*s\n", text.bytes, NUMBER_WIDTH, "before", NUMBER_WIDTH,
	    "after", NUMBER_WIDTH, "change");
	for (size_t i = 0; i < shown; i++) {
		text_clear(&text);
		report_title(&text, report, &change->rows[i]);
		write_table_row(out, text.bytes, &change->rows[i]);
	}
	if (shown < change->row_count) {
		text_clear(&text);
		text_add_format(&text, "%zu further rows%s", change->row_count - shown,
		    shown == changed ? ", none of which changed" : "");
		write_table_row(out, text.bytes, &rest);
	}
	write_table_row(out, "all", &whole);
	output_char(out, '\n');
	text_free(&text);
}

static void
write_md_row(struct output *out, const char *title, const struct contribution *one)
{
	output_string(out, "| ");
	markdown_text(out, title);
	output_format(out, " | %.3f | %.3f | %+.3f |\n", one->before, one->after,
	    one->after - one->before);
}

static void
write_md_stage(const struct report *report, const struct stage_change *change, struct output *out)
{
	struct contribution whole = rest_of(change, 0);
	struct text text = { 0 };

	report_head(&text, change);
	output_format(out, "%s\n\n| mean pass, us | before | after | change |\n"
	    "|---|--:|--:|--:|\n", text.bytes);
	for (size_t i = 0; i < change->row_count; i++) {
		text_clear(&text);
		report_title(&text, report, &change->rows[i]);
		write_md_row(out, text.bytes, &change->rows[i]);
	}
	write_md_row(out, "all", &whole);
	output_char(out, '\n');
	text_free(&text);
}

const char *
report_write(const struct report *report, enum report_format format, struct output *out)
{
	struct text says = { 0 };
	const char *status = verdict_find(report, &says);

	if (format == REPORT_NDJSON)
		write_ndjson(report, status, says.bytes, out);
	else if (format == REPORT_HTML)
		report_write_page(report, status, says.bytes, out);
	else
		output_format(out, "%s: %s\n\n", status, says.bytes);
	for (size_t i = 0; i < report->count && (format == REPORT_TABLE || format == REPORT_MD);
	    i++)
		(format == REPORT_TABLE ? write_table_stage : write_md_stage)(report,
		    &report->changes[i], out);
	text_free(&says);
	return status;
}
