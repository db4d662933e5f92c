/* SPDX-License-Identifier: Apache-2.0 */
/* The document: what is hot, the model's ops, and for each kernel listed where it comes
 * from, with chains as kchain-fmt writes them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats.h"
#include "page/label.h"
#include "page/markdown.h"
#include "trace/kinds.h"
#include "base/number.h"
#include "place.h"
#include "summary.h"

struct document {
	struct output *out;
	struct join *join;
	const struct format_options *options;
	size_t shown; /* kernels */
};

static void
write_percent(struct output *out, double part, double whole)
{
	struct number number;
	const char *percent = number_percent(&number, part, whole);

	if (*percent == '<' || *percent == '>')
		output_char(out, '\\');
	output_string(out, percent);
}

static void
write_time(struct output *out, double us)
{
	struct number number;

	output_string(out, isfinite(us) ? number_human(&number, us) : "?");
}

static void
write_head(const struct document *document)
{
	struct summary summary = summary_of(document->join);
	const char *const lines[] = { summary.trace, summary.time, summary.explained,
		summary.frames };

	output_string(document->out, "# ");
	markdown_text(document->out, document->options->title);
	output_string(document->out, ": ");
	markdown_text(document->out, document->join->file ? document->join->file : "unnamed trace");
	output_char(document->out, '\n');
	output_char(document->out, '\n');
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		output_string(document->out, "- ");
		markdown_text(document->out, lines[i]);
		output_char(document->out, '\n');
	}
	if (summary.warning)
		output_format(document->out, "\n> **Warning:** %s.\n", summary.warning);
}

static void
write_call_link(const struct document *document, const struct frame *site)
{
	if (site->file && site->line > 0)
		markdown_call(document->out, label_of(site->call), site->file, site->line,
		    document->options->prefix);
	else
		markdown_text(document->out, site->call);
}

/* A function that the trace saw, linked where it is the tree's. */
static void
write_seen(const struct document *document, const struct frame *frame)
{
	const char *path = join_tree_path(document->join, frame->file);

	markdown_text(document->out, frame->function);
	output_char(document->out, ' ');
	if (path != NULL) {
		markdown_place(document->out, path, frame->line, document->options->prefix);
	} else {
		markdown_text(document->out, base_name(frame->file));
		output_format(document->out, ":%u", frame->line);
	}
}

/* The op; else what is known in its place. */
static void
write_site(const struct document *document, const struct place *place)
{
	const struct frame *site = place_site(document->join, place);

	if (site != NULL) {
		write_call_link(document, site);
	} else if ((site = place_seen_in(document->join, place)) != NULL) {
		output_string(document->out, "*in* ");
		write_seen(document, site);
	} else if (place->after != NULL) {
		output_string(document->out, "*after* ");
		write_call_link(document, place->after);
	}
}

/* The symbol, marked as a candidate where it is only that. */
static void
write_symbol(const struct document *document, const struct hot *hot, const struct place *place)
{
	size_t others;

	if (hot->explained == UNEXPLAINED) {
		output_string(document->out, "**unmatched**");
		return;
	}
	if (place == NULL)
		return;
	if (!place->certain)
		output_string(document->out, "*candidate:* ");
	if (place->kernel) {
		markdown_text(document->out, place->kernel);
	} else if (hot->library && strcmp(hot->library, "unknown") != 0) {
		output_string(document->out, "*(");
		markdown_text(document->out, hot->library);
		output_string(document->out, ")*");
	}
	others = hot_other_places(document->join, hot, place);
	if (!place->certain && others > 0)
		output_format(document->out, " or %zu more", others);
}

static void
write_rate(const struct document *document, const struct rate *rate)
{
	if (isfinite(rate->ceiling_percent))
		output_format(document->out, "%.1f%%", rate->ceiling_percent);
	else if (isfinite(rate->gbps))
		output_format(document->out, "%.3g GB/s", rate->gbps);
	else if (isfinite(rate->tflops))
		output_format(document->out, "%.3g TFLOP/s", rate->tflops);
	output_string(document->out, " *(");
	markdown_text(document->out, rate->how ? rate->how : "unknown how");
	output_string(document->out, ")*");
}

