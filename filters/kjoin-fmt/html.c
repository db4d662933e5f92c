/* SPDX-License-Identifier: Apache-2.0 */
/* The page: page.html with style, scripts and the records themselves in it, which the
 * scripts turn into what is looked at, when it is looked at. */
#include "formats.h"
#include "page/html.h"

extern const char page_html[], page_css[], data_js[], chart_js[], details_js[], table_js[],
    page_js[];

struct data {
	struct reader *reader;
	const char *prefix;
};

static void
write_data(struct output *out, void *context)
{
	struct data *data = context;
	struct join join = { .keep_lines = true };
	bool first = true;

	output_string(out, "{\"prefix\":");
	html_json_string(out, data->prefix);
	output_string(out, ",\"streams\":[");
	for (; join_read(&join, data->reader); first = false) {
		output_string(out, first ? "\n[" : ",\n[");
		html_json(out, join.lines.bytes, join.lines.length);
		output_char(out, ']');
	}
	output_string(out, "]}");
	join_free(&join);
}

void
html_write(struct output *out, struct reader *reader, const struct format_options *options)
{
	struct data data = { reader, options->prefix };
	const struct html_part parts[] = { { .mark = "@TITLE@", .text = options->title },
		{ .mark = "@THEME.JS@", .raw = theme_js },
		{ .mark = "@KINDS.JS@", .raw = kinds_js }, { .mark = "@THEME.CSS@", .raw = theme_css },
		{ .mark = "@STYLE@", .raw = page_css },
		{ .mark = "@DATA@", .write = write_data, .context = &data },
		{ .mark = "@DATA.JS@", .raw = data_js }, { .mark = "@CHART.JS@", .raw = chart_js },
		{ .mark = "@DETAILS.JS@", .raw = details_js },
		{ .mark = "@TABLE.JS@", .raw = table_js }, { .mark = "@PAGE.JS@", .raw = page_js },
		{ 0 } };

	html_fill(out, page_html, parts);
}
