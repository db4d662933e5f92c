/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the command line, the configs and the repository list; saves definitions. */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/input.h"
#include "base/memory.h"
#include "base/options.h"

enum {
	OPT_CONFIG = 256, OPT_SGLANG, OPT_TP, OPT_EP, OPT_DATASET, OPT_MODES, OPT_QUANTIZED,
	OPT_NO_QUANTIZED, OPT_NO_DEDUPLICATE, OPT_REPOS, OPT_REPORT, OPT_NAMING, OPT_SURVEY,
	OPT_KERNELS, OPT_TIMEOUT, OPT_PER_RANK,
	OPT_UPDATE_TAGS, OPT_WORKLOADS, OPT_SYNTHETIC
};

static const struct option_spec options[] = {
	{ 'm', "model-name", "NAME", "model to extract, with its --config; may be repeated" },
	{ OPT_CONFIG, "config", "FILE", "its config.json" },
	{ OPT_SGLANG, "sglang-path", "DIR", "checkout of sglang" },
	{ OPT_REPOS, "repos-config", "FILE", "where repositories are; gives --sglang-path" },
	{ OPT_TP, "tp", "N[,N]", "tensor parallel sizes (1)" },
	{ OPT_EP, "ep", "N[,N]", "expert parallel sizes (1)" },
	{ OPT_PER_RANK, "per-rank", NULL, "products and experts as a rank has them" },
	{ 'o', "output-dir", "DIR", "write DIR/{op_type}/{name}.json, not stdout" },
	{ OPT_DATASET, "dataset", "DIR", "leave out what this dataset has" },
	{ OPT_NO_DEDUPLICATE, "no-deduplicate", NULL, "do not look at the dataset" },
	{ OPT_UPDATE_TAGS, "update-tags", NULL, "add this run's models to files that exist" },
	{ OPT_MODES, "execution-modes", "LIST", "prefill,decode,speculative (all)" },
	{ OPT_QUANTIZED, "include-quantized", NULL, "quantized kernels too (the default)" },
	{ OPT_NO_QUANTIZED, "no-quantized", NULL, "no quantized kernels" },
	{ OPT_NAMING, "naming", "DIALECT", "dataset (default) or flashinfer" },
	{ OPT_REPORT, "report", "FILE", "write the report here" },
	{ OPT_WORKLOADS, "workloads", "FILE", "workloads and baselines for a trace's passes" },
	{ OPT_SYNTHETIC, "synthetic", "IN,OUT,N", "the same for N requests of such lengths" },
	{ OPT_KERNELS, "kernels", NULL, "write the kernels, not definitions" },
	{ OPT_SURVEY, "survey", NULL, "table of all entry classes instead" },
	{ OPT_TIMEOUT, "timeout", "S", "seconds for one model (120)" },
	{ 'j', "threads", "N", "threads of --survey (2)" },
	{ 0, NULL, NULL, NULL },
};

static const struct program program = {
	"defgen", "--model-name NAME --config FILE --sglang-path DIR [OPTION...]",
	"Writes flashinfer-trace definitions for the kernels of a model.", options,
	"defgen -m llama --config config.json --sglang-path sglang --tp 4 | jq -r .name",
	"0 done, 1 something unsupported or in conflict, 2 failed",
};

/* Python writes infinities and NaN into config files; JSON has neither. They become
 * numbers of the same length, the one beyond all doubles, so that positions stay true. */
static void
accept_infinities(char *text)
{
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '"')
			quoted = !quoted;
		else if (quoted && *text == '\\' && text[1])
			text++;
		else if (!quoted && !strncmp(text, "Infinity", 8))
			memcpy(text, "1e999   ", 8);
		else if (!quoted && !strncmp(text, "NaN", 3))
			memcpy(text, "1e9", 3);
	}
}

/* The JSON object in a file; dies when there is none. */
static const struct json *
read_object(struct command *command, const char *path)
{
	struct input *input = input_open(path);
	struct text text = { 0 };
	struct json_error error;
	const struct json *json;
	ptrdiff_t got;
	char *kept;
	size_t line = 1, i;

	while ((got = input_read(input, text_reserve(&text, 1 << 16), 1 << 16)) > 0) {
		text.length += (size_t)got;
		if (text.length > 1 << 26)
			die("%s: too large for a config", path);
	}
	if (got < 0)
		die("%s: %s", path, input_error(input));
	input_close(input);
	kept = arena_copy(&command->arena, text.length ? text.bytes : "", text.length);
	accept_infinities(kept);
	json = json_parse(&command->arena, kept, text.length, &error);
	if (!json) {
		for (i = 0; i < error.offset && i < text.length; i++)
			line += kept[i] == '\n';
		die("%s:%zu: byte %zu: %s", path, line, error.offset, error.message);
	}
	if (json->type != JSON_OBJECT)
		die("%s:1: not a JSON object", path);
	text_free(&text);
	return json;
}

