/* SPDX-License-Identifier: Apache-2.0 */
/* Writes which kernels a deployment launches, in order, by running the framework's own Python
 * in a confined interpreter whose tensors are shapes.
 *
 * in:  a tree of sglang, a model's config.json, a device, server arguments, phases
 * out: {"kind":"deployment",...} {"kind":"fact",...} {"kind":"launch",...} {"kind":"end",...}
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "base/options.h"
#include "base/output.h"
#include "base/text.h"
#include "dryrun/dryrun.h"
#include "json/json_writer.h"
#include "request.h"

enum { DRIVER = 256, EP, DP, LINES, FACTS, EXPLAIN, FOLD, SITE, STRICT, TIMEOUT, TP };

static const struct option_spec option_table[] = {
	{ 'r', "root", "TREE", "the framework's sources" },
	{ 'c', "config", "FILE", "the model's config.json" },
	{ 'D', "device", "DEVICE", "h200, b200, mi300x, ..." },
	{ TP, "tp", "N", "ranks of tensor parallelism (1)" },
	{ EP, "ep", "N", "ranks of expert parallelism (1)" },
	{ DP, "dp", "N", "ranks of data parallelism (1)" },
	{ 'a', "args", "ARGS", "server arguments, as one types them" },
	{ 'e', "env", "NAME=VALUE", "an environment variable (again for more)" },
	{ 'p', "phase", "PHASE", "decode, extend, ... (again for more; decode and extend)" },
	{ 'b', "batch", "N", "requests (32; 1 of a prefill)" },
	{ 'n', "tokens", "N", "new tokens in all of a prefill (4096)" },
	{ 'k', "cached", "N", "cached tokens of each request (1024; 0 of extend)" },
	{ LINES, "lines", "FILE", "write the lines that ran to FILE" },
	{ FACTS, "facts", NULL, "what was decided, and why; no launches" },
	{ EXPLAIN, "explain", "WHAT", "why a kernel, or FILE:LINE, runs or does not" },
	{ FOLD, "fold", NULL, "layers alike once, with their count" },
	{ SITE, "site", "DIR", "use the packages installed in DIR" },
	{ STRICT, "strict", NULL, "refuse to run with less than full protection" },
	{ TIMEOUT, "timeout", "S", "seconds for the run (120)" },
	{ DRIVER, "driver", "NAME", "how the framework is run (sglang)" },
	{ 'v', "verbose", NULL, "what the tree prints goes to stderr" },
	{ 0 },
};

static const struct program program = {
	.name = "kplan",
	.usage = "-r TREE -c CONFIG -D DEVICE [option...]",
	.sentence = "Tell which kernels a deployment launches, by running TREE's code on shapes.",
	.options = option_table,
	.example = "kplan -r sglang -c config.json -D h200 --tp 8 -p decode",
	.status = "0 done, 1 done but not all could be run, 2 failed",
};

struct options {
	struct request request;
	struct dryrun_options run;
	const char *lines;
};

static void
take_option(struct options *options, struct option_scan *scan, int key)
{
	struct request *request = &options->request;

	switch (key) {
	case 'r': options->run.root = scan->value; break;
	case 'c': request->config = scan->value; break;
	case 'D': request->device = scan->value; break;
	case TP: request->tp = options_integer(scan, 1, 4096); break;
	case EP: request->ep = options_integer(scan, 1, 4096); break;
	case DP: request->dp = options_integer(scan, 1, 4096); break;
	case 'a': request->arguments = scan->value; break;
	case 'e': request_add(&request->environment, scan->value); break;
	case 'p': request_add(&request->phases, scan->value); break;
	case 'b': request->batch = options_integer(scan, 1, 1 << 20); break;
	case 'n': request->tokens = options_integer(scan, 1, 1 << 24); break;
	case 'k': request->cached = options_integer(scan, 0, 1 << 24); break;
	case LINES: options->lines = scan->value; break;
	case FACTS: request->facts = true; break;
	case EXPLAIN: request->explain = scan->value; break;
	case FOLD: request->fold = true; break;
	case SITE: options->run.site = scan->value; break;
	case STRICT: options->run.strict = true; break;
	case TIMEOUT: options->run.timeout = options_number(scan, 0.1, 86400); break;
	case DRIVER: options->run.driver = scan->value; break;
	default: options->run.verbose = true; break;
	}
}

static struct options
parse_options(int argc, char *argv[])
{
	struct options options = {
		.request = { .tp = 1, .ep = 1, .dp = 1, .tokens = 4096,
			.cached = 1024, .arguments = "" },
		.run = { .driver = "sglang", .timeout = 120 },
	};
	struct option_scan scan;
	int key;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		take_option(&options, &scan, key);
	if (scan.operand_count > 0)
		options_fail(&scan, "what is '%s'?", scan.operands[0]);
	if (options.run.root == NULL || options.request.config == NULL ||
	    options.request.device == NULL)
		options_fail(&scan, "-r TREE, -c CONFIG and -D DEVICE are needed");
	for (const char *byte = options.run.driver; *byte != '\0'; byte++)
		if (!(*byte >= 'a' && *byte <= 'z') && *byte != '_')
			options_fail(&scan, "no driver '%s'", options.run.driver);
	options.request.lines = options.lines != NULL;
	return options;
}

/* What was written, for the `end` record. */
struct counts {
	int64_t launches, unresolved;
	int phases; /* whose lines were written */
	bool inexact; /* something was left out */
	struct map kernels;
};

