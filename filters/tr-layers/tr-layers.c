/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the passes and layers of a classified trace, and adds up their time.
 *
 * {"kind":"kernel","index":7,"name":"paged_attention_v1","ts":12.5,"dur":3.25,...}
 * {"kind":"layer","pass":0,"layer":17,"type":"MHA+FC","stage":"decode","ts":9,"dur":41.5,...}
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/error.h"
#include "evidence.h"
#include "base/memory.h"
#include "base/options.h"
#include "out_kernels.h"
#include "report.h"
#include "verbose.h"

enum {
	KEY_KERNELS = 256, KEY_METHOD, KEY_CAPTURE, KEY_SPLIT, KEY_TOP, KEY_STAGE, KEY_SHOW,
	KEY_REPORT, KEY_DEBUG, KEY_GRID,
	KEY_EXPECT, KEY_ACCOUNT, KEY_STACKS
};

static const struct option_spec option_specs[] = {
	{ 'f', "format", "FORMAT", "ndjson, table, csv, md, html, perfetto, stats or events" },
	{ KEY_KERNELS, "kernels", NULL, "pass kernels on, with pass and layer" },
	{ KEY_METHOD, "method", "METHOD", "auto, modules, periodic or markers" },
	{ KEY_CAPTURE, "capture", "FILE", "records of the trace that captured the graph" },
	{ KEY_ACCOUNT, "account", "FILE", "records of tr-account: diagnosis, idle time, gaps" },
	{ KEY_STACKS, "stacks", "FILE", "folded stacks of tr-stacks: a flame graph in the page" },
	{ KEY_SPLIT, "split-half-layers", NULL, "attention and MLP as two layers" },
	{ KEY_STAGE, "stage", "STAGE", "prefill, decode, mixed, backward, optimizer, unknown or all" },
	{ KEY_TOP, "top-n", "N", "rows of kernel tables (20)" },
	{ KEY_SHOW, "show-layer-terminal", NULL, "a row for each layer in the table" },
	{ KEY_REPORT, "layer-report", "LIST", "kernels of layers such as 0,4-10" },
	{ KEY_DEBUG, "debug-layers", "LIST", "how those layers got their stage" },
	{ KEY_EXPECT, "expect-layers", "N", "exit 1 unless every pass has N layers" },
	{ KEY_GRID, "grid-threshold", "N", "attention of unknown stage: prefill above grid N" },
	{ 'v', "verbose", NULL, "say which evidence was used, and what has no role" },
	{ 0 },
};

static const struct program program = {
	.name = "tr-layers",
	.usage = "[options] [FILE...]",
	.sentence = "Find passes and layers in a classified trace and add up their time.",
	.options = option_specs,
	.example = "tr-parse -a trace.json.gz | tr-classify | tr-layers -f table",
};

static const char *const method_choices[] = { "auto", "modules", "periodic", "markers", NULL };
static const char *const stage_choices[] = { "prefill", "decode", "mixed",
	"backward", "optimizer", "unknown", "all", NULL };
static const char *const format_choices[] = { "ndjson", "table", "csv", "md", "html",
	"perfetto", "stats", "events", NULL };
static const struct format *const formats[] = { &format_ndjson, &format_table, &format_csv,
	&format_markdown, &format_html, &format_perfetto, &format_stats, &format_events };

enum { METHOD_AUTO = -1 };

/* Characters of kernel names in tables: where the terminal's width is known, rows are cut to it. */
enum { SHORT_NAME = 60, LONG_NAME = 300 };

struct options {
	const struct format *format;
	int method; /* METHOD_AUTO or an enum method */
	const char *capture, *account, *stacks;
	bool kernels, split, verbose;
	int64_t grid_threshold;
	int64_t expected; /* layers of a pass; NONE when not told */
	struct view view;
	char **files;
};

/* What goes together, and the format where none was given. */
static void
options_check(struct options *opt, const struct option_scan *scan)
{
	bool terminal = isatty(STDOUT_FILENO);

	opt->view.color = columns_color();
	if (opt->format == NULL)
		opt->format = terminal && !opt->kernels ? &format_table : &format_ndjson;
	if (opt->format == &format_table)
		opt->view.width = columns_terminal(0);
	opt->view.name = opt->view.width > 0 ? LONG_NAME : SHORT_NAME;
	if (opt->stacks != NULL && opt->format != &format_html)
		options_fail(scan, "--stacks goes with -f html only");
	if (opt->kernels && opt->format != &format_ndjson)
		options_fail(scan, "--kernels goes with -f ndjson only");
	opt->files = scan->operands;
}