static void
parse_sizes(const struct option_scan *scan, struct sizes *sizes)
{
	const char *at = scan->value;

	sizes->count = 0;
	for (;;) {
		char *end;
		long size = strtol(at, &end, 10);

		if (end == at || size < 1 || size > 65536 || (*end && *end != ','))
			options_fail(scan, "'%s' is no list of sizes from 1 to 65536", scan->value);
		if (sizes->count == 8)
			options_fail(scan, "more than 8 sizes");
		sizes->sizes[sizes->count++] = size;
		if (!*end)
			return;
		at = end + 1;
	}
}

static void
parse_modes(const struct option_scan *scan, struct wishes *wishes)
{
	const char *at = scan->value;

	wishes->prefill = wishes->decode = wishes->speculative = false;
	while (*at) {
		size_t length = strcspn(at, ",");

		if (length == 7 && !strncmp(at, "prefill", length))
			wishes->prefill = true;
		else if (length == 6 && !strncmp(at, "decode", length))
			wishes->decode = true;
		else if (length == 11 && !strncmp(at, "speculative", length))
			wishes->speculative = true;
		else
			options_fail(scan, "'%.*s' is no mode: prefill, decode or speculative",
			    (int)length, at);
		at += length + (at[length] == ',');
	}
}

/* A repository's place: "sglang": "path" or {"path": "path"}, at the top or in "repos". */
static const char *
repository(const struct json *repos, const char *name)
{
	const struct json *found = json_get(repos, name);

	if (!found)
		found = json_get(json_get(repos, "repos"), name);
	return json_string(found) ? json_string(found) : json_string(json_get(found, "path"));
}

/* Parallel lists that options fill; paired when all are read. */
struct lists {
	const char **names, **configs;
	struct sizes *tp, *ep;
	size_t name_count, config_count, tp_count, ep_count;
	const char *repos;
};

static void
parse_option(struct command *command, struct lists *lists, const struct option_scan *scan,
    int key)
{
	static const char *const dialects[] = { "dataset", "flashinfer", NULL };

	switch (key) {
	case 'm':
		lists->names[lists->name_count++] = scan->value;
		break;
	case OPT_CONFIG:
		lists->configs[lists->config_count++] = scan->value;
		break;
	case OPT_SGLANG:
		command->sglang = scan->value;
		break;
	case OPT_REPOS:
		lists->repos = scan->value;
		break;
	case OPT_TP:
		parse_sizes(scan, &lists->tp[lists->tp_count++]);
		break;
	case OPT_EP:
		parse_sizes(scan, &lists->ep[lists->ep_count++]);
		break;
	case 'o':
		command->output_dir = scan->value;
		break;
	case OPT_DATASET:
		command->dataset = scan->value;
		break;
	case OPT_NO_DEDUPLICATE:
		command->deduplicate = false;
		break;
	case OPT_MODES:
		parse_modes(scan, &command->wishes);
		break;
	case OPT_QUANTIZED:
	case OPT_NO_QUANTIZED:
		command->wishes.quantized = key == OPT_QUANTIZED;
		break;
	case OPT_NAMING:
		command->wishes.flashinfer = options_choice(scan, dialects) == 1;
		break;
	case OPT_REPORT:
		command->report = scan->value;
		break;
	case OPT_KERNELS:
		command->kernels = true;
		break;
	case OPT_SURVEY:
		command->survey = true;
		break;
	case OPT_WORKLOADS:
		command->workloads = scan->value;
		break;
	case OPT_SYNTHETIC:
		if (!passes_make(&command->passes, scan->value))
			options_fail(scan, "'%s' is not three sizes: IN,OUT,REQUESTS", scan->value);
		break;
	case OPT_UPDATE_TAGS:
		command->update_tags = true;
		break;
	case OPT_PER_RANK:
		command->wishes.per_rank = true;
		break;
	case OPT_TIMEOUT:
		command->timeout = options_number(scan, 0.1, 86400);
		break;
	case 'j':
		command->threads = (long)options_integer(scan, 1, 64);
		break;
	}
}

