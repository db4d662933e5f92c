/* SPDX-License-Identifier: Apache-2.0 */
/* kbench: measures the kernels of kernels/ against the limits of the machine, in one run.
 *
 * in:  kbench -k radix -a tokens=1024 -f ndjson
 * out: {"kind":"measure","kernel":"radix","backend":"cpu","axes":{"tokens":1024,...},...} */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "against.h"
#include "bench.h"
#include "base/error.h"
#include "list.h"
#include "base/memory.h"
#include "ncu.h"
#include "own.h"
#include "base/options.h"
#include "base/progress.h"
#include "peak.h"
#include "plan.h"
#include "predict.h"
#include "writers.h"

enum {
	KEY_MAX_NOISE = 256, KEY_TIMEOUT, KEY_NO_CHECK, KEY_EXPLAIN, KEY_FROM, KEY_COMPARE, KEY_NCU,
	KEY_PLOTS, KEY_DATASHEET, KEY_RANK, KEY_WORLD, KEY_ID_FILE,
	KEY_CHIP, KEY_AGAINST, KEY_SUBJECT,
};

static const struct option_spec option_specs[] = {
	{ 'k', "kernels", "LIST", "index, store, kvcache, allreduce, radix; all by default" },
	{ 'a', "axis", "AXIS=VALUES", "values, lo:hi, lo:hi:step, lo:hi:xFACTOR; K, M, G" },
	{ 'b', "begin", "SIZE", "smallest message of allreduce" },
	{ 'e', "end", "SIZE", "largest message of allreduce" },
	{ 'f', "format", "FORMAT", "table, ndjson, csv, md, report; a number: -b's factor" },
	{ 'd', "device", "DEVICE", "cpu (default) or cuda:N; --chip H200 only predicts" },
	{ 'l', "list", NULL, "list kernels, their axes and defaults" },
	{ 'o', "output", "FILE", "write there, not to stdout" },
	{ 'n', "samples", "N", "take exactly so many samples" },
	{ 'w', "warmup", "N", "calls before the first sample (1)" },
	{ KEY_MAX_NOISE, "max-noise", "PERCENT", "sample until the median is known so well (1)" },
	{ KEY_TIMEOUT, "timeout", "SECONDS", "or for so long, each configuration (1)" },
	{ KEY_NO_CHECK, "no-check", NULL, "do not compare results with the reference" },
	{ KEY_EXPLAIN, "explain", NULL, "say which limit binds each row" },
	{ KEY_FROM, "from", "FILE", "measure nothing: read what -f ndjson wrote" },
	{ KEY_COMPARE, "compare", "FILE", "against older results; --against KBENCH runs in turns" },
	{ KEY_NCU, "ncu", "FILE", "add counters from ncu --csv --page raw" },
	{ KEY_PLOTS, "plots", "STEM", "pictures that the report points to" },
	{ KEY_DATASHEET, "datasheet", "GB/S", "the memory's bandwidth by its vendor" },
	{ KEY_CHIP, "chip", "NAME", NULL },
	{ KEY_AGAINST, "against", "KBENCH", NULL },
	{ KEY_SUBJECT, "subject", "FILE", "a kernel of yours: a shared object, or a .py" },
	{ KEY_RANK, "rank", "N", "this process's rank of allreduce; --world N: of how many" },
	{ KEY_WORLD, "world", "N", NULL },
	{ KEY_ID_FILE, "id-file", "FILE", "where rank 0 puts what joins them" },
	{ 0 },
};

static const struct program program = {
	.name = "kbench",
	.usage = "[-k LIST] [-a AXIS=VALUES]... [-d DEVICE] [-f FORMAT]",
	.sentence = "Measure kernels against the limits of the machine, in the same run.",
	.options = option_specs,
	.example = "kbench -k radix -a tokens=1K,1M --explain",
	.status = "0 done, 1 wrong data, no data, or slower, 2 failed",
};

static const char *const formats[] = { "table", "ndjson", "csv", "md", "report", NULL };
enum format { FORMAT_TABLE, FORMAT_NDJSON, FORMAT_CSV, FORMAT_MD, FORMAT_REPORT };

struct options {
	struct plan_wish wish; /* kernels, axes, sizes */
	enum format format;
	const char *device, *output, *from, *compare, *ncu, *plots, *chip, *against, *subject;
	bool list, explain;
	struct bench bench;    /* rule, check, rank, ... */
};

