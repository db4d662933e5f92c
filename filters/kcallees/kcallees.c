/* SPDX-License-Identifier: Apache-2.0 */
/* Says which GPU functions each Python kernel launches, by reading the code in between.
 *
 * in:  {"kind":"import","kernel":"rmsnorm","source":"flashinfer","module":"flashinfer.norm",...}
 * out: {"kind":"callee","kernel":"rmsnorm","source":"flashinfer","gpu":"RMSNormKernel",
 *       "scope":"flashinfer::norm","file":"flashinfer/include/flashinfer/norm.cuh","line":37,
 *       "how":"ffi","via":["_rmsnorm","rmsnorm","RMSNorm"]}
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emit.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"

static const struct option_spec option_specs[] = {
	{ 'r', "root", "TREE", "checkout or package to look in; may be given again" },
	{ 0 },
};

static const struct program kcallees = {
	.name = "kcallees",
	.usage = "-r TREE [-r TREE]... < IMPORTS",
	.sentence = "Say which GPU functions each Python kernel launches.",
	.options = option_specs,
	.example = "kgrep-imports sglang flashinfer | kcallees -r sglang -r flashinfer",
	.status = "0 done, 1 done but some files could not be read, 2 failed",
};

struct options {
	struct tree python, native;
};

/* Of several trees one may be missing; the last word is tree_add's, which dies. */
static void
add_tree(struct options *options, const char *root, bool last)
{
	static const char *const python[] = { ".py", NULL };
	static const char *const native[] = { ".cu", ".cuh", ".hip", ".cc", ".cpp", ".cxx", ".h",
		".hpp", ".inc", ".jinja", NULL };

	if (access(root, F_OK) != 0 && (options->python.count > 0 || !last)) {
		warn("%s:", root);
		options->python.problems++;
		return;
	}
	tree_add(&options->python, root, python);
	tree_add(&options->native, root, native);
}

static struct options
options_parse(int argc, char *argv[])
{
	struct options options = {0};
	const char **roots = NULL;
	size_t count = 0, capacity = 0;
	struct option_scan scan;

	options_begin(&scan, &kcallees, argc, argv);
	while (options_next(&scan) != OPTION_END) {
		roots = memory_grow(roots, count, &capacity, sizeof(*roots));
		roots[count++] = scan.value;
	}
	if (scan.operand_count > 0)
		options_fail(&scan, "%s: unexpected argument", scan.operands[0]);
	if (count == 0)
		options_fail(&scan, "no tree to look in: give one with -r");
	for (size_t i = 0; i < count; i++)
		add_tree(&options, roots[i], i + 1 == count);
	free(roots);
	return options;
}

/* Calls are followed within the packages that are kernel sources; of a package that loads
 * kernels, within the folder of the module that does. */
static void
allow_packages(struct evaluator *evaluator, const struct kernels *kernels)
{
	for (size_t i = 0; i < kernels->count; i++) {
		const struct kernel *kernel = &kernels->list[i];
		const char *dot = strrchr(kernel->module, '.');
		size_t length = kernel->function == NULL ? strcspn(kernel->module, ".") :
		    dot == NULL ? strlen(kernel->module) : (size_t)(dot - kernel->module);

		if (*kernel->module == '\0' || strncmp(kernel->module, "torch.", 6) == 0 ||
		    (kernel->function != NULL && dialect_of(kernel->how) != NULL))
			continue;
		evaluator_allow(evaluator, intern(kernel->module, length));
	}
}

/* The scope of a function by its path, or NULL. */
static const struct code_scope *
find_function(struct modules *modules, const char *module, const char *path)
{
	const struct code_scope *scope = modules_get(modules, module);

	while (scope != NULL && *path != '\0') {
		size_t length = strcspn(path, ".");
		const struct name_binding *binding = scope_find(scope, intern(path, length));

		while (binding != NULL && binding->kind != BIND_FUNCTION &&
		    binding->kind != BIND_CLASS)
			binding = binding->next;
		scope = binding == NULL ? NULL : scope_of(modules, binding->node, scope);
		path += length + (path[length] == '.');
	}
	return scope;
}

/* A dialect's function is known from its record; its source is read only for what its name
 * does not tell. */
static void
find_links(struct reach *reach, struct evaluator *evaluator, const struct kernel *kernel)
{
	struct code_values starts = {0};

	if (kernel->function != NULL) {
		const struct code_scope *function = find_function(evaluator->modules,
		    kernel->module, kernel->function);

		if (function != NULL)
			starts.list[starts.count++] = (struct code_value){ .kind = VALUE_FUNCTION,
				.scope = function, .receiver = function->class };
	} else {
		evaluate_member(evaluator, kernel->module, kernel->name, &starts);
	}
	reach_run(reach, evaluator, &starts);
}

int
main(int argc, char *argv[])
{
	struct options options = options_parse(argc, argv);
	struct output *out = output_stdout();
	struct emitter emitter = { .writer = json_writer_open(out, false) };
	struct kernels kernels;
	struct modules modules;
	struct evaluator evaluator;
	struct native native;
	struct libraries libraries;
	struct reach *reached;
	size_t linked = 0, problems;

	kernels_read(&kernels);
	modules_open(&modules, &options.python);
	evaluator_open(&evaluator, &modules);
	native_open(&native, &options.native);
	libraries_open(&libraries, &native, &evaluator);
	emitter.evaluator = &evaluator;
	emitter.libraries = &libraries;
	allow_packages(&evaluator, &kernels);
	reached = memory_alloc_zero(kernels.count + 1, sizeof(*reached));
	for (size_t i = 0; i < kernels.count; i++) {
		find_links(&reached[i], &evaluator, &kernels.list[i]);
		for (size_t j = 0; j < reached[i].link_count; j++)
			if (reached[i].links[j].kind == LINK_EXPORT)
				libraries_of(&libraries, reached[i].links[j].function);
			else if (reached[i].links[j].kind == LINK_OP)
				libraries_bound(&libraries);
	}
	libraries_define(&libraries);
	for (size_t i = 0; i < kernels.count; i++) {
		linked += emit_callees(&emitter, &kernels.list[i], &reached[i]) > 0;
		emitter.cut |= reached[i].cut;
		reach_free(&reached[i]);
	}
	free(reached);
	problems = options.python.problems + options.native.problems + modules.problems +
	    native.problems;
	emit_end(&emitter, &kernels, linked, problems);
	libraries_close(&libraries);
	native_close(&native);
	evaluator_close(&evaluator);
	modules_close(&modules);
	kernels_free(&kernels);
	emit_close(&emitter);
	output_close(out);
	tree_free(&options.python);
	tree_free(&options.native);
	return problems > 0 ? STATUS_FINDINGS : STATUS_DONE;
}
