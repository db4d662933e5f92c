/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing one file, and questions about its nodes. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/intern.h"
#include "base/memory.h"
#include "python/py_build.h"

const TSLanguage *tree_sitter_python(void);

/* Offsets are 32 bits wide, and what is larger is no source that anyone wrote. */
static const size_t LARGEST_SOURCE = (size_t)256 << 20;

void
py_fault(struct py_file *file, uint32_t line, const char *message)
{
	if (file->error_line != 0 && file->error_line <= line)
		return;
	file->error_line = line;
	file->error = message;
}

static uint64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* When to give up, in microseconds: after 10 s and 20 us a byte, more than two hundred
 * times what Python takes. Errors can take time in the square of the length of a line. */
static uint64_t
deadline(size_t length)
{
	return now() + 10000000 + UINT64_C(20) * length;
}

/* The tree of `length` bytes, NULL when it is not ready in time. */
static TSTree *
parse(TSParser *parser, const char *text, uint32_t length, uint64_t until)
{
	uint64_t time = now();
	TSTree *tree;

	ts_parser_set_timeout_micros(parser, time < until ? until - time : 1);
	tree = ts_parser_parse_string(parser, NULL, text, length);
	if (tree == NULL)
		ts_parser_reset(parser);
	return tree;
}

/* Append the statements of the tree of one part; NULL is noted as an error. */
static void
build_part(struct py_builder *b, TSTree *tree, struct py_list *body)
{
	TSNode root;

	if (tree == NULL) {
		b->now.begin = b->base;
		py_broken(b, "takes too long to parse");
		return;
	}
	root = ts_tree_root_node(tree);
	b->cursor = ts_tree_cursor_new(root);
	b->damaged = ts_node_has_error(root);
	py_statements(b, body);
	if (b->damaged)
		py_note_damage(b, root);
	ts_tree_cursor_delete(&b->cursor);
	ts_tree_delete(tree);
}

/* Part by part, so that no error reaches beyond a statement at the margin. */
static void
build_parts(struct py_builder *b, TSParser *parser, const struct py_shadow *shadow,
    struct py_list *body)
{
	uint64_t until = deadline(b->file->length);

	for (size_t i = 0; i <= shadow->part_count; i++) {
		uint32_t end = i < shadow->part_count ? shadow->parts[i]
		                                      : (uint32_t)b->file->length;

		build_part(b, parse(parser, shadow->text + b->base, end - b->base, until), body);
		b->base = end;
	}
}

static void
build_module(struct py_file *file, TSParser *parser, const struct py_shadow *shadow)
{
	struct py_place whole = { .end = (uint32_t)file->length };
	struct py_list body = { 0 };
	struct py_builder b = { .file = file, .source = file->source, .shadow = shadow->text };
	TSTree *tree = parse(parser, shadow->text, (uint32_t)file->length,
	    deadline(file->length));

	file->module = py_new(&b, PY_MODULE, &whole);
	if (shadow->part_count == 0 ||
	    (tree != NULL && !ts_node_has_error(ts_tree_root_node(tree)))) {
		build_part(&b, tree, &body);
	} else {
		if (tree != NULL)
			ts_tree_delete(tree);
		build_parts(&b, parser, shadow, &body);
	}
	file->module->module.body = body.first;
	if (file->error != NULL)
		py_repair(&b, file->module);
	text_free(&b.text);
}

struct py_file *
py_parse_with(TSParser *parser, const char *path, char *source, size_t length)
{
	struct py_file *file = memory_alloc_zero(1, sizeof(*file));
	struct py_shadow shadow;

	file->path = intern_string(path);
	if (length > LARGEST_SOURCE) {
		py_fault(file, 1, "file is larger than 256 MiB");
		length = 0;
	}
	file->source = memory_resize(source, length + 1, 1);
	file->length = length;
	py_source_read(file);
	py_scan(file, &shadow);
	build_module(file, parser, &shadow);
	py_shadow_free(&shadow);
	return file;
}

TSParser *
py_parser_new(void)
{
	TSParser *parser;

	py_cursor_prepare();
	parser = ts_parser_new();
	if (parser == NULL || !ts_parser_set_language(parser, tree_sitter_python()))
		die("libtree-sitter does not take this version of the Python grammar");
	return parser;
}

