/* SPDX-License-Identifier: Apache-2.0 */
/* One line per kernel, longest first. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/number.h"
#include "base/text.h"
#include "entry.h"
#include "page/html.h"
#include "page/markdown.h"
#include "write_list.h"

enum { TYPES = TYPE_COUNT };

extern const char page_html[];

/* What stands above the kernels: the whole, and what each type has of it. */
struct totals {
	double ns[TYPES], all_ns;
	uint64_t instances;
	size_t shown, kernels;
};

static struct totals
totals_of(const struct catalogue *catalogue, struct naming *naming)
{
	struct totals totals = { .all_ns = catalogue->total_ns, .shown = catalogue->ordered_count,
		.kernels = catalogue->by_name.count };

	for (size_t i = 0; i < catalogue->ordered_count; i++) {
		struct entry entry = entry_of(catalogue, catalogue->ordered[i], naming, NULL);

		if (isnan(entry.share))
			continue;
		totals.ns[entry.facts->type] += entry.total_ns;
		totals.instances += entry.instances;
	}
	return totals;
}

static const char *
human(struct number *number, double ns)
{
	return isfinite(ns) ? number_human(number, ns / 1e3) : "";
}

static const char *
percent(struct number *number, double share)
{
	return isfinite(share) ? number_percent(number, share, 1) : "";
}

/* "113 kernels, 4.95 s" and the shares of the types. */
static void
add_totals(struct text *text, const struct totals *totals)
{
	struct number number;

	text_add_format(text, "%zu kernels", totals->kernels);
	if (totals->shown < totals->kernels)
		text_add_format(text, ", %zu shown", totals->shown);
	text_add_format(text, ", %s", human(&number, totals->all_ns));
	for (unsigned type = 0; type < TYPES; type++)
		if (totals->ns[type] > 0 && totals->all_ns > 0)
			text_add_format(text, "; %s %s", type_names[type],
			    number_percent(&number, totals->ns[type], totals->all_ns));
}

/* The lines of what the numbers do not say, each after a mark. */
static void
write_remarks(struct output *out, const char *remarks, const char *before, const char *after)
{
	const char *end;

	for (; remarks != NULL; remarks = *end != '\0' ? end + 1 : NULL) {
		end = remarks + strcspn(remarks, "\n");
		output_string(out, before);
		output_bytes(out, remarks, (size_t)(end - remarks));
		output_string(out, after);
	}
}

static void
add_cell(struct text *line, const char *value, size_t width, bool right)
{
	struct text clean = { 0 };

	columns_clean(&clean, value);
	columns_fit(line, clean.length > 0 ? clean.bytes : "", width, right);
	text_add_string(line, "  ");
	text_free(&clean);
}

size_t
write_table(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out)
{
	struct totals totals = totals_of(catalogue, naming);
	size_t width = columns_terminal(120), joined = 0;
	struct number number;
	struct text line = { 0 };

	add_totals(&line, &totals);
	output_format(out, "%s\n", line.bytes);
	write_remarks(out, catalogue->remarks, "note: ", "\n");
	output_format(out, "\n%10s  %6s  %10s  %10s  %-13s  %-20s  %s\n", "time", "share", "launches",
	    "average", "type", "library", "kernel");
	for (size_t i = 0; i < catalogue->ordered_count; i++) {
		struct entry entry = entry_of(catalogue, catalogue->ordered[i], naming, view->ncu);
		char launches[32];

		snprintf(launches, sizeof(launches), "%llu", (unsigned long long)entry.instances);
		text_clear(&line);
		add_cell(&line, human(&number, entry.total_ns), 10, true);
		add_cell(&line, percent(&number, entry.share), 6, true);
		add_cell(&line, launches, 10, true);
		add_cell(&line, human(&number, entry_average_ns(&entry)), 10, true);
		add_cell(&line, type_names[entry.facts->type], 13, false);
		add_cell(&line, entry.facts->library, 20, false);
		add_cell(&line, entry.facts->friendly, width > 100 ? width - 83 : 17, false);
		while (line.length > 0 && line.bytes[line.length - 1] == ' ')
			line.bytes[--line.length] = '\0';
		output_format(out, "%s\n", line.bytes);
		joined += entry.measured != NULL;
	}
	text_free(&line);
	return joined;
}

void
write_csv_field(struct output *out, const char *text, size_t length)
{
	bool plain = strcspn(text, ",\"\r\n") >= length;

	if (plain) {
		output_bytes(out, text, length);
		return;
	}
	output_char(out, '"');
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '"')
			output_char(out, '"');
		output_char(out, text[i]);
	}
	output_char(out, '"');
}

static void
csv_text(struct output *out, const char *text)
{
	output_char(out, ',');
	write_csv_field(out, text, strlen(text));
}

static void
csv_number(struct output *out, double number, int decimals)
{
	output_char(out, ',');
	if (isfinite(number))
		output_format(out, "%.*f", decimals, number);
}

