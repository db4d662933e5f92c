/* SPDX-License-Identifier: Apache-2.0 */
/* Finds every GPU kernel that a tree of Python code imports or defines.
 *
 * in:  layers/activation.py, line 31: "    silu_and_mul," within `from sgl_kernel import (`
 * out: {"kind":"import","kernel":"silu_and_mul","source":"sgl-kernel","module":"sgl_kernel",
 *       "alias":null,"file":"layers/activation.py","line":31,"how":"from-import",
 *       "scope":"<module>"}
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "json/json_writer.h"
#include "kernels.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"

enum { THREADS = 8 };

static const struct option_spec option_table[] = {
	{ 'a', "all", NULL, "also write names that are no kernels, as symbol records" },
	{ 's', "sources", "FILE", "read the table of kernel sources from FILE" },
	{ 0 },
};

static const struct program program = {
	.name = "kgrep-imports",
	.usage = "[-a] [-s FILE] TREE...",
	.sentence = "Find every GPU kernel that Python trees import, use or define.",
	.options = option_table,
	.example = "kgrep-imports sglang | jq -r 'select(.kernel) | .source + \" \" + .kernel'",
	.status = "0 done, 1 done but some files could not be read or parsed, 2 failed",
};

struct options {
	bool all;
	const char *sources;
	char **trees;
};

/* Files are taken by whichever thread is free; each writes only its own entry. */
struct scan {
	struct sources sources;
	struct tree tree;
	struct scanned *files;
	atomic_size_t next, parsed, problems;
};

static struct options
parse_options(int argc, char *argv[])
{
	struct options options = { 0 };
	struct option_scan scan;
	int key;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END) {
		if (key == 'a')
			options.all = true;
		else
			options.sources = scan.value;
	}
	if (scan.operand_count == 0)
		options_fail(&scan, "no TREE given");
	options.trees = scan.operands;
	return options;
}

static void
scan_file(struct scan *scan, size_t index)
{
	const struct tree_file *file = &scan->tree.files[index];
	struct scanned *scanned = &scan->files[index];
	struct py_file *parsed;
	size_t length;
	char *source;

	scanned->file = file;
	source = tree_read(file, &length);
	if (!source) {
		scan->problems++;
		return;
	}
	if (!sources_matter(&scan->sources, source, length)) {
		free(source);
		return;
	}
	parsed = py_parse(file->name, source, length);
	if (parsed->error) {
		warn("%s:%u: %s", file->name, parsed->error_line, parsed->error);
		scan->problems++;
	}
	uses_gather(&scanned->facts, &scan->sources, parsed, package_module(file->path));
	objects_gather(&scanned->facts, &scan->sources, parsed);
	loaders_gather(&scanned->facts, &scan->sources, parsed);
	py_free(parsed);
	scan->parsed++;
}

static void *
scan_files(void *argument)
{
	struct scan *scan = argument;
	size_t index;

	while ((index = scan->next++) < scan->tree.count)
		scan_file(scan, index);
	return NULL;
}

static void
scan_tree(struct scan *scan)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[THREADS];
	int started = 0;

	scan->files = memory_alloc_zero(scan->tree.count, sizeof(*scan->files));
	while (started + 1 < THREADS && started + 1 < cores &&
	    pthread_create(&threads[started], NULL, scan_files, scan) == 0)
		started++;
	scan_files(scan);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

static void
write_end(struct json_writer *writer, const struct scan *scan, struct kernel_counts counts)
{
	json_record_begin(writer, "end");
	json_member_integer(writer, "imports", (int64_t)counts.imports);
	json_member_integer(writer, "kernels", (int64_t)counts.kernels);
	json_member_integer(writer, "files", (int64_t)scan->tree.count);
	json_member_integer(writer, "problems", (int64_t)scan->problems);
	json_object_end(writer);
}

int
main(int argc, char *argv[])
{
	struct options options = parse_options(argc, argv);
	struct output *out = output_stdout();
	struct json_writer *writer = json_writer_open(out, false);
	struct scan scan = { 0 };

	sources_read(&scan.sources, options.sources);
	for (char **tree = options.trees; *tree; tree++) {
		tree_add_project(&scan.tree, *tree);
		if (scan.tree.count == 0 && scan.tree.problems > 0)
			exit(STATUS_FAILED); /* it has been said why */
		if (scan.tree.count == 0)
			die("%s: no Python files", *tree);
	}
	scan_tree(&scan);
	scan.problems += scan.tree.problems;
	write_end(writer, &scan,
	    kernels_write(writer, &scan.sources, scan.files, scan.tree.count, options.all));
	json_writer_close(writer);
	output_close(out);
	for (size_t i = 0; i < scan.tree.count; i++)
		facts_free(&scan.files[i].facts);
	free(scan.files);
	tree_free(&scan.tree);
	sources_free(&scan.sources);
	return scan.problems ? STATUS_FINDINGS : STATUS_DONE;
}
