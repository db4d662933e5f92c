/* SPDX-License-Identifier: Apache-2.0 */
/* One page that needs nothing else: the tables, sortable, and a bar for each layer, stacked
 * by type. Works from a file, without a server, and without scripts shows the tables. */
#include <math.h>
#include <string.h>

#include "page/html.h"
#include "page_roofline.h"
#include "page_timeline.h"
#include "sheet.h"

extern const char page_head_html[], page_chart_html[], page_js[], timeline_js[], flame_js[];

static void
put_table(struct output *out, const struct section *section, bool open)
{
	size_t columns = section->column_count, i;

	output_format(out, "<details%s><summary>", open ? " open" : "");
	html_text(out, section->title);
	output_string(out, "</summary>\n<div class=scroll><table><thead><tr>");
	for (i = 0; i < columns; i++)
		output_format(out, "<th%s><button>%s</button>",
		    section->columns[i].right ? " class=r" : "", section->columns[i].title);
	output_string(out, "<tbody>\n");
	for (i = 0; i < section->cell_count; i++) {
		const struct cell *cell = &section->cells[i];
		struct number number;

		/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): who has cells has columns */
		output_string(out, i % columns == 0 ? "<tr><td" : "<td");
		if (section->columns[i % columns].right)
			output_string(out, " class=r");
		if (!isnan(cell->value))
			output_format(out, " data-v=%s", number_us(&number, cell->value));
		output_char(out, '>');
		html_text(out, cell->text);
		output_string(out, (i + 1) % columns == 0 ? "\n" : "");
	}
	output_string(out, "</table></div></details>\n");
}

static void
put_legend(struct output *out)
{
	output_string(out, "<details><summary>Legend</summary><ul>\n");
	for (size_t i = 0; sheet_legend[i] != NULL; i++)
		output_format(out, "<li>%s\n", sheet_legend[i]);
	output_string(out, "</ul></details>\n");
}

/* What to know first. */
static void
put_says(struct output *out, const struct sheet *sheet)
{
	size_t i;

	if (sheet->say_count == 0)
		return;
	output_string(out, "<ol class=says>\n");
	for (i = 0; i < sheet->say_count; i++) {
		output_string(out, "<li>");
		html_text(out, sheet->says[i].text);
		output_char(out, '\n');
	}
	output_string(out, "</ol>\n");
}

/* More bars than this are no help to a reader, and a burden to the browser: what is beyond is
 * in the tables by kind and index, and in -f csv. */
enum { MOST_BARS = 20000, MOST_ROWS = 2000 };

/* What the script draws: [pass, index, type, stage, begin, dur, [sum by type], module]. */
static void
put_layers(struct output *out, const struct report *report, const struct view *view)
{
	const struct trace *trace = report->trace;
	struct number number;
	enum kernel_type type;
	bool first = true;
	size_t bars = 0, i;

	output_string(out, "<script type=application/json class=layers>[");
	for (i = 0; i < trace->layer_count && bars < MOST_BARS; i++) {
		const struct layer *layer = &trace->layers[i];

		if (view->stage != NONE && layer->stage != view->stage)
			continue;
		output_format(out, "%s\n[%d,%d,\"%s\",\"%s\",", first ? "" : ",", (int)layer->pass,
		    (int)layer->index, layer_type(layer), stage_names[layer->stage]);
		first = false;
		bars++;
		output_format(out, "%s,", number_ns(&number, layer->at.ts - report->begin));
		output_format(out, "%s,[", number_ns(&number, layer->at.end - layer->at.ts));
		for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
			output_format(out, "%s%s", type > 0 ? "," : "",
			    number_ns(&number, layer->time[type]));
		output_string(out, "],");
		html_json_string(out, layer->module != NULL ? layer->module : "");
		output_char(out, ']');
	}
	output_string(out, "]</script>\n");
}

static void
begin(struct output *out)
{
	static const struct html_part parts[] = { { .mark = "@THEME.JS@", .raw = theme_js },
		{ .mark = "@KINDS.JS@", .raw = kinds_js },
		{ .mark = "@THEME.CSS@", .raw = theme_css }, { 0 } };

	html_fill(out, page_head_html, parts);
}

/* A page is passed on to others: the folders that the trace was in are nobody's business. */
static size_t
folder_length(const struct trace *trace, const struct sheet *sheet)
{
	const char *slash = strrchr(trace->file, '/');
	size_t length = slash != NULL ? (size_t)(slash + 1 - trace->file) : 0;

	return strncmp(sheet->title, trace->file, length) == 0 ? length : 0;
}

static void
write_trace(struct output *out, const struct report *report, const struct view *view)
{
	struct view all = *view;
	struct sheet sheet;
	size_t i;

	if (all.layer_rows == 0)
		all.layer_rows = MOST_ROWS;
	sheet_open(&sheet, report, &all);
	output_string(out, "<section class=trace>\n<h1>");
	html_text(out, sheet.title + folder_length(report->trace, &sheet));
	output_string(out, "</h1>\n<p>");
	html_text(out, sheet.figures);
	output_string(out, "</p>\n");
	put_legend(out);
	put_says(out, &sheet);
	page_put_timeline(out, report);
	if (report->flame != NULL)
		flame_write(report->flame, out);
	if (report->trace->layer_count > 0) {
		output_string(out, page_chart_html);
		if (report->trace->layer_count > MOST_BARS)
			output_format(out, "<p>The chart has the first %d of %zu layers.</p>\n",
			    MOST_BARS, report->trace->layer_count);
		put_layers(out, report, view);
	}
	page_put_roofline(out, report, view);
	for (i = 0; i < sheet.section_count; i++)
		put_table(out, &sheet.sections[i], strcmp(sheet.sections[i].id, "layers") != 0);
	output_string(out, "</section>\n");
	sheet_close(&sheet);
}

static void
end(struct output *out)
{
	output_string(out, "<script>\n\"use strict\";\n");
	output_string(out, page_js);
	output_string(out, sort_js);
	output_string(out, timeline_js);
	output_string(out, flame_js);
	output_string(out, "</script>\n</body>\n</html>\n");
}

const struct format format_html = { "html", begin, write_trace, end };