/* The index-th size list: one for all, or one for each model. */
static struct sizes
nth_sizes(const struct sizes *sizes, size_t count, size_t index)
{
	static const struct sizes one = { { 1 }, 1 };

	return count == 0 ? one : count == 1 ? sizes[0] : sizes[index];
}

static void
pair_requests(struct command *command, const struct lists *lists,
    const struct option_scan *scan)
{
	size_t i;

	if (!lists->name_count && !command->survey)
		options_fail(scan, "--model-name is missing");
	if (lists->config_count != lists->name_count && !command->survey)
		options_fail(scan, "%zu --model-name, but %zu --config", lists->name_count,
		    lists->config_count);
	if (!command->sglang)
		options_fail(scan, "--sglang-path is missing");
	if ((lists->tp_count > 1 && lists->tp_count != lists->name_count) ||
	    (lists->ep_count > 1 && lists->ep_count != lists->name_count))
		options_fail(scan, "--tp and --ep are given once, or once for each --model-name");
	command->tp = nth_sizes(lists->tp, lists->tp_count, 0);
	command->ep = nth_sizes(lists->ep, lists->ep_count, 0);
	command->requests = arena_alloc_zero(&command->arena,
	    (lists->name_count + 1) * sizeof *command->requests);
	for (i = 0; i < lists->name_count && !command->survey; i++) {
		struct request *request = &command->requests[command->request_count++];

		request->name = lists->names[i];
		request->config_path = lists->configs[i];
		request->config = read_object(command, request->config_path);
		request->tp = nth_sizes(lists->tp, lists->tp_count, i);
		request->ep = nth_sizes(lists->ep, lists->ep_count, i);
	}
}

void
command_parse(struct command *command, int argc, char *argv[])
{
	struct option_scan scan;
	struct lists lists = { 0 };
	int key;

	memset(command, 0, sizeof *command);
	command->wishes = (struct wishes){ .prefill = true, .decode = true,
		.speculative = true, .quantized = true };
	command->deduplicate = true;
	command->threads = 2;
	command->timeout = 120;
	lists.names = memory_alloc_zero((size_t)argc + 1, sizeof *lists.names);
	lists.configs = memory_alloc_zero((size_t)argc + 1, sizeof *lists.configs);
	lists.tp = memory_alloc_zero((size_t)argc + 1, sizeof *lists.tp);
	lists.ep = memory_alloc_zero((size_t)argc + 1, sizeof *lists.ep);
	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		parse_option(command, &lists, &scan, key);
	if (scan.operand_count)
		options_fail(&scan, "unexpected operand '%s'", scan.operands[0]);
	if (lists.repos) {
		const struct json *repos = read_object(command, lists.repos);

		if (!command->sglang)
			command->sglang = repository(repos, "sglang");
		if (!command->dataset)
			command->dataset = repository(repos, "flashinfer-trace");
		if (!command->sglang)
			die("%s: has no repository sglang", lists.repos);
	}
	pair_requests(command, &lists, &scan);
	if (command->workloads)
		passes_read(&command->passes, command->workloads);
	if (command->passes.first && !command->output_dir)
		options_fail(&scan, "workloads are files: --output-dir is missing");
	/* The folder is then a whole dataset's. */
	command->root = command->output_dir;
	if (command->passes.first)
		command->output_dir = arena_format(&command->arena, "%s/definitions", command->root);
	free(lists.names);
	free(lists.configs);
	free(lists.tp);
	free(lists.ep);
}

void
command_free(struct command *command)
{
	passes_free(&command->passes);
	arena_free(&command->arena);
}

static void
make_folder(const char *path)
{
	if (mkdir(path, 0777) && errno != EEXIST)
		die("%s:", path);
}

void
command_save(const struct command *command, const struct definition *definition)
{
	struct text path = { 0 };
	struct output *out;
	struct json_writer *writer;

	make_folder(command->root);
	make_folder(command->output_dir);
	text_add_format(&path, "%s/%s", command->output_dir, definition->family->op_type);
	make_folder(path.bytes);
	text_add_format(&path, "/%s.json", definition->name);
	out = output_file(path.bytes);
	writer = json_writer_open(out, true);
	definition_write(definition, writer);
	json_writer_close(writer);
	output_close(out);
	text_free(&path);
}