static void
write_summary_row(const struct document *document, const struct hot *hot, size_t rank)
{
	const struct place *place = hot_main_place(hot);
	struct output *out = document->out;
	size_t others = place ? hot_other_places(document->join, hot, place) : 0;

	output_format(out, "| %zu | ", rank + 1);
	write_percent(out, hot->sum, document->join->sum);
	output_string(out, " | ");
	write_time(out, hot->sum);
	output_format(out, " | %llu | ", (unsigned long long)hot->calls);
	write_time(out, hot->mean);
	output_string(out, " | ");
	markdown_text(out, hot->stage ? hot->stage : "-");
	output_string(out, " | ");
	markdown_text(out, hot->type ? hot->type : "-");
	output_string(out, " | ");
	markdown_text(out, hot->label);
	output_string(out, " | ");
	write_symbol(document, hot, place);
	output_string(out, " | ");
	if (place)
		write_site(document, place);
	if (others > 0 && place->certain)
		output_format(out, " and %zu more", others);
	output_string(out, " | ");
	if (place && place->definition)
		markdown_text(out, place->definition);
	output_string(out, " | ");
	if (place && place->has_rate && place->certain)
		write_rate(document, &place->rate);
	output_string(out, " |\n");
}

/* What is not listed, or what nothing explains, as one row. */
static void
write_rest_row(const struct document *document, bool unmatched)
{
	uint64_t calls = 0, rows = 0;
	double sum = 0;

	for (size_t i = unmatched ? 0 : document->shown; i < document->join->hot_count; i++) {
		const struct hot *hot = &document->join->hots[i];

		if (unmatched && hot->explained != UNEXPLAINED)
			continue;
		sum += hot->sum;
		calls += hot->calls;
		rows++;
	}
	if (rows == 0)
		return;
	if (unmatched)
		sum = document->join->explained[UNEXPLAINED];
	output_string(document->out, "| | ");
	write_percent(document->out, sum, document->join->sum);
	output_string(document->out, " | ");
	write_time(document->out, sum);
	output_format(document->out, " | %llu | | | | *%s%llu* | | | | |\n",
	    (unsigned long long)calls, unmatched ? "unmatched in all: " : "more kernels: ",
	    (unsigned long long)rows);
}

static void
write_summary(const struct document *document)
{
	output_string(document->out, "\n## Kernels by time\n\n"
	    "| # | Share | Time | Calls | Mean | Stage | Type | Kernel | Symbol | Op | Definition "
	    "| Of ceiling |\n"
	    "|--:|------:|-----:|------:|-----:|-------|------|--------|--------|----|-----------"
	    "|-----------:|\n");
	for (size_t i = 0; i < document->shown; i++)
		write_summary_row(document, &document->join->hots[i], i);
	write_rest_row(document, false);
	write_rest_row(document, true);
}

