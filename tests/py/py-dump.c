/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the syntax trees of files, one node a line, for comparison with CPython's ast.
 *
 *     def f(a): pass      ->   0 FunctionDef 0 f 1:0-1:14
 *                                1 arg 1 a 1:6-1:7
 *                                2 Pass 0 - 1:10-1:14
 *
 * A line is: part of the parent, kind, op, name ('-' if none), position ('-' where ast has
 * none). -f gives positions in f-strings, too, as ast does from Python 3.12 on, but for the
 * text in them; -q parses only; -n lists the files; -t N parses on N threads; -r has
 * tree-sitter alone read the sources as they are, to compare times with.
 *
 * -b prints what the scopes bind instead, for comparison with CPython's symtable: a line
 * "scope FILE LINE KIND NAME" and one for each binding, as "  x", "  global x". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>
#include <unistd.h>

#include "base/error.h"
#include "python/bindings.h"
#include "python/py.h"

static void
print_name(const char *name)
{
	if (name == NULL) {
		fputs(" -", stdout);
		return;
	}
	fputs(" '", stdout);
	for (const unsigned char *at = (const unsigned char *)name; *at != '\0'; at++)
		if (*at <= ' ' || *at >= 0x7f || *at == '\\' || *at == '\'')
			printf("\\x%02x", *at);
		else
			putchar(*at);
	putchar('\'');
}

static bool
has_position(const struct py_node *node)
{
	switch (node->kind) {
	case PY_MODULE:
	case PY_WITH_ITEM:
	case PY_CASE:
	case PY_COMPREHENSION_FOR:
	case PY_COMPARISON:
	case PY_DICT_ITEM:
		return false;
	default:
		return true;
	}
}

/* How positions are printed. */
struct places {
	bool in_strings; /* -f */
	bool inside;     /* an f-string */
};

static bool
is_placed(const struct py_node *node, const struct py_node *parent, struct places places)
{
	if (!has_position(node) || !places.inside)
		return has_position(node);
	return places.in_strings &&
	       !(node->kind == PY_CONSTANT && parent->kind == PY_JOINED_STRING) &&
	       !(node->kind == PY_JOINED_STRING && parent->kind == PY_FORMATTED &&
	           parent->binary.right == node);
}

static void
print_node(const struct py_file *file, const struct py_node *node, const struct py_node *parent,
    int part, int depth, struct places places)
{
	uint32_t end = node->end, end_line = py_end_line(file, node);

	printf("%*s%d %s %d", 2 * depth, "", part, py_kind_name(node->kind), node->op);
	print_name(node->name);
	if (is_placed(node, parent, places))
		printf(" %u:%u-%u:%u\n", node->line, py_column(file, node), end_line,
		    end - file->line_begins[end_line - 1]);
	else
		puts(" -");
	places.inside |= node->kind == PY_JOINED_STRING;
	for (int i = 0; i < 4; i++)
		for (const struct py_node *at = node->part[i]; at != NULL; at = at->next)
			print_node(file, at, node, i, depth + 1, places);
}

static void
print_file(const struct py_file *file, bool in_strings)
{
	struct places places = { .in_strings = in_strings };

	printf("== %s\n", file->path);
	if (file->error != NULL)
		printf("error %u %s\n", file->error_line, file->error);
	print_node(file, file->module, NULL, 0, 0, places);
}

const TSLanguage *tree_sitter_python(void);

static void
parse_concrete(const struct tree *tree)
{
	TSParser *parser = ts_parser_new();

	ts_parser_set_language(parser, tree_sitter_python());
	for (size_t i = 0; i < tree->count; i++) {
		size_t length;
		char *source = tree_read(&tree->files[i], &length);

		if (source != NULL)
			ts_tree_delete(ts_parser_parse_string(parser, NULL, source, (uint32_t)length));
		free(source);
	}
	ts_parser_delete(parser);
}

static void
print_binding(void *context, const struct py_binding *binding)
{
	(void)context;
	if (binding->how != PY_BINDS_ITEM && binding->how != PY_BINDS_ALL)
		printf("  %s%s\n", binding->global ? "global " : binding->nonlocal ?
		    "nonlocal " : "", binding->name);
}

static void
print_scopes(const struct py_file *file, const struct py_node *node)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == PY_MODULE || node->kind == PY_CLASS ||
		    node->kind == PY_FUNCTION || node->kind == PY_LAMBDA ||
		    node->kind == PY_COMPREHENSION) {
			printf("scope %s %u %s %s\n", file->path, node->line,
			    py_kind_name(node->kind), node->name != NULL ? node->name : "-");
			py_bindings(node, print_binding, NULL);
		}
		for (int i = 0; i < 4; i++)
			print_scopes(file, node->part[i]);
	}
}

int
main(int argc, char *argv[])
{
	static const char *const suffixes[] = { ".py", NULL };
	struct tree tree = { 0 };
	struct py_file **files;
	bool quiet = false, names = false, in_strings = false, concrete = false, scopes = false;
	unsigned threads = 1;
	int option;

	error_set_program("py-dump");
	while ((option = getopt(argc, argv, "bfqrnt:")) != -1)
		switch (option) {
		case 'b': scopes = true; break;
		case 'f': in_strings = true; break;
		case 'q': quiet = true; break;
		case 'r': concrete = true; break;
		case 'n': names = true; break;
		case 't': threads = (unsigned)strtoul(optarg, NULL, 10); break;
		default: return STATUS_FAILED;
		}
	for (int i = optind; i < argc; i++)
		tree_add(&tree, argv[i], suffixes);
	for (size_t i = 0; names && i < tree.count; i++)
		printf("%s %s %s %d\n", tree.files[i].name, tree.files[i].module,
		    tree.files[i].path, tree.files[i].is_package);
	files = calloc(tree.count + 1, sizeof(*files));
	if (files == NULL)
		die("cannot allocate:");
	if (concrete)
		parse_concrete(&tree);
	else if (!names)
		tree.problems += py_parse_all(files, tree.files, tree.count, threads);
	for (size_t i = 0; i < tree.count; i++) {
		if (files[i] != NULL && scopes)
			print_scopes(files[i], files[i]->module);
		else if (files[i] != NULL && !quiet)
			print_file(files[i], in_strings);
		py_free(files[i]);
	}
	free(files);
	option = tree.problems != 0 ? STATUS_FINDINGS : STATUS_DONE;
	tree_free(&tree);
	return option;
}
