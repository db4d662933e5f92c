/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a comparison as a page: the verdict, and for each stage a table that sorts, with a bar
 * for each contribution. Without scripts all of it is there. */
#include <math.h>

#include "page/html.h"
#include "report.h"

extern const char page_html[];

struct page {
	const struct report *report;
	const char *status, *says;
};

static void
put_verdict(struct output *out, void *context)
{
	const struct page *page = context;

	output_format(out, "<p class=%s><b>%s</b>: ", page->status, page->status);
	html_text(out, page->says);
	output_string(out, "</p>\n");
}

static void
put_number(struct output *out, const char *format, double us)
{
	output_format(out, "<td class=r data-v=%.6f>", us);
	output_format(out, format, us);
}

/* The bar's length is the row's part of the greatest contribution. */
static void
put_row(struct output *out, const struct report *report, const struct contribution *one,
    double most)
{
	double change = one->after - one->before;
	struct text title = { 0 };

	report_title(&title, report, one);
	output_string(out, "<tr><td title=\"");
	html_text(out, report->rows->rows[one->row].name);
	output_string(out, "\">");
	html_text(out, title.bytes);
	output_string(out, "<td>");
	html_text(out, report->rows->rows[one->row].type);
	put_number(out, "%.3f", one->before);
	put_number(out, "%.3f", one->after);
	put_number(out, "%+.3f", change);
	output_format(out, "<td><i class=%s style=\"width:%.1fpx\"></i>\n",
	    change > 0 ? "more" : "less", most > 0 ? 120 * fabs(change) / most : 0);
	text_free(&title);
}

static void
put_stage(struct output *out, const struct report *report, const struct stage_change *change)
{
	double most = 0, before = 0, after = 0;
	struct text head = { 0 };

	report_head(&head, change);
	output_string(out, "<h2>");
	html_text(out, head.bytes);
	output_string(out, "</h2>\n<div class=scroll><table><thead><tr>"
	    "<th><button>mean pass</button><th><button>type</button>"
	    "<th class=r><button>before, us</button><th class=r><button>after, us</button>"
	    "<th class=r><button>change</button><th><tbody>\n");
	for (size_t i = 0; i < change->row_count; i++) {
		most = fmax(most, fabs(change->rows[i].after - change->rows[i].before));
		before += change->rows[i].before;
		after += change->rows[i].after;
	}
	for (size_t i = 0; i < change->row_count; i++)
		put_row(out, report, &change->rows[i], most);
	output_string(out, "<tfoot><tr><td>all<td>");
	put_number(out, "%.3f", before);
	put_number(out, "%.3f", after);
	put_number(out, "%+.3f", after - before);
	output_string(out, "<td></table></div>\n");
	text_free(&head);
}

static void
put_stages(struct output *out, void *context)
{
	const struct page *page = context;

	for (size_t i = 0; i < page->report->count; i++)
		put_stage(out, page->report, &page->report->changes[i]);
}

void
report_write_page(const struct report *report, const char *status, const char *says,
    struct output *out)
{
	struct page page = { report, status, says };
	const struct html_part parts[] = {
		{ .mark = "@THEME.JS@", .raw = theme_js },
		{ .mark = "@THEME.CSS@", .raw = theme_css },
		{ .mark = "@SORT.JS@", .raw = sort_js },
		{ .mark = "@TITLE@", .text = status },
		{ .mark = "@VERDICT@", .write = put_verdict, .context = &page },
		{ .mark = "@STAGES@", .write = put_stages, .context = &page },
		{ 0 },
	};

	html_fill(out, page_html, parts);
}
