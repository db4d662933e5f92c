/* SPDX-License-Identifier: Apache-2.0 */
/* Finds every call site of every kernel and the callers above it, up to the model's
 * top-level forward.
 *
 * {"kind":"import","kernel":"silu_and_mul","source":"sgl-kernel","module":"sgl_kernel",...}
 * {"kind":"chain","kernel":"silu_and_mul","source":"sgl-kernel","op":1,"frames":[...]} */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/options.h"
#include "emit.h"
#include "hierarchy.h"
#include "implementation.h"
#include "load.h"
#include "tracing.h"

static const struct option_spec option_specs[] = {
	{ 'r', "root", "TREE", "checkout or package to trace in; may be given again" },
	{ 'm', "model", "MODEL", "model, or entry class, whose call sites are ops (deepseek)" },
	{ 'A', "all-models", NULL, "every model of the trees, one after the other" },
	{ 'k', "kernel", "PATTERN", "only kernels so named (* and ? as in a shell); again for more" },
	{ 'l', "limit", "N", "most chains from one call site to one op (1)" },
	{ 'e', "edges", NULL, "write the calls between the model's functions, too" },
	{ 'j', "threads", "N", "files parsed at a time (number of processors)" },
	{ 0 },
};

static const struct program kcallers = {
	.name = "kcallers",
	.usage = "-r TREE [-r TREE]... [-m MODEL | -A] [-k PATTERN]... [-l N] [-e] [-j N] < IMPORTS",
	.sentence = "Trace every kernel from its call sites to the ops of a model.",
	.options = option_specs,
	.example = "kgrep-imports sglang | kcallers -r sglang > chains.ndjson",
	.status = "0 done, 1 done but some files could not be read, 2 failed",
};

enum { MOST_THREADS = 64, USUAL_THREADS = 8, USUAL_LIMIT = 1, MOST_ROOTS = 16 };
enum { MOST_PATTERNS = 64 };

struct options {
	struct tree tree, native; /* Python; C++ and CUDA */
	const char *roots[MOST_ROOTS];
	size_t root_count;
	const char *model; /* NULL: every one */
	const char *patterns[MOST_PATTERNS];
	size_t pattern_count;
	unsigned limit, threads;
	bool edges;
};

/* Of several trees one may be missing; the last word is tree_add's, which dies. */
static void
add_trees(struct options *options)
{
	static const char *const native[] = { ".cu", ".cuh", ".cc", ".cpp", ".h", ".hpp", NULL };

	for (size_t i = 0; i < options->root_count; i++)
		if (access(options->roots[i], F_OK) != 0 &&
		    (options->tree.count > 0 || i + 1 < options->root_count)) {
			warn("%s:", options->roots[i]);
			options->tree.problems++;
		} else {
			tree_add_project(&options->tree, options->roots[i]);
			tree_add(&options->native, options->roots[i], native);
		}
}

static struct options
options_parse(int argc, char *argv[])
{
	struct options options = { .model = "deepseek", .limit = USUAL_LIMIT };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct option_scan scan;
	int key;

	options.threads = processors < 1 ? 1 : processors > USUAL_THREADS ? USUAL_THREADS :
	    (unsigned)processors;
	options_begin(&scan, &kcallers, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		switch (key) {
		case 'r':
			if (options.root_count == MOST_ROOTS)
				options_fail(&scan, "more than %d trees", MOST_ROOTS);
			options.roots[options.root_count++] = scan.value;
			break;
		case 'm':
			options.model = scan.value;
			break;
		case 'A':
			options.model = NULL;
			break;
		case 'k':
			if (options.pattern_count == MOST_PATTERNS)
				options_fail(&scan, "more than %d patterns", MOST_PATTERNS);
			options.patterns[options.pattern_count++] = scan.value;
			break;
		case 'l':
			options.limit = (unsigned)options_integer(&scan, 1, 1000000);
			break;
		case 'e':
			options.edges = true;
			break;
		default:
			options.threads = (unsigned)options_integer(&scan, 1, MOST_THREADS);
		}
	if (scan.operand_count > 0)
		options_fail(&scan, "%s: unexpected argument", scan.operands[0]);
	if (options.root_count == 0)
		options_fail(&scan, "no tree to trace in: give one with -r");
	add_trees(&options);
	if (options.tree.count == 0 && options.tree.problems > 0)
		exit(STATUS_FAILED); /* it has been said why */
	if (options.tree.count == 0)
		die("%s: no Python files", options.roots[0]);
	return options;
}

/* Which kernels are asked for: a pattern that none fits is a mistake. */
static bool *
wanted_kernels(const struct options *options, const struct kernels *kernels)
{
	bool *wanted = memory_alloc_zero(kernels->count + 1, sizeof(*wanted));
	bool fits;

	for (uint32_t i = 0; i < kernels->count && options->pattern_count == 0; i++)
		wanted[i] = true;
	for (size_t at = 0; at < options->pattern_count; at++) {
		const char *pattern = options->patterns[at];
		struct spelling near;
		struct text text = {0};

		fits = false;
		spelling_begin(&near, pattern);
		for (uint32_t i = 0; i < kernels->count; i++) {
			spelling_try(&near, kernels->list[i].name);
			if (fnmatch(pattern, kernels->list[i].name, 0) == 0)
				fits = wanted[i] = true;
		}
		spelling_add(&near, &text);
		if (!fits)
			die("no kernel is called %s%s", pattern, text.length ? text.bytes : "");
		text_free(&text);
	}
	return wanted;
}

int
main(int argc, char *argv[])
{
	struct options options = options_parse(argc, argv);
	struct output *out = output_stdout();
	struct emitter emitter = { .writer = json_writer_open(out, false) };
	struct externals externals;
	struct kernels kernels;
	struct project project = {0};
	struct names names;
	struct sites sites;
	struct tracing tracing;
	size_t problems;

	externals_open(&externals);
	kernels_read(&kernels, &externals);
	project_load(&project, &options.tree, &externals, options.threads);
	kernels_bind(&kernels, &project);
	names_open(&names, &project, &kernels, &externals);
	hierarchy_resolve(&project, &names);
	sites_find(&sites, &project, &names, &kernels);
	if (!implementations_find(&kernels, &project, &options.native))
		options.native.problems++;
	emitter.kernels = &kernels;
	emitter.project = &project;
	emitter.wanted = wanted_kernels(&options, &kernels);
	emit_calls(&emitter, &sites);
	tracing = (struct tracing){ .emitter = &emitter, .project = &project, .names = &names,
		.externals = &externals, .sites = &sites, .out = out, .limit = options.limit,
		.edges = options.edges,
		.problems = options.tree.problems + project.problems > 0 };
	if (options.model != NULL)
		trace_model(&tracing, options.model);
	else
		trace_every_model(&tracing, options.threads);
	problems = options.tree.problems + options.native.problems + project.problems;
	emit_end(&emitter, &project, problems);
	free(emitter.wanted);
	sites_free(&sites);
	names_close(&names);
	project_free(&project);
	kernels_free(&kernels);
	externals_close(&externals);
	emit_close(&emitter);
	output_close(out);
	tree_free(&options.tree);
	tree_free(&options.native);
	return problems > 0 ? STATUS_FINDINGS : STATUS_DONE;
}