static void
count(struct counts *counts, const struct dryrun_record *record)
{
	const char *kernel = json_string(json_get(record->value, "kernel"));
	const char *name = json_string(json_get(record->value, "name"));
	int64_t repeat;

	if (strcmp(record->kind, "unresolved") == 0)
		counts->unresolved++;
	if (strcmp(record->kind, "fact") == 0 && name != NULL && strncmp(name, "left_out.", 9) == 0)
		counts->inexact = true;
	if (strcmp(record->kind, "launch") != 0)
		return;
	if (!json_integer(json_get(record->value, "repeat"), &repeat) || repeat < 1)
		repeat = 1;
	counts->launches += repeat;
	if (kernel != NULL)
		map_put_string(&counts->kernels, kernel);
}

/* The lines of the phases, one object. */
static void
write_lines(struct output *lines, const struct dryrun_record *record, bool first)
{
	const struct json *phase = json_get(record->value, "phase");
	const struct json *files = json_get(record->value, "files");

	if (phase == NULL || files == NULL)
		return;
	output_string(lines, first ? "{" : ",\n");
	output_bytes(lines, phase->raw, phase->raw_length);
	output_char(lines, ':');
	output_bytes(lines, files->raw, files->raw_length);
}

/* The records, of which the deployment comes first: what is told before it waits, up to
 * WAITING bytes. */
enum { WAITING = 16 << 20 };
struct stream {
	struct output *out;
	struct text waiting;
	bool begun;
};

static void
stream_begin(struct stream *stream)
{
	stream->begun = true;
	if (stream->waiting.length > 0)
		output_bytes(stream->out, stream->waiting.bytes, stream->waiting.length);
	text_free(&stream->waiting);
}

/* Where the model could not be built, what was asked for stands in the deployment's place. */
static void
stream_begin_anyhow(struct stream *stream, const struct request *request)
{
	if (stream->begun)
		return;
	output_format(stream->out, "{\"kind\":\"deployment\",\"version\":1,\"tp\":%lld,"
	    "\"ep\":%lld,\"dp\":%lld}\n", request->tp, request->ep, request->dp);
	stream_begin(stream);
}

static void
stream_record(struct stream *stream, const struct dryrun_record *record,
    const struct request *request)
{
	bool begins = !stream->begun && strcmp(record->kind, "deployment") == 0;

	if (stream->waiting.length > WAITING)
		stream_begin_anyhow(stream, request);
	if (begins || stream->begun) {
		output_bytes(stream->out, record->line, record->length);
		output_char(stream->out, '\n');
	} else {
		text_add(&stream->waiting, record->line, record->length);
		text_add_char(&stream->waiting, '\n');
	}
	if (begins)
		stream_begin(stream);
}

static void
write_end(struct output *out, const struct counts *counts)
{
	output_format(out, "{\"kind\":\"end\",\"launches\":%lld,\"kernels\":%zu,"
	    "\"unresolved\":%lld,\"exact\":%s}\n", (long long)counts->launches,
	    counts->kernels.count, (long long)counts->unresolved,
	    counts->inexact ? "false" : "true");
}

int
main(int argc, char *argv[])
{
	struct options options = parse_options(argc, argv);
	struct output *out = output_stdout(), *lines;
	struct stream stream = { .out = out };
	struct counts counts = { 0 };
	struct text request = { 0 };
	struct dryrun_record record;
	struct dryrun *run;

	lines = options.lines == NULL ? NULL : output_file(options.lines);
	request_write(&request, &options.request, options.run.root);
	options.run.request = request.bytes;
	run = dryrun_start(&options.run);
	while (dryrun_next(run, &record)) {
		if (strcmp(record.kind, "lines") == 0) {
			if (lines != NULL)
				write_lines(lines, &record, counts.phases++ == 0);
			continue;
		}
		stream_record(&stream, &record, &options.request);
		count(&counts, &record);
	}
	stream_begin_anyhow(&stream, &options.request);
	write_end(out, &counts);
	if (lines != NULL) {
		output_string(lines, counts.phases == 0 ? "{}\n" : "}\n");
		output_close(lines);
	}
	output_close(out);
	dryrun_close(run);
	map_free(&counts.kernels);
	text_free(&request);
	request_free(&options.request);
	return counts.unresolved > 0 ? STATUS_FINDINGS : STATUS_DONE;
}