static struct options
options_parse(int argc, char *argv[])
{
	struct options opt = { .method = METHOD_AUTO, .expected = NONE,
		.view = { .top = 20, .stage = NONE } };
	struct option_scan scan;
	int key, stage;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END) {
		switch (key) {
		case 'f':
			opt.format = formats[options_choice(&scan, format_choices)];
			break;
		case KEY_KERNELS:
			opt.kernels = true;
			break;
		case KEY_METHOD:
			opt.method = options_choice(&scan, method_choices) - 1;
			break;
		case KEY_CAPTURE:
			opt.capture = scan.value;
			break;
		case KEY_ACCOUNT:
			opt.account = scan.value;
			break;
		case KEY_STACKS:
			opt.stacks = scan.value;
			break;
		case KEY_SPLIT:
			opt.split = true;
			break;
		case KEY_STAGE:
			stage = options_choice(&scan, stage_choices);
			opt.view.stage = stage == STAGE_COUNT ? NONE : stage;
			break;
		case KEY_TOP:
			opt.view.top = (size_t)options_integer(&scan, 0, INT32_MAX);
			break;
		case KEY_SHOW:
			opt.view.layer_rows = SIZE_MAX;
			break;
		case KEY_REPORT:
			opt.view.layers = scan.value;
			spec_beyond(scan.value, 0);
			break;
		case KEY_DEBUG:
			opt.view.debug = scan.value;
			spec_beyond(scan.value, 0);
			break;
		case KEY_EXPECT:
			opt.expected = options_integer(&scan, 0, INT32_MAX);
			break;
		case KEY_GRID:
			opt.grid_threshold = options_integer(&scan, 1, INT32_MAX);
			break;
		case 'v':
			opt.verbose = true;
			break;
		}
	}
	options_check(&opt, &scan);
	return opt;
}

/* The best evidence first; what it leaves without layers goes to the next. */
static void
find_layers(struct trace *trace, const struct trace *capture, const struct options *opt)
{
	int method = opt->method;

	trace_ready(trace);
	if (method == METHOD_AUTO || method == METHOD_MODULES) {
		modules_find(trace);
		if (capture != NULL)
			modules_find_captured(trace, capture);
	}
	if (method == METHOD_AUTO || method == METHOD_PERIODIC)
		periodic_find(trace);
	if (method == METHOD_MARKERS || method == METHOD_AUTO)
		markers_find(trace, opt->split, method == METHOD_MARKERS);
	if (opt->split)
		halves_split(trace);
	places_find(trace);
	sums_find(trace);
	stages_find(trace);
	mismatch_find(trace);
	training_steps(trace);
	if (opt->verbose)
		verbose_say(trace, method);
}

/* What was kept out of the sums; whether anything was. */
static bool
say_damage(const struct trace *trace)
{
	struct number number;
	size_t left_out = trace->left_out_count + trace->copies_left_out;

	if (left_out > 0)
		warn("%s: %zu of %zu kernels, copies and fills have no believable time and are "
		    "left out", trace->file, left_out,
		    left_out + trace->kernel_count + trace->copy_count);
	if (trace->clipped_count > 0)
		warn("%s: %zu kernels last beyond the next one of their stream: cut there, by %s "
		    "in all", trace->file, trace->clipped_count,
		    number_human(&number, us_of(trace->clipped)));
	if (trace->displaced_count > 0)
		warn("%s: %zu kernels have times out of the order of their graph launch: the order "
		    "of the file decides their layers", trace->file, trace->displaced_count);
	if (trace->mismatched)
		warn("%s: names and times of replayed kernels do not belong together (kernels of "
		    "one place in equal layers differ by more than 3 times): no figure by name "
		    "or type is given", trace->file);
	return left_out > 0 || trace->clipped_count > 0 || trace->mismatched ||
	    trace->displaced_count > 0;
}

/* Whether a pass has another number of layers than the user said. */
static bool
say_unexpected(const struct trace *trace, int64_t expected)
{
	size_t others = 0, i;

	if (expected == NONE)
		return false;
	for (i = 0; i < trace->pass_count; i++) {
		if (trace->passes[i].layers == expected)
			continue;
		if (others++ == 0)
			warn("%s: pass %zu has %d layers, not %lld", trace->file, i,
			    (int)trace->passes[i].layers, (long long)expected);
	}
	if (others > 1)
		warn("%s: %zu of %zu passes have another number of layers", trace->file, others,
		    trace->pass_count);
	if (trace->pass_count == 0 && expected != 0)
		warn("%s: there are no layers, not %lld", trace->file, (long long)expected);
	return others > 0 || (trace->pass_count == 0 && expected != 0);
}

