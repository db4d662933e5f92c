/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a catalogue of GPU kernels as YAML from what Nsight Systems or a trace counted.
 *
 * in:  24.9,1231822285,329035,3743.7,3712.0,2079,5856,416.2,"void cutlass::Kernel2<...>(T1::Params)"
 * out: - raw_name: "void cutlass::Kernel2<...>(T1::Params)"
 *        friendly_name: "CUTLASS GEMM (Tensor Core, BF16)" ... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "catalogue.h"
#include "difference.h"
#include "base/error.h"
#include "base/input.h"
#include "ncu.h"
#include "base/options.h"
#include "base/output.h"
#include "report.h"
#include "run_dir.h"
#include "trace_source.h"
#include "write_catalogue.h"
#include "write_list.h"

enum { OPTION_NCU = 256, OPTION_DIFF, OPTION_THRESHOLD };

static const struct option_spec option_table[] = {
	{ 'n', "top", "N", "only the N longest kernels of each report" },
	{ 's', "stats", NULL, "add time, share, instances and stages to each entry" },
	{ 'f', "format", "FORMAT", "yaml (default), table, csv, md or html; not yaml with --diff" },
	{ OPTION_DIFF, "diff", NULL, "compare two reports, or runs: the first is the older" },
	{ OPTION_THRESHOLD, "threshold", "PERCENT", "with --diff: exit 1 over so much more time (5)" },
	{ OPTION_NCU, "ncu", "FILE", "join counters of an Nsight Compute CSV by kernel name" },
	{ 'r', "rules", "FILE", "kernel-name rules that go before the built-in ones" },
	{ 'k', "keep-going", NULL, "warn of a stage without a report, exit 1" },
	{ 'o', "output", "FILE", "write FILE instead of stdout" },
	{ 0 },
};

static const struct program program = {
	.name = "yamlgen",
	.usage = "[options] RUN_DIR | REPORT... > kernels.yaml",
	.sentence = "Write a catalogue of kernels from the kernel tables of profilers (nsys, rocprof\n"
	    "and many more), a run's folder, or kernel records on stdin.",
	.options = option_table,
	.example = "yamlgen --top 20 tmp/nsys-profile/20251107-021300 > kernels.yaml",
	.status = "0 done, 1 a stage has no report (-k) or a run is slower (--diff), 2 failed",
};

enum format { FORMAT_YAML, FORMAT_TABLE, FORMAT_CSV, FORMAT_MARKDOWN, FORMAT_HTML };

struct options {
	size_t top;
	bool stats, keep_going, diff;
	double threshold;
	enum format format;
	const char *ncu, *output;
	char *rules[2]; /* NULL-terminated, as names_open takes them */
	char **inputs;
};

static struct options
options_parse(int argc, char *argv[])
{
	static const char *const formats[] = { "yaml", "table", "csv", "md", "html", NULL };
	struct options opt = { .threshold = 5 };
	bool formatted = false;
	struct option_scan scan;

	options_begin(&scan, &program, argc, argv);
	for (int key; (key = options_next(&scan)) != OPTION_END;) {
		switch (key) {
		case 'n':
			opt.top = (size_t)options_integer(&scan, 1, 1000000000);
			break;
		case 's':
			opt.stats = true;
			break;
		case 'f':
			opt.format = (enum format)options_choice(&scan, formats);
			formatted = true;
			break;
		case OPTION_DIFF:
			opt.diff = true;
			break;
		case OPTION_THRESHOLD:
			opt.threshold = options_number(&scan, 0, 1e6);
			break;
		case OPTION_NCU:
			opt.ncu = scan.value;
			break;
		case 'r':
			opt.rules[0] = (char *)scan.value;
			break;
		case 'k':
			opt.keep_going = true;
			break;
		case 'o':
			opt.output = scan.value;
			break;
		}
	}
	opt.inputs = scan.operands;
	if (opt.diff && !formatted)
		opt.format = FORMAT_TABLE;
	if (opt.diff && (opt.inputs[0] == NULL || opt.inputs[1] == NULL || opt.inputs[2] != NULL))
		options_fail(&scan, "--diff takes two reports or runs");
	if (opt.diff && (opt.format == FORMAT_YAML || opt.format == FORMAT_HTML))
		options_fail(&scan, "--diff writes table, csv or md");
	return opt;
}