/* How long to sample, what to check, and whose rank this is; false: none of these. */
static bool
bench_set(struct bench *bench, struct option_scan *scan, int key)
{
	switch (key) {
	case 'n':
		bench->rule.fixed = (size_t)options_integer(scan, 1, 1000000);
		return true;
	case 'w':
		bench->warmups = (unsigned)options_integer(scan, 0, 1000);
		return true;
	case KEY_MAX_NOISE:
		bench->rule.max_noise = options_number(scan, 0, 100) / 100;
		return true;
	case KEY_TIMEOUT:
		bench->rule.timeout = options_number(scan, 0, 86400);
		return true;
	case KEY_NO_CHECK:
		bench->check = false;
		return true;
	case KEY_DATASHEET:
		bench->datasheet_gbps = options_number(scan, 0.001, 1e6);
		return true;
	case KEY_RANK:
		bench->rank = (int)options_integer(scan, 0, 65535);
		return true;
	case KEY_WORLD:
		bench->world = (int)options_integer(scan, 1, 65536);
		return true;
	case KEY_ID_FILE:
		bench->id_file = scan->value;
		return true;
	}
	return false;
}

static void
options_set(struct options *opt, struct option_scan *scan, int key, struct arena *arena)
{
	const char *value = scan->value;

	switch (key) {
	case 'k':
		opt->wish.kernels = value;
		break;
	case 'a':
		plan_wish_axis(&opt->wish, scan, arena);
		break;
	case 'b':
		opt->wish.begin = value;
		break;
	case 'e':
		opt->wish.end = value;
		break;
	case 'f':
		if (value[strspn(value, "0123456789")] == '\0' && value[0] != '\0')
			opt->wish.factor = value;
		else
			opt->format = (enum format)options_choice(scan, formats);
		break;
	case 'd':
		opt->device = value;
		break;
	case 'l':
		opt->list = true;
		break;
	case 'o':
		opt->output = value;
		break;
	case KEY_EXPLAIN:
		opt->explain = true;
		break;
	case KEY_FROM:
		opt->from = value;
		break;
	case KEY_COMPARE:
		opt->compare = value;
		break;
	case KEY_NCU:
		opt->ncu = value;
		break;
	case KEY_AGAINST:
		opt->against = value;
		break;
	case KEY_SUBJECT:
		opt->subject = value;
		break;
	case KEY_CHIP:
		opt->chip = value;
		break;
	case KEY_PLOTS:
		opt->plots = value;
		break;
	}
}

static struct options
options_parse(int argc, char *argv[], struct arena *arena)
{
	struct options opt = { .device = "cpu", .bench = { .warmups = 1, .check = true,
		.seed = 1, .datasheet_gbps = NAN, .rule = { .min_samples = 15, .min_seconds = 0.02,
		    .max_noise = 0.01, .timeout = 1 } } };
	struct option_scan scan;
	int key;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		if (!bench_set(&opt.bench, &scan, key))
			options_set(&opt, &scan, key, arena);
	if (scan.operand_count > 0)
		options_fail(&scan, "'%s' is one argument too many", scan.operands[0]);
	if ((opt.bench.world > 0) != (opt.bench.id_file != NULL) ||
	    (opt.bench.world == 0 && opt.bench.rank > 0) ||
	    (opt.bench.world > 0 && opt.bench.rank >= opt.bench.world))
		options_fail(&scan, "--rank, --world and --id-file go together, rank below world");
	/* All ranks must take the same number of samples. */
	if (opt.bench.world > 0 && opt.bench.rule.fixed == 0)
		opt.bench.rule.fixed = 20;
	return opt;
}

/* The backend that the device names; dies when it cannot be had. */
static struct backend *
open_backend(const char *device)
{
	struct backend *backend;
	const char *why;
	char *end;
	long number = 0;

	if (strcmp(device, "cpu") == 0)
		return backend_cpu_open();
	if (strncmp(device, "cuda", 4) != 0 || (device[4] != '\0' && device[4] != ':'))
		die("device '%s' is neither cpu nor cuda:N (try 'kbench --help')", device);
	if (device[4] == ':') {
		number = strtol(device + 5, &end, 10);
		if (end == device + 5 || *end != '\0' || number < 0 || number > 1023)
			die("device '%s' has no number after cuda: (try 'kbench --help')", device);
	}
	backend = backend_cuda_open((int)number, &why);
	if (backend == NULL)
		die("%s: %s; -d cpu runs here", device, why);
	return backend;
}

