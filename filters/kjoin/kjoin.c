/* SPDX-License-Identifier: Apache-2.0 */
/* Joins a trace's kernels with the call chains, GPU functions and definitions of the code
 * that launched them.
 *
 * in:  {"kind":"kernel","name":"act_and_mul_kernel<bf16>","dur":2.1,"pass":0,"layer":3,...}
 * out: {"kind":"hot","rank":0,"name":"act_and_mul_kernel<bf16>","share":0.03,...,"places":
 *       [{"op":6,"kernel":"silu_and_mul","how":"callee","chain":{"frames":[...]},...}]} */
#include <stdlib.h>
#include <string.h>

#include "candidates.h"
#include "chains.h"
#include "definitions.h"
#include "base/error.h"
#include "evidence.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "places.h"
#include "rate_defined.h"
#include "rows.h"
#include "trace.h"
#include "write.h"

enum { KEY_CANDIDATES = 256, KEY_EACH };

static const struct option_spec option_table[] = {
	{ 'c', "chains", "FILE", "what kcallers wrote" },
	{ 'l', "callees", "FILE", "what kcallees wrote" },
	{ 'd', "definitions", "FILE", "definitions by module" },
	{ 'p', "plan", "FILE", "what kplan wrote of the deployment" },
	{ 'r', "root", "TREE", "tree that the chains are of, for the output" },
	{ 'm', "model", "NAME", "what the model is called in the output" },
	{ KEY_CANDIDATES, "candidates", "N", "most candidates of a place (8)" },
	{ KEY_EACH, "each", NULL, "write a record for each kernel, too" },
	{ 0, NULL, NULL, NULL },
};

static const struct program program = {
	.name = "kjoin",
	.usage = "[-c FILE] [-l FILE] [-d FILE] [-p FILE] [-r TREE] [-m NAME] [FILE...]",
	.sentence = "Say for each kernel of a trace where in the model it is called from.",
	.options = option_table,
	.example = "tr-parse -a x.gz | tr-classify | tr-stacks | tr-layers --kernels | kjoin -c chains",
	.status = "0 done, 1 done, but a trace ran other code than the chains', 2 failed",
};

struct options {
	const char *chains, *callees, *definitions, *plan, *model, *tree;
	size_t candidates;
	bool each;
	char **files;
};

static struct options
options_parse(int argc, char *argv[])
{
	struct options opt = { .candidates = 8 };
	struct option_scan scan;
	int key;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		switch (key) {
		case 'c':
			opt.chains = scan.value;
			break;
		case 'l':
			opt.callees = scan.value;
			break;
		case 'd':
			opt.definitions = scan.value;
			break;
		case 'p':
			opt.plan = scan.value;
			break;
		case 'r':
			opt.tree = scan.value;
			break;
		case 'm':
			opt.model = scan.value;
			break;
		case KEY_EACH:
			opt.each = true;
			break;
		case KEY_CANDIDATES:
			opt.candidates = (size_t)options_integer(&scan, 1, 10000);
			break;
		}
	opt.files = scan.operands;
	return opt;
}

/* What is the same for all traces. */
struct code {
	struct chains chains;
	struct callees callees;
	struct definitions definitions;
	struct plan plan;
};

/* False, after a warning, when the trace ran other code than the chains are of. */
static bool
join(const struct options *opt, struct code *code, struct trace *trace, struct output *out)
{
	struct places places = { .forward.root = NONE };
	struct evidence evidence;
	struct rows rows = { 0 };
	struct planned planned = { 0 };
	struct joined joined = { trace, &code->chains, &places, &rows, &evidence,
		&code->definitions, opt->model, opt->tree, opt->candidates, &code->plan, &planned,
		opt->each };
	bool foreign;

	trace_ready(trace);
	chains_ready(&code->chains, trace_vendor(trace));
	evidence_open(&evidence, &code->chains, &code->callees, trace);
	foreign = evidence_is_foreign(&evidence);
	if (foreign)
		warn("%.*s: none of the %zu Python files on its stacks is in the chains: it ran "
		    "other code, so nothing is told by names", (int)trace->file.length,
		    trace->file.bytes, evidence.files.count);
	planned_find(&planned, &code->plan, trace, &code->chains, &code->callees);
	if (planned.misfits > 0)
		warn("%.*s: the plan does not fit %zu of its steps, and tells nothing there",
		    (int)trace->file.length, trace->file.bytes, planned.misfits);
	places_find(&places, trace, &code->chains, &code->callees, &evidence, &planned);
	rates_define(trace, &places, &code->chains, &code->definitions);
	rows_make(&rows, trace, &code->chains, &places, &code->definitions);
	joined_write(&joined, out);
	rows_clear(&rows);
	places_clear(&places);
	planned_clear(&planned);
	evidence_close(&evidence);
	trace_clear(trace);
	return !foreign;
}

static void
read_code(struct code *code, const struct options *opt)
{
	chains_read(&code->chains, opt->chains);
	callees_read(&code->callees, opt->callees);
	definitions_read(&code->definitions, opt->definitions);
	plan_read(&code->plan, &code->chains, opt->plan);
}

static void
close_code(struct code *code)
{
	chains_close(&code->chains);
	callees_close(&code->callees);
	definitions_close(&code->definitions);
	plan_close(&code->plan);
}

int
main(int argc, char *argv[])
{
	struct options opt = options_parse(argc, argv);
	struct code code = { 0 };
	struct trace trace = { 0 };
	struct trace_reader *in;
	const struct trace_record *record;
	struct output *out;
	int status = STATUS_DONE;

	read_code(&code, &opt);
	trace.keeps_steps = code.definitions.count > 0;
	in = trace_reader_open(opt.files);
	trace_reader_expect_trace(in);
	out = output_stdout();
	while ((record = trace_reader_next(in)) != NULL) {
		trace_add(&trace, record);
		if (record->kind == TRACE_END && !join(&opt, &code, &trace, out))
			status = STATUS_FINDINGS;
	}
	output_close(out);
	trace_reader_close(in);
	trace_close(&trace);
	close_code(&code);
	return status;
}
