/* SPDX-License-Identifier: Apache-2.0 */
/* One page that needs nothing else: what it comes to in sentences, a map of ranks and passes, one
 * of ranks and layers, and the tables. Without scripts the sentences and tables are there. */
#include <math.h>

#include "base/number.h"
#include "page/html.h"
#include "page/label.h"
#include "sheet.h"
#include "write.h"

extern const char page_html[], page_js[];

/* More squares than this are no help to a reader, and a burden to the browser. */
enum { MOST_SQUARES = 300000, MOST_NAMED = 3 };

static void
put_sentences(struct output *out, void *context)
{
	const struct job *job = context;

	for (size_t i = 0; i < job->sentence_count; i++) {
		output_string(out, "<li>");
		html_text(out, job->sentences[i].bytes);
		output_string(out, ".\n");
	}
}

static void
put_tables(struct output *out, void *context)
{
	const struct job *job = context;

	for (enum sheet_kind kind = SHEET_RANKS; kind < SHEET_COUNT; kind++) {
		struct sheet sheet = sheet_make(job, kind);

		if (sheet.count > 0) {
			output_string(out, "<details open><summary>");
			html_text(out, sheet.title);
			output_string(out, "</summary><p class=dim>");
			html_text(out, sheet.legend);
			output_string(out, "</p>\n<div class=scroll><table><thead><tr>");
			for (size_t i = 0; i < sheet.column_count; i++)
				output_format(out, "<th%s><button>%s</button>",
				    sheet.columns[i].right ? " class=r" : "",
				    sheet.columns[i].title);
			output_string(out, "<tbody>\n");
		}
		for (size_t i = 0; i < sheet.count; i++) {
			output_string(out, i % sheet.column_count == 0 ? "\n<tr><td" : "<td");
			if (sheet.columns[i % sheet.column_count].right)
				output_string(out, " class=r");
			if (!isnan(sheet.values[i]))
				output_format(out, " data-v=%.17g", sheet.values[i]);
			output_char(out, '>');
			html_text(out, sheet.cells[i].bytes);
		}
		if (sheet.count > 0)
			output_string(out, "</table></div></details>\n");
		sheet_free(&sheet);
	}
}

static void
put_us(struct output *out, int64_t ns)
{
	struct number number;

	output_format(out, ",%s", number_ns(&number, ns));
}

/* [pass, wall, busy, idle, waited, others waited], in us */
static void
put_passes(struct output *out, const struct rank *rank, size_t *room)
{
	output_string(out, ",\"passes\":[");
	for (size_t i = 0; i < rank->pass_count && *room > 0; i++, --*room) {
		const struct pass *pass = &rank->passes[i];

		output_format(out, "%s[%lld", i > 0 ? "," : "", (long long)pass->number);
		put_us(out, pass->own);
		put_us(out, pass->busy);
		put_us(out, pass->idle);
		put_us(out, pass->waits.wait);
		put_us(out, pass->waits.caused);
		output_char(out, ']');
	}
	output_char(out, ']');
}

/* [layer or -1, waited, others waited, transfer], in us */
static void
put_layers(struct output *out, const struct job *job, const struct rank *rank, size_t *room)
{
	bool first = true;

	output_string(out, ",\"layers\":[");
	for (size_t i = 0; rank->layer_waits != NULL && i <= (size_t)job->layers && *room > 0;
	    i++) {
		const struct waits *waits = &rank->layer_waits[i];

		if (waits->collectives == 0)
			continue;
		--*room;
		output_format(out, "%s[%d", first ? "" : ",", i < (size_t)job->layers ? (int)i : -1);
		put_us(out, waits->wait);
		put_us(out, waits->caused);
		put_us(out, waits->transfer);
		output_char(out, ']');
		first = false;
	}
	output_char(out, ']');
}

static void
put_data(struct output *out, void *context)
{
	const struct job *job = context;
	size_t passes = MOST_SQUARES, layers = MOST_SQUARES;
	bool first = true;

	output_string(out, "[");
	for (size_t i = 0; i < job->count; i++) {
		const struct rank *rank = &job->ranks[i];

		if (rank->window == 0)
			continue;
		output_string(out, first ? "\n{\"rank\":" : ",\n{\"rank\":");
		first = false;
		html_json_string(out, rank->key != NULL ? rank->key : rank->label);
		output_string(out, ",\"file\":");
		html_json_string(out, rank->file != NULL ? base_name(rank->file) : "");
		output_format(out, ",\"number\":%lld", (long long)rank->number);
		put_passes(out, rank, &passes);
		put_layers(out, job, rank, &layers);
		output_char(out, '}');
	}
	output_string(out, "]");
}

static void
put_cut(struct output *out, void *context)
{
	const struct job *job = context;
	size_t passes = 0;

	for (size_t i = 0; i < job->count; i++)
		passes += job->ranks[i].pass_count;
	if (passes > MOST_SQUARES || (size_t)(job->layers + 1) * job->count > MOST_SQUARES)
		output_format(out, "<p>The maps have the first %d squares; the rest is in "
		    "-f ndjson.</p>", MOST_SQUARES);
}

void
write_page(const struct job *job, struct output *out)
{
	struct text title = { 0 };
	struct html_part parts[] = {
		{ .mark = "@THEME.JS@", .raw = theme_js },
		{ .mark = "@THEME.CSS@", .raw = theme_css },
		{ .mark = "@SORT.JS@", .raw = sort_js },
		{ .mark = "@PAGE.JS@", .raw = page_js },
		{ .mark = "@TITLE@" },
		{ .mark = "@SENTENCES@", .write = put_sentences, .context = (void *)job },
		{ .mark = "@TABLES@", .write = put_tables, .context = (void *)job },
		{ .mark = "@DATA@", .write = put_data, .context = (void *)job },
		{ .mark = "@CUT@", .write = put_cut, .context = (void *)job },
		{ 0 },
	};

	text_add_format(&title, "%zu rank%s", job->count, job->count == 1 ? "" : "s");
	for (size_t i = 0, told = 0; i < job->count && told < MOST_NAMED; i++)
		if (job->ranks[i].holds_up)
			text_add_format(&title, "%s%s", told++ == 0 ? ", held up by " : ", ",
			    job->ranks[i].label);
	parts[4].text = title.bytes;
	html_fill(out, page_html, parts);
	text_free(&title);
}