static void
run(struct options *opt, struct results *results)
{
	struct bench *bench = &opt->bench;
	struct progress progress;
	struct plan plan;

	bench->backend = open_backend(opt->device);
	bench->results = results;
	if (opt->subject != NULL)
		bench->own = opt->wish.own = own_open(opt->subject, &results->arena);
	plan_make(&plan, &opt->wish, bench->backend, results);
	bench->backend->describe(bench->backend, results);
	peak_apply(bench);
	progress_begin(&progress, plan_count(&plan) + 1);
	bench->no_ceilings = getenv("KBENCH_NO_CEILINGS") != NULL;
	progress_step(&progress, "ceilings");
	if (!bench->no_ceilings)
		bench_ceilings(bench);
	while (plan_next(&plan)) {
		progress_step(&progress, plan_describe(&plan, results));
		bench_point(bench, plan.subject, &plan.point);
	}
	progress_end(&progress);
	bench_ceilings_judge(bench);
	bench->backend->close(bench->backend);
}

static int
write_results(struct output *out, struct options *opt, struct results *results)
{
	struct results old = { 0 };
	int slower;

	if (opt->compare != NULL) {
		results_read(&old, opt->compare);
		slower = write_comparison(out, results, &old,
		    opt->format == FORMAT_NDJSON);
		results_free(&old);
		return slower > 0 ? STATUS_FINDINGS : STATUS_DONE;
	}
	switch (opt->format) {
	case FORMAT_TABLE:
		write_table(out, results, opt->explain);
		break;
	case FORMAT_NDJSON:
		write_ndjson(out, results, opt->explain);
		break;
	case FORMAT_CSV:
		write_csv(out, results);
		break;
	case FORMAT_MD:
		write_markdown(out, results, opt->explain);
		break;
	case FORMAT_REPORT:
		write_report(out, results, opt->plots);
		break;
	}
	return STATUS_DONE;
}

/* Wrong data are told on stderr, whatever the format. */
static int
count_wrong(const struct results *results)
{
	int wrong = 0;

	for (size_t i = 0; i < results->measure_count; i++)
		wrong += results->measures[i].correct == 0;
	if (wrong > 0)
		warn("%d of %zu configurations gave wrong data", wrong, results->measure_count);
	return wrong;
}

/* Predictions and runs in turns have no results of their own. */
static bool
measures_nothing(const struct options *opt)
{
	return opt->chip != NULL || opt->against != NULL;
}

/* A run in which nothing could be measured is no success. */
static bool
is_empty(const struct options *opt, const struct results *results)
{
	if (opt->list || results->measure_count > 0 || results->skipped_count == 0)
		return false;
	warn("nothing could be measured: %s", results->skipped[0]);
	return true;
}

/* The arguments as they came: getopt may put them into another order. */
static char **
keep_arguments(int argc, char *const *argv)
{
	char **kept = memory_alloc(((size_t)argc + 1) * sizeof(*kept));

	memcpy(kept, argv, ((size_t)argc + 1) * sizeof(*kept));
	return kept;
}

int
main(int argc, char *argv[])
{
	struct results results = { 0 };
	char **arguments = keep_arguments(argc, argv);
	struct options opt = options_parse(argc, argv, &results.arena);
	struct output *out;
	int status = STATUS_DONE;

	if (opt.from != NULL && !opt.list && !measures_nothing(&opt))
		results_read(&results, opt.from);
	else if (!opt.list && !measures_nothing(&opt))
		run(&opt, &results);
	if (opt.ncu != NULL)
		ncu_read(&results, opt.ncu);
	bench_fits(&results);
	out = opt.output ? output_file(opt.output) : output_stdout();
	if (opt.list)
		list_subjects(out);
	else if (opt.chip != NULL)
		predict(out, &opt.wish, opt.chip, opt.format == FORMAT_NDJSON);
	else if (opt.against != NULL)
		status = against(out, arguments, opt.against, opt.format == FORMAT_NDJSON) > 0
		    ? STATUS_FINDINGS : STATUS_DONE;
	else
		status = write_results(out, &opt, &results);
	output_close(out);
	if (count_wrong(&results) > 0 || is_empty(&opt, &results))
		status = STATUS_FINDINGS;
	results_free(&results);
	free(opt.wish.axes);
	free(arguments);
	return status;
}