/* One report, of a stage when its path says so. */
static void
read_report(struct catalogue *catalogue, const struct run_file *file)
{
	struct source *source = catalogue_add_source(catalogue, file->stage, file->path,
	    file->combined);
	struct input *input;

	if (report_is_sqlite(file->path)) {
		report_read_sqlite(catalogue, source, file->path);
		return;
	}
	input = input_open(file->path);
	report_read_csv(catalogue, source, input);
	input_close(input);
}

static void
read_stdin(struct catalogue *catalogue)
{
	struct input *input = input_open("-");
	char first[INPUT_PEEK];
	size_t length = input_peek(input, first, sizeof(first));

	if (length > 0 && first[0] == '{') {
		trace_source_read(catalogue, input);
	} else {
		report_read_csv(catalogue, catalogue_add_source(catalogue, NULL,
		    input_name(input), false), input);
		input_close(input);
	}
}

/* What one operand names; returns how many stages lacked their report. */
static size_t
read_operand(struct catalogue *catalogue, char *path, bool keep_going)
{
	const struct run_file *file;
	struct stat status;
	size_t missing = 0;

	if (path == NULL || strcmp(path, "-") == 0)
		read_stdin(catalogue);
	else if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		for (file = run_dir_files(&catalogue->arena, path, keep_going ? &missing : NULL);
		     file != NULL; file = file->next)
			read_report(catalogue, file);
	else
		read_report(catalogue, run_file_of(&catalogue->arena, path));
	return missing;
}

static int
write_difference(const struct options *opt, struct naming *naming)
{
	static const enum difference_format formats[] = { [FORMAT_TABLE] = DIFFERENCE_TABLE,
		[FORMAT_CSV] = DIFFERENCE_CSV, [FORMAT_MARKDOWN] = DIFFERENCE_MARKDOWN };
	struct catalogue runs[2];
	struct output *out;
	size_t missing = 0;
	bool slower;

	for (int i = 0; i < 2; i++) {
		catalogue_open(&runs[i]);
		missing += read_operand(&runs[i], opt->inputs[i], opt->keep_going);
		catalogue_order(&runs[i], opt->top);
	}
	out = opt->output != NULL ? output_file(opt->output) : output_stdout();
	slower = difference_write(&runs[0], &runs[1], naming, opt->threshold, formats[opt->format],
	    out);
	output_close(out);
	catalogue_close(&runs[0]);
	catalogue_close(&runs[1]);
	return slower || missing > 0 ? STATUS_FINDINGS : STATUS_DONE;
}

static int
write_one(const struct options *opt, struct naming *naming)
{
	static size_t (*const writers[])(const struct catalogue *, struct naming *,
	    const struct catalogue_view *, struct output *) = { [FORMAT_YAML] = write_catalogue,
		[FORMAT_TABLE] = write_table, [FORMAT_CSV] = write_csv,
		[FORMAT_MARKDOWN] = write_markdown, [FORMAT_HTML] = write_page };
	struct catalogue_view view = { .stats = opt->stats, .inputs = opt->inputs };
	struct catalogue catalogue;
	struct ncu ncu = { 0 };
	struct output *out;
	size_t missing = 0, joined;

	catalogue_open(&catalogue);
	if (opt->inputs[0] == NULL)
		read_stdin(&catalogue);
	for (char **path = opt->inputs; *path != NULL; path++)
		missing += read_operand(&catalogue, *path, opt->keep_going);
	if (opt->ncu != NULL) {
		ncu_read(&ncu, opt->ncu);
		view.ncu = &ncu;
	}
	catalogue_order(&catalogue, opt->top);

	out = opt->output != NULL ? output_file(opt->output) : output_stdout();
	joined = writers[opt->format](&catalogue, naming, &view, out);
	output_close(out);
	if (opt->ncu != NULL && joined == 0)
		warn("%s: none of its %zu kernels is in the catalogue (ncu --print-kernel-base "
		    "demangled writes whole names)", opt->ncu, ncu.by_name.count);
	catalogue_close(&catalogue);
	ncu_free(&ncu);
	return missing > 0 ? STATUS_FINDINGS : STATUS_DONE;
}

int
main(int argc, char *argv[])
{
	struct options opt = options_parse(argc, argv);
	struct naming *naming = naming_open(opt.rules);
	int status = opt.diff ? write_difference(&opt, naming) : write_one(&opt, naming);

	naming_close(naming);
	return status;
}