struct py_file *
py_parse(const char *path, char *source, size_t length)
{
	TSParser *parser = py_parser_new();
	struct py_file *file = py_parse_with(parser, path, source, length);

	ts_parser_delete(parser);
	return file;
}

void
py_free(struct py_file *file)
{
	if (file == NULL)
		return;
	arena_free(&file->arena);
	free(file->line_begins);
	free((char *)file->source);
	free(file);
}

uint32_t
py_column(const struct py_file *file, const struct py_node *node)
{
	return node->begin - file->line_begins[node->line - 1];
}

uint32_t
py_end_line(const struct py_file *file, const struct py_node *node)
{
	return py_source_line(file, node->end);
}

const char *
py_dotted(const struct py_node *expression)
{
	char name[1024];
	size_t at = sizeof(name);

	for (; expression->kind == PY_ATTRIBUTE; expression = expression->unary.operand) {
		size_t length = strlen(expression->name);

		if (length + 1 > at)
			return NULL;
		at -= length;
		memcpy(name + at, expression->name, length);
		name[--at] = '.';
	}
	if (expression->kind != PY_NAME)
		return NULL;
	if (at == sizeof(name))
		return expression->name;
	if (strlen(expression->name) > at)
		return NULL;
	at -= strlen(expression->name);
	memcpy(name + at, expression->name, strlen(expression->name));
	return intern(name + at, sizeof(name) - at);
}

const char *
py_kind_name(enum py_kind kind)
{
	static const char *const names[PY_KINDS] = {
		[PY_MODULE] = "Module",
		[PY_FUNCTION] = "FunctionDef",
		[PY_CLASS] = "ClassDef",
		[PY_PARAMETER] = "arg",
		[PY_RETURN] = "Return",
		[PY_DELETE] = "Delete",
		[PY_EXPRESSION] = "Expr",
		[PY_ASSIGN] = "Assign",
		[PY_AUGMENTED_ASSIGN] = "AugAssign",
		[PY_ANNOTATED_ASSIGN] = "AnnAssign",
		[PY_FOR] = "For",
		[PY_WHILE] = "While",
		[PY_IF] = "If",
		[PY_WITH] = "With",
		[PY_WITH_ITEM] = "withitem",
		[PY_MATCH] = "Match",
		[PY_CASE] = "match_case",
		[PY_PATTERN] = "pattern",
		[PY_RAISE] = "Raise",
		[PY_TRY] = "Try",
		[PY_HANDLER] = "ExceptHandler",
		[PY_ASSERT] = "Assert",
		[PY_IMPORT] = "Import",
		[PY_IMPORT_FROM] = "ImportFrom",
		[PY_ALIAS] = "alias",
		[PY_GLOBAL] = "Global",
		[PY_NONLOCAL] = "Nonlocal",
		[PY_PASS] = "Pass",
		[PY_BREAK] = "Break",
		[PY_CONTINUE] = "Continue",
		[PY_TYPE_ALIAS] = "TypeAlias",
		[PY_NAME] = "Name",
		[PY_CONSTANT] = "Constant",
		[PY_JOINED_STRING] = "JoinedStr",
		[PY_FORMATTED] = "FormattedValue",
		[PY_ATTRIBUTE] = "Attribute",
		[PY_SUBSCRIPT] = "Subscript",
		[PY_SLICE] = "Slice",
		[PY_CALL] = "Call",
		[PY_KEYWORD] = "keyword",
		[PY_BINARY] = "BinOp",
		[PY_UNARY] = "UnaryOp",
		[PY_BOOLEAN] = "BoolOp",
		[PY_COMPARE] = "Compare",
		[PY_COMPARISON] = "comparison",
		[PY_IF_EXPRESSION] = "IfExp",
		[PY_LAMBDA] = "Lambda",
		[PY_LIST] = "List",
		[PY_TUPLE] = "Tuple",
		[PY_SET] = "Set",
		[PY_DICT] = "Dict",
		[PY_DICT_ITEM] = "item",
		[PY_COMPREHENSION] = "Comprehension",
		[PY_COMPREHENSION_FOR] = "comprehension",
		[PY_AWAIT] = "Await",
		[PY_YIELD] = "Yield",
		[PY_YIELD_FROM] = "YieldFrom",
		[PY_STARRED] = "Starred",
		[PY_NAMED] = "NamedExpr",
		[PY_ERROR] = "error",
	};

	return kind < PY_KINDS ? names[kind] : "unknown";
}
