/* SPDX-License-Identifier: Apache-2.0 */
/* Writes call chains for people: a linked document, a graph, or a page to search.
 *
 * in:  {"kind":"chain","kernel":"some_kernel","source":"sgl-kernel","op":1,"frames":[...]}
 * out: [some_kernel()](../sglang/layers/some_layer.py#L50) *(sgl-kernel)*
 *      └─> [self.some_op()](../sglang/models/model.py#L200) ← **OP**
 */
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "base/error.h"
#include "formats.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"

enum { OPTION_TITLE = 't', OPTION_PREFIX = 'p', OPTION_FORMAT = 'f', OPTION_KERNEL = 'k',
	OPTION_DEPLOYMENT = 'd' };

static const struct option_spec option_table[] = {
	{ OPTION_FORMAT, "format", "FORMAT", "md, ops, dot or html (md)" },
	{ OPTION_DEPLOYMENT, "deployment", "FILE",
	    "plan of kplan: md and html begin with it; again for more" },
	{ OPTION_KERNEL, "kernel", "NAME", "only this kernel; may be given again" },
	{ OPTION_PREFIX, "prefix", "PATH", "put before each path in a link (../)" },
	{ OPTION_TITLE, "title", "TEXT", "heading of the document (Kernel Traces)" },
	{ 0 },
};

static const struct program program = {
	.name = "kchain-fmt",
	.usage = "[-f FORMAT] [-d PLAN]... [-k NAME]... [-p PATH] [-t TEXT] [FILE...]",
	.sentence = "Write call chains as a linked document, a graph or a page to search.",
	.options = option_table,
	.example = "kgrep-imports sglang | kcallers -r sglang | kchain-fmt >traces.md",
};

static const char *const format_names[] = { "md", "ops", "dot", "html", NULL };
static void (*const format_writers[])(struct output *, const struct chains *,
    const struct format_options *) = { markdown_write, ops_write, graphviz_write, html_write };

struct options {
	int format;
	struct format_options text;
	const char **kernels; /* NULL-terminated; NULL: all */
	size_t kernel_count, kernel_capacity;
	char **plans;         /* the same */
	size_t plan_count, plan_capacity;
	char **files;
};

static void
add_kernel(struct options *options, const char *name)
{
	options->kernels = memory_grow(options->kernels, options->kernel_count + 1,
	    &options->kernel_capacity, sizeof(*options->kernels));
	options->kernels[options->kernel_count++] = name;
	options->kernels[options->kernel_count] = NULL;
}

static void
add_plan(struct options *options, const char *file)
{
	options->plans = memory_grow(options->plans, options->plan_count + 1,
	    &options->plan_capacity, sizeof(*options->plans));
	options->plans[options->plan_count++] = (char *)file;
	options->plans[options->plan_count] = NULL;
}

static struct options
parse_options(int argc, char *argv[])
{
	struct options options = { .text = { .title = "Kernel Traces", .prefix = "../" } };
	struct option_scan scan;
	int key;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		switch (key) {
		case OPTION_FORMAT:
			options.format = options_choice(&scan, format_names);
			break;
		case OPTION_KERNEL:
			add_kernel(&options, scan.value);
			break;
		case OPTION_DEPLOYMENT:
			add_plan(&options, scan.value);
			break;
		case OPTION_PREFIX:
			options.text.prefix = scan.value;
			break;
		case OPTION_TITLE:
			options.text.title = scan.value;
			break;
		}
	options.files = scan.operands;
	return options;
}

/* Each kernel that was asked for must be there: nothing is no answer to a misspelled name. */
static void
check_kernels(const struct options *options, const struct chains *chains)
{
	for (size_t i = 0; i < options->kernel_count; i++) {
		bool found = false;

		for (size_t at = 0; at < chains->kernel_count && !found; at++)
			found = strcmp(chains->kernels[at].name, options->kernels[i]) == 0;
		if (!found)
			die("no kernel is called %s", options->kernels[i]);
	}
}

int
main(int argc, char *argv[])
{
	struct options options = parse_options(argc, argv);
	struct output *out = output_stdout();
	struct chains chains = { 0 };
	struct deployments deployments = { 0 };

	if (options.plans != NULL) {
		deployments_read(&deployments, options.plans);
		deployments_align(&deployments);
		options.text.deployments = &deployments;
	}
	chains_read(&chains, options.files, options.kernels);
	check_kernels(&options, &chains);
	chains_sort(&chains);
	categories_derive(&chains);
	format_writers[options.format](out, &chains, &options.text);
	output_close(out);
	chains_free(&chains);
	deployments_free(&deployments);
	free(options.plans);
	free(options.kernels);
	return STATUS_DONE;
}
