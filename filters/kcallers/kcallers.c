/* SPDX-License-Identifier: Apache-2.0 */
/* Finds every call site of every kernel and the callers above it, up to the model's
 * top-level forward.
 *
 * {"kind":"import","kernel":"silu_and_mul","source":"sgl-kernel","module":"sgl_kernel",...}
 * {"kind":"chain","kernel":"silu_and_mul","source":"sgl-kernel","op":1,"frames":[...]} */
#include <stdlib.h>
#include <unistd.h>

#include <stdio.h>
#include <string.h>
#include "chains.h"
#include "emit.h"
#include "hierarchy.h"
#include "load.h"
#include "memory.h"
#include "options.h"
#include "sites.h"

static const struct option_spec option_specs[] = {
	{ 'r', "root", "TREE", "checkout or package to trace in; may be given again" },
	{ 'm', "model", "MODEL", "model whose call sites are ops (deepseek)" },
	{ 'l', "limit", "N", "most chains from one kernel to one op (64)" },
	{ 'j', "threads", "N", "files parsed at a time (number of processors)" },
	{ 0 },
};

static const struct program kcallers = {
	.name = "kcallers",
	.usage = "-r TREE [-r TREE]... [-m MODEL] [-l N] [-j N] < IMPORTS",
	.sentence = "Trace every kernel from its call sites to the ops of a model.",
	.options = option_specs,
	.example = "kgrep-imports sglang | kcallers -r sglang > chains.ndjson",
	.status = "0 done, 1 done but some files could not be read, 2 failed",
};

enum { MOST_THREADS = 64 };

struct options {
	struct tree tree;
	const char *model;
	unsigned limit, threads;
};

static struct options
options_parse(int argc, char *argv[])
{
	static const char *const suffixes[] = { ".py", NULL };
	struct options options = { .model = "deepseek", .limit = 64 };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct option_scan scan;
	int key;

	options.threads = processors < 1 ? 1 : processors > 8 ? 8 : (unsigned)processors;
	options_begin(&scan, &kcallers, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		switch (key) {
		case 'r':
			tree_add(&options.tree, scan.value, suffixes);
			break;
		case 'm':
			options.model = scan.value;
			break;
		case 'l':
			options.limit = (unsigned)options_integer(&scan, 1, 1000000);
			break;
		default:
			options.threads = (unsigned)options_integer(&scan, 1, MOST_THREADS);
		}
	if (scan.operand_count > 0)
		options_fail(&scan, "%s: unexpected argument", scan.operands[0]);
	if (options.tree.count == 0)
		options_fail(&scan, "no Python files: give a tree with -r");
	return options;
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

	externals_open(&externals);
	kernels_read(&kernels, &externals);
	project_load(&project, &options.tree, &externals, options.threads);
	kernels_bind(&kernels, &project);
	names_open(&names, &project, &kernels, &externals);
	hierarchy_resolve(&project, &names);
	sites_find(&sites, &project, &names, &kernels);
	emitter.kernels = &kernels;
	emit_calls(&emitter, &sites);
	{
		struct flow flow;
		struct model model;
		struct graph graph;
		model_find(&model, &project, &names, options.model);
		for (size_t i = 0; i < project.module_count; i++)
			if (model.own[i]) fprintf(stderr, "own %s\n", project.modules[i].file);
		for (size_t i = 0; i < model.top_count; i++)
			fprintf(stderr, "top %s\n", model.tops[i]->path);
		flow_open(&flow, &project, &names, &kernels, &externals);
		for (size_t i = 0; i < model.top_count; i++)
			flow_add_instance(&flow, model.tops[i]);
		do {
			points_solve(&flow.points);
			fprintf(stderr, "ctx %zu nodes %zu objs %zu edges %zu watches %zu calls %zu\n", flow.context_count, flow.points.node_count, flow.points.object_count, flow.points.edge_count, flow.points.watch_count, flow.edge_count);
		} while (annotate_fall_back(&flow));
		graph_open(&graph, &flow, &model);
		struct chains chains;
		size_t total = 0, low = 0, capped = 0, ops = 0;
		chains_open(&chains, &graph);
		for (uint32_t k = 0; k < kernels.count; k++) {
			chains_find(&chains, k);
			for (size_t i = 0; i < chains.op_count; i++) {
				struct op_site *op = &chains.ops[i];
				const struct steps *up = chains_above(&chains, op->site);
				size_t n = op->lower_count * up->end_count;
				ops++; low += op->lower_count; total += n; capped += n < 64 ? n : 64;
				fprintf(stderr, "OP\t%s\t%s\t%s\t%s\t%u\tL%zu U%zu %d %d %zu\n", kernels.list[k].name, kernels.list[k].source, op->site->function->module->file, op->site->function->path, op->site->site->line, op->lower_count, up->end_count, chains.lower.cut, up->cut, chains.lower.count);
			}
		}
		fprintf(stderr, "ops %zu lower %zu total %zu capped64 %zu\n", ops, low, total, capped);
	}
	sites_free(&sites);
	names_close(&names);
	project_free(&project);
	kernels_free(&kernels);
	externals_close(&externals);
	json_writer_close(emitter.writer);
	output_close(out);
	return options.tree.problems + project.problems > 0 ? STATUS_FINDINGS : STATUS_DONE;
}