size_t
write_csv(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out)
{
	size_t joined = 0;

	output_string(out, "raw_name,friendly_name,source_lib,type,total_time_ns,share,instances,"
	    "average_ns,min_ns,median_ns,max_ns,tile_step_flops,tile_step_bytes");
	for (enum ncu_counter counter = 0; view->ncu != NULL && counter < NCU_COUNTERS; counter++)
		output_format(out, ",ncu_%s", ncu_counter_name(counter));
	output_char(out, '\n');
	for (size_t i = 0; i < catalogue->ordered_count; i++) {
		struct entry entry = entry_of(catalogue, catalogue->ordered[i], naming, view->ncu);

		write_csv_field(out, entry.kernel->name, entry.kernel->name_length);
		csv_text(out, entry.facts->friendly);
		csv_text(out, entry.facts->library);
		csv_text(out, type_names[entry.facts->type]);
		csv_number(out, entry.total_ns, 0);
		csv_number(out, entry.share, 6);
		output_format(out, ",%llu", (unsigned long long)entry.instances);
		csv_number(out, entry_average_ns(&entry), 1);
		csv_number(out, entry.min_ns, 0);
		csv_number(out, entry.median_ns, 1);
		csv_number(out, entry.max_ns, 0);
		csv_number(out, entry.work.flops, 0);
		csv_number(out, entry.work.bytes, 0);
		for (enum ncu_counter counter = 0; view->ncu != NULL && counter < NCU_COUNTERS;
		     counter++)
			csv_number(out, entry.measured != NULL ? entry.measured->mean[counter] : NAN,
			    ncu_counter_decimals(counter));
		output_char(out, '\n');
		joined += entry.measured != NULL;
	}
	return joined;
}

size_t
write_markdown(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out)
{
	struct totals totals = totals_of(catalogue, naming);
	struct text line = { 0 };
	struct number number;
	size_t joined = 0;

	add_totals(&line, &totals);
	output_format(out, "**%s**\n\n", line.bytes);
	text_free(&line);
	write_remarks(out, catalogue->remarks, "> ", "\n\n");
	output_string(out, "| time | share | launches | average | min | max | type | library | kernel |\n"
	    "|---:|---:|---:|---:|---:|---:|---|---|---|\n");
	for (size_t i = 0; i < catalogue->ordered_count; i++) {
		struct entry entry = entry_of(catalogue, catalogue->ordered[i], naming, view->ncu);

		output_format(out, "| %s ", human(&number, entry.total_ns));
		output_format(out, "| %s ", percent(&number, entry.share));
		output_format(out, "| %llu ", (unsigned long long)entry.instances);
		output_format(out, "| %s ", human(&number, entry_average_ns(&entry)));
		output_format(out, "| %s ", human(&number, entry.min_ns));
		output_format(out, "| %s ", human(&number, entry.max_ns));
		output_format(out, "| %s | ", type_names[entry.facts->type]);
		markdown_text(out, entry.facts->library);
		output_string(out, " | ");
		markdown_text(out, entry.facts->friendly);
		output_string(out, " |\n");
		joined += entry.measured != NULL;
	}
	return joined;
}

/* --- the page: rows that its script sorts --- */

struct page {
	const struct catalogue *catalogue;
	struct naming *naming;
	const struct catalogue_view *view;
	size_t joined;
};

/* A cell whose number sorts and whose text shows. */
static void
page_number(struct output *out, double value, const char *text)
{
	output_format(out, "<td class=\"number\" data-value=\"%.3f\">", isfinite(value) ? value : -1);
	html_text(out, text);
	output_string(out, "</td>");
}

static void
page_text(struct output *out, const char *text)
{
	output_string(out, "<td>");
	html_text(out, text);
	output_string(out, "</td>");
}

static void
write_rows(struct output *out, void *context)
{
	struct page *page = context;
	struct number number;

	for (size_t i = 0; i < page->catalogue->ordered_count; i++) {
		struct entry entry = entry_of(page->catalogue, page->catalogue->ordered[i],
		    page->naming, page->view->ncu);
		char launches[32];

		snprintf(launches, sizeof(launches), "%llu", (unsigned long long)entry.instances);
		output_string(out, "<tr>");
		page_number(out, entry.total_ns, human(&number, entry.total_ns));
		output_format(out, "<td class=\"part\" data-value=\"%.6f\"><i style=\"width:%.2f%%\"></i>"
		    "<b>%s</b></td>", isfinite(entry.share) ? entry.share : -1,
		    isfinite(entry.share) ? entry.share * 100 : 0, percent(&number, entry.share));
		page_number(out, (double)entry.instances, launches);
		page_number(out, entry_average_ns(&entry), human(&number, entry_average_ns(&entry)));
		page_number(out, entry.min_ns, human(&number, entry.min_ns));
		page_number(out, entry.max_ns, human(&number, entry.max_ns));
		page_text(out, type_names[entry.facts->type]);
		page_text(out, entry.facts->library);
		output_string(out, "<td><details><summary>");
		html_text(out, entry.facts->friendly);
		output_string(out, "</summary><code>");
		html_text(out, entry.kernel->name);
		output_string(out, "</code><p>");
		html_text(out, entry_description(&entry));
		output_string(out, "</p></details></td></tr>\n");
		page->joined += entry.measured != NULL;
	}
}

static void
write_notes(struct output *out, void *context)
{
	struct page *page = context;
	struct totals totals = totals_of(page->catalogue, page->naming);
	struct text line = { 0 };

	add_totals(&line, &totals);
	output_string(out, "<p>");
	html_text(out, line.bytes);
	output_string(out, "</p>");
	if (page->catalogue->remarks != NULL) {
		output_string(out, "<p class=\"bad\">");
		html_text(out, page->catalogue->remarks);
		output_string(out, "</p>");
	}
	text_free(&line);
}

size_t
write_page(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out)
{
	struct page page = { .catalogue = catalogue, .naming = naming, .view = view };
	const struct html_part parts[] = {
		{ .mark = "@THEME.JS@", .raw = theme_js }, { .mark = "@THEME.CSS@", .raw = theme_css },
		{ .mark = "@NOTES@", .write = write_notes, .context = &page },
		{ .mark = "@ROWS@", .write = write_rows, .context = &page }, { 0 } };

	html_fill(out, page_html, parts);
	return page.joined;
}