static int
compare_wins(const void *left, const void *right)
{
	const struct hot *a = *(const struct hot *const *)left;
	const struct hot *b = *(const struct hot *const *)right;

	if (a->win != b->win)
		return a->win > b->win ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* What has most to be won first. */
static void
write_wins(const struct document *document)
{
	const struct join *join = document->join;
	const struct hot **order = memory_alloc((join->hot_count + 1) *
	    sizeof(const struct hot *));
	size_t count = 0;

	for (size_t i = 0; i < join->hot_count; i++)
		if (join->hots[i].limited > 0 && join->hots[i].win > 0)
			order[count++] = &join->hots[i];
	if (count > 0) {
		qsort(order, count, sizeof(const struct hot *), compare_wins);
		output_string(document->out, "\n## What is to be won\n\n"
		    "| # | To win | Of limit | Limit | Time | Stage | Kernel | Op |\n"
		    "|--:|-------:|---------:|------:|-----:|-------|--------|----|\n");
	}
	for (size_t i = 0; i < count && i < document->shown; i++) {
		const struct place *place = hot_main_place(order[i]);

		output_format(document->out, "| %zu | ", i + 1);
		write_time(document->out, order[i]->win);
		output_format(document->out, " | %.1f%% | ",
		    100 * order[i]->limit / order[i]->limited);
		write_time(document->out, order[i]->limit);
		output_string(document->out, " | ");
		write_time(document->out, order[i]->sum);
		output_string(document->out, " | ");
		markdown_text(document->out, order[i]->stage ? order[i]->stage : "-");
		output_string(document->out, " | ");
		markdown_text(document->out, order[i]->label);
		output_string(document->out, " | ");
		if (place)
			write_site(document, place);
		output_string(document->out, " |\n");
	}
	free(order);
}

static void
write_ops(const struct document *document)
{
	const struct join *join = document->join;

	if (join->op_count == 0)
		return;
	output_string(document->out, "\n## Ops of the model\n\n"
	    "| Op | In | Share | Time | Calls | Kernels | Definition |\n"
	    "|----|----|------:|-----:|------:|--------:|------------|\n");
	for (size_t i = 0; i < join->op_count; i++) {
		const struct op *op = &join->ops[i];

		output_string(document->out, "| ");
		write_call_link(document, &op->at);
		output_string(document->out, " | ");
		markdown_text(document->out, op->at.function ? op->at.function : "-");
		output_string(document->out, " | ");
		write_percent(document->out, op->sum, join->sum);
		output_string(document->out, " | ");
		write_time(document->out, op->sum);
		output_format(document->out, " | %llu | %zu | ", (unsigned long long)op->calls,
		    op->kernels);
		markdown_text(document->out, op->definition ? op->definition : "");
		output_string(document->out, " |\n");
	}
}

static void
write_notes(struct output *out, const struct frame *frame)
{
	if (frame->via && !via_is_plain(frame->via)) {
		output_string(out, " · ");
		markdown_text(out, frame->via);
	}
	for (size_t i = 0; i < frame->receiver_count; i++) {
		output_string(out, i ? ", " : " · on ");
		markdown_text(out, frame->receivers[i]);
	}
	for (size_t i = 0; i < frame->guard_count; i++) {
		output_string(out, i ? " and " : " · if ");
		markdown_code(out, frame->guards[i]);
	}
}

static void
write_chain(const struct document *document, const struct place *place)
{
	output_char(document->out, '\n');
	for (size_t i = 0; i < place->chain_length; i++) {
		const struct frame *frame = &place->chain[i];

		for (size_t column = 1; column < i; column++)
			output_string(document->out, "    ");
		output_string(document->out, i ? "└─> " : "");
		markdown_call(document->out, label_of(frame->call), frame->file, frame->line,
		    document->options->prefix);
		if (i == 0 && place->source) {
			output_string(document->out, " *(");
			markdown_text(document->out, place->source);
			output_string(document->out, ")*");
		}
		output_string(document->out, i == place->chain_op ? " ← **OP**" : "");
		write_notes(document->out, frame);
		output_char(document->out, '\n');
	}
}

/* The innermost function, and those of the tree; of others only how many. */
static void
write_stack(const struct document *document, const struct place *place)
{
	size_t others = 0;

	output_string(document->out, "\nSeen at the launch: ");
	for (size_t i = 0; i < place->stack_length; i++) {
		const struct frame *frame = &place->stack[i];

		if (i > 0 && join_tree_path(document->join, frame->file) == NULL) {
			others++;
			continue;
		}
		if (others > 0)
			output_format(document->out, " ← *%zu of other code*", others);
		others = 0;
		output_string(document->out, i ? " ← " : "");
		write_seen(document, frame);
	}
	output_char(document->out, '\n');
}

static void
write_place_rate(const struct document *document, const struct rate *rate)
{
	output_string(document->out, "\nRate: ");
	if (isfinite(rate->gbps))
		output_format(document->out, "%.4g GB/s, ", rate->gbps);
	if (isfinite(rate->tflops))
		output_format(document->out, "%.4g TFLOP/s, ", rate->tflops);
	if (isfinite(rate->ceiling_percent))
		output_format(document->out, "%.1f%% of the ceiling, ", rate->ceiling_percent);
	if (rate->bound) {
		markdown_text(document->out, rate->bound);
		output_string(document->out, "-bound, ");
	}
	markdown_text(document->out, rate->how ? rate->how : "unknown how");
	if (rate->why) {
		output_string(document->out, ": ");
		markdown_text(document->out, rate->why);
	}
	output_char(document->out, '\n');
}

static void
write_around(const struct document *document, const struct place *place)
{
	if (place->after != NULL) {
		output_string(document->out, " after ");
		write_call_link(document, place->after);
	}
	if (place->before != NULL) {
		output_string(document->out, " before ");
		write_call_link(document, place->before);
	}
	if (place->called_at != NULL) {
		output_string(document->out, ", called by code that the model does not reach, ");
		write_call_link(document, place->called_at);
	}
}

static void
write_place(const struct document *document, const struct place *place)
{
	struct output *out = document->out;

	output_string(out, place->certain ? "\n**" : "\n**Candidate** *");
	markdown_text(out, place->kernel ? place->kernel : "no symbol");
	output_string(out, place->certain ? "**" : "*");
	if (place_site(document->join, place) != NULL) {
		output_string(out, " for ");
		write_call_link(document, place_site(document->join, place));
		for (size_t i = 0; i < place->also_count; i++) {
			output_string(out, " or ");
			write_call_link(document, &place->also_at[i]);
		}
	}
	write_around(document, place);
	output_format(out, ", %llu %s, ", (unsigned long long)place->calls,
	    place->calls == 1 ? "call" : "calls");
	write_time(out, place->sum);
	output_string(out, ", by ");
	markdown_text(out, place->how);
	if (place->why) {
		output_string(out, ": ");
		markdown_text(out, place->why);
	}
	output_char(out, '\n');
	if (place->launch) {
		output_string(out, "\nLaunched by ");
		markdown_code(out, place->launch);
		output_char(out, '\n');
	}
	if (place->definition) {
		output_string(out, "\nDefinition: ");
		markdown_text(out, place->definition);
		output_char(out, '\n');
	}
	if (place->has_rate)
		write_place_rate(document, &place->rate);
	if (place->chain_length > 0)
		write_chain(document, place);
	if (place->stack_length > 0)
		write_stack(document, place);
}

static void
write_hot(const struct document *document, const struct hot *hot, size_t rank)
{
	struct output *out = document->out;

	output_format(out, "\n### %zu. ", rank + 1);
	markdown_text(out, hot->label);
	output_string(out, " *(");
	write_percent(out, hot->sum, document->join->sum);
	output_string(out, ", ");
	markdown_text(out, hot->stage ? hot->stage : "unknown stage");
	output_string(out, ")*\n\n");
	markdown_code(out, hot->name);
	output_format(out, "\n\n%llu %s of ", (unsigned long long)hot->calls,
	    hot->calls == 1 ? "call" : "calls");
	write_time(out, hot->mean);
	output_string(out, " (");
	write_time(out, hot->shortest);
	output_string(out, " to ");
	write_time(out, hot->longest);
	output_format(out, "), in %llu layers; ", (unsigned long long)hot->layers);
	markdown_text(out, hot->library ? hot->library : "library unknown");
	output_string(out, ".\n");
	if (hot_is_ambiguous(hot))
		output_string(out, "\nThe trace does not tell which of the candidates below "
		    "launched it; each is named with its reason.\n");
	if (hot->place_count == 0)
		output_string(out, "\nUnmatched: nothing in trace or tree tells where it comes "
		    "from.\n");
	for (size_t i = 0; i < hot->place_count; i++)
		write_place(document, &hot->places[i]);
}

void
markdown_write(struct output *out, struct reader *reader, const struct format_options *options)
{
	struct join join = { 0 };

	for (bool first = true; join_read(&join, reader); first = false) {
		struct document document = { out, &join, options, join.hot_count };

		if (options->rows > 0 && options->rows < join.hot_count)
			document.shown = options->rows;
		output_string(out, first ? "" : "\n");
		write_head(&document);
		write_summary(&document);
		write_wins(&document);
		write_ops(&document);
		output_string(out, "\n## Where each kernel comes from\n\n"
		    "A chain begins with the kernel's call site; every line below is the call that "
		    "reaches the function of the line above, up to the model's forward. ← **OP** "
		    "marks the call in model code.\n");
		for (size_t i = 0; i < document.shown; i++)
			write_hot(&document, &join.hots[i], i);
	}
	join_free(&join);
}
