/* SPDX-License-Identifier: Apache-2.0 */
/* Holds a trace against a budget: limits on kernels, types, stages, passes, layers and idle
 * time.
 *
 *	{"kind":"pass","pass":0,"stage":"decode","layers":48,"ts":10.0,"dur":5600.0,...}
 *	{"kind":"check","version":1,"file":"budget.yaml","line":2,"subject":"pass",
 *	 "of":"decode","status":"breach","us":5600.0,"max_us":5500.0,
 *	 "says":"pass decode: 5600.000 us, at most 5500.000 us allowed"}
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/options.h"
#include "budget.h"
#include "init.h"
#include "judge.h"
#include "measure.h"
#include "report.h"

enum { KEY_INIT = 256, KEY_MARGIN };

static const struct option_spec option_table[] = {
	{ 'b', "budget", "FILE", "the limits, in YAML" },
	{ 'f', "format", "FORMAT", "ndjson (default), text, junit or github" },
	{ KEY_INIT, "init", NULL, "write a budget that this trace keeps to" },
	{ KEY_MARGIN, "margin", "PERCENT", "what --init allows beyond the measured (10)" },
	{ 0 },
};

static const struct program program = {
	.name = "tr-check",
	.usage = "-b FILE [-f FORMAT] [FILE...]\n"
	    "       tr-check --init [--margin PERCENT] [FILE...]",
	.sentence = "Holds a trace against a budget of times, shares and counts.",
	.options = option_table,
	.example = "tr-parse trace.json.gz | tr-classify | tr-layers --kernels | "
	    "tr-check -b budget.yaml",
	.status = "0 every limit is kept, 1 one is broken or has nothing to measure, "
	    "2 failed (discard the output)",
};

struct options {
	const char *budget;
	enum report_format format;
	bool init, format_given, margin_given;
	double margin;
	char **files;
};

static void
options_check(const struct option_scan *scan, const struct options *opt)
{
	if (opt->init && opt->budget != NULL)
		options_fail(scan, "--init writes a budget and reads none: -b does not go with it");
	if (opt->init && opt->format_given)
		options_fail(scan, "--init writes YAML: -f does not go with it");
	if (!opt->init && opt->margin_given)
		options_fail(scan, "--margin goes with --init");
	if (!opt->init && opt->budget == NULL)
		options_fail(scan, "-b FILE is needed, or --init");
}

static void
options_parse(struct options *opt, int argc, char *argv[])
{
	struct option_scan scan;
	int key;

	*opt = (struct options){ .margin = 10 };
	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END) {
		switch (key) {
		case 'b':
			opt->budget = scan.value;
			break;
		case 'f':
			opt->format = (enum report_format)options_choice(&scan,
			    report_format_names);
			opt->format_given = true;
			break;
		case KEY_INIT:
			opt->init = true;
			break;
		case KEY_MARGIN:
			opt->margin = options_number(&scan, 0, 1000);
			opt->margin_given = true;
			break;
		}
	}
	options_check(&scan, opt);
	opt->files = scan.operands;
}

/* STATUS_DONE when every limit is kept. */
static enum status
check(const struct options *opt, const struct measures *measures, struct budget *budget)
{
	struct result *results = memory_alloc(budget->count * sizeof(*results));
	struct output *out = output_stdout();
	enum status status;

	judge(budget, measures, results);
	report_write(budget, results, opt->format, out);
	for (size_t i = 0; i < budget->count && opt->format == REPORT_NDJSON; i++)
		if (results[i].outcome != OUTCOME_PASS)
			warn("%s:%zu: %s", budget->file, results[i].limit->line, results[i].says);
	status = report_all_pass(budget, results) ? STATUS_DONE : STATUS_FINDINGS;
	output_close(out);
	free(results);
	return status;
}

static void
write_budget(const struct options *opt, const struct measures *measures)
{
	struct output *out = output_stdout();

	init_write(measures, opt->margin, out);
	output_close(out);
}

int
main(int argc, char *argv[])
{
	enum status status = STATUS_DONE;
	struct measures measures = { 0 };
	struct budget budget = { 0 };
	struct options opt;

	options_parse(&opt, argc, argv);
	if (!opt.init)
		budget_read(&budget, opt.budget);
	measure_read(&measures, opt.files);
	if (measures.left_out > 0)
		warn("%llu pieces of GPU work last less than nothing and are left out",
		    (unsigned long long)measures.left_out);
	if (opt.init)
		write_budget(&opt, &measures);
	else
		status = check(&opt, &measures, &budget);
	measure_free(&measures);
	budget_free(&budget);
	return (int)status;
}