/* Ends the program when the list asks for a layer that no pass has. */
static void
need_layers(const struct trace *trace, const char *spec)
{
	int32_t most = NONE;
	int64_t number;
	size_t i;

	if (spec == NULL)
		return;
	for (i = 0; i < trace->pass_count; i++)
		if (trace->passes[i].layers - 1 > most)
			most = trace->passes[i].layers - 1;
	number = spec_beyond(spec, most);
	if (number != NONE && most == NONE)
		die("%s: there is no layer %lld: there are none", trace->file, (long long)number);
	if (number != NONE)
		die("%s: there is no layer %lld: the last one of a pass is %d", trace->file,
		    (long long)number, (int)most);
}

/* One run over any number of streams. */
struct run {
	struct options opt;
	struct output *out;
	struct spool *spool;   /* NULL unless kernels are passed on */
	struct trace *capture; /* NULL without one */
	struct accounts *accounts; /* NULL without them */
	struct flame *flame;   /* NULL without one */
	struct trace trace;
	size_t traces;
	bool findings;
};

static void
write_trace(struct run *run)
{
	const struct options *opt = &run->opt;
	struct trace *trace = &run->trace;
	struct output *out = run->out;
	struct report report;
	bool records = opt->format == &format_ndjson;

	find_layers(trace, run->capture, opt);
	run->findings = say_damage(trace) || run->findings;
	run->findings = say_unexpected(trace, opt->expected) || run->findings;
	need_layers(trace, opt->view.layers);
	need_layers(trace, opt->view.debug);
	report_open(&report, trace, run->traces++);
	report.flame = run->traces == 1 ? run->flame : NULL;
	report.account = accounts_of(run->accounts, trace->file);
	if (run->accounts != NULL && report.account == NULL) {
		warn("%s: %s has no account of it", trace->file, opt->account);
		run->findings = true;
	}
	if (records)
		output_format(out, "%s\n", trace->head);
	if (run->spool != NULL)
		kernels_write(run->spool, trace, out);
	opt->format->trace(out, &report, &opt->view);
	if (records)
		output_format(out, "%s\n", trace->tail);
	report_close(&report);
	trace_clear(trace);
}

/* Launches and modules of the trace in which a graph was captured; NULL without one. */
static struct trace *
read_capture(const char *path)
{
	char *files[] = { (char *)path, NULL };
	struct trace_reader *in;
	const struct trace_record *record;
	struct trace *capture;

	if (path == NULL)
		return NULL;
	capture = memory_alloc_zero(1, sizeof(*capture));
	in = trace_reader_open(files);
	trace_reader_expect_trace(in);
	while ((record = trace_reader_next(in)) != NULL)
		if (record->kind != TRACE_KERNEL)
			trace_add(capture, record);
		else
			trace_add_correlation(capture, record);
	trace_reader_close(in);
	trace_ready(capture);
	if (capture->launches.count == 0 || capture->module_count == 0)
		die("%s: has no launches or no modules: make it with tr-parse -a", path);
	return capture;
}

static void
read_stream(struct run *run, struct trace_reader *in)
{
	const struct trace_record *record;

	while ((record = trace_reader_next(in)) != NULL) {
		trace_add(&run->trace, record);
		if (run->spool != NULL)
			spool_add(run->spool, record);
		if (record->kind == TRACE_END)
			write_trace(run);
	}
}

static void
close_traces(struct run *run)
{
	trace_close(&run->trace);
	if (run->capture != NULL)
		trace_close(run->capture);
	free(run->capture);
	accounts_close(run->accounts);
	flame_close(run->flame);
}

int
main(int argc, char *argv[])
{
	struct run run = { .opt = options_parse(argc, argv), .trace = { .rank = NONE } };
	struct trace_reader *in;

	run.trace.grid_threshold = run.opt.grid_threshold;
	run.trace.wants_shapes = run.opt.format == &format_perfetto ||
	    run.opt.format == &format_events;
	run.capture = read_capture(run.opt.capture);
	if (run.opt.account != NULL)
		run.accounts = accounts_open(run.opt.account);
	if (run.opt.stacks != NULL)
		run.flame = flame_open(run.opt.stacks);
	in = trace_reader_open(run.opt.files);
	trace_reader_expect_trace(in);
	run.spool = run.opt.kernels ? spool_open("tr-layers") : NULL;
	run.out = output_stdout();
	if (run.opt.format->begin != NULL)
		run.opt.format->begin(run.out);
	read_stream(&run, in);
	if (run.opt.format->end != NULL)
		run.opt.format->end(run.out);
	if (run.spool != NULL)
		spool_close(run.spool);
	output_close(run.out);
	trace_reader_close(in);
	close_traces(&run);
	return run.findings ? STATUS_FINDINGS : STATUS_DONE;
}
