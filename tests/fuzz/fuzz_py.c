/* SPDX-License-Identifier: Apache-2.0 */
/* The Python parser against made-up sources. Whatever comes in, a tree comes out in which
 * every node lies inside the source, on the line it says, no deeper than promised, with
 * all the parts that py.h promises; and the same source gives the same tree again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "python/py.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Levels of the tree: those of the parser's limit, and each may hang two nodes (an item
 * around an expression, a comparison around its right side). */
enum { DEEPEST = 3200 };

static void
must(bool truth, const struct py_node *node, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fuzz_py: %s at line %u: %s\n", py_kind_name(node->kind), node->line, what);
	abort();
}

/* The parts of a node that nobody should have to ask for. */
static void
check_parts(const struct py_node *node)
{
	switch (node->kind) {
	case PY_ATTRIBUTE:
	case PY_UNARY:
	case PY_COMPARISON:
		must(node->name != NULL, node, "no name");
		/* fall through */
	case PY_EXPRESSION:
	case PY_IF:
	case PY_WHILE:
	case PY_WITH_ITEM:
	case PY_MATCH:
	case PY_ASSERT:
	case PY_FORMATTED:
	case PY_CALL:
	case PY_KEYWORD:
	case PY_AWAIT:
	case PY_YIELD_FROM:
	case PY_STARRED:
		must(node->part[0] != NULL, node, "no part");
		break;
	case PY_BINARY:
	case PY_AUGMENTED_ASSIGN:
		must(node->name != NULL, node, "no operator");
		/* fall through */
	case PY_ASSIGN:
	case PY_FOR:
	case PY_SUBSCRIPT:
	case PY_COMPARE:
	case PY_NAMED:
	case PY_TYPE_ALIAS:
	case PY_COMPREHENSION_FOR:
		must(node->part[0] != NULL && node->part[1] != NULL, node, "no part");
		break;
	case PY_ANNOTATED_ASSIGN:
		must(node->part[0] != NULL && node->part[2] != NULL, node, "no part");
		break;
	case PY_IF_EXPRESSION:
		must(node->branch.test && node->branch.body && node->branch.orelse, node, "no part");
		break;
	case PY_LAMBDA:
		must(node->function.body != NULL, node, "no body");
		break;
	case PY_DICT_ITEM:
		must(node->binary.right != NULL, node, "no value");
		break;
	case PY_COMPREHENSION:
		must(node->part[0] != NULL && node->part[2] != NULL, node, "no part");
		break;
	case PY_CASE:
		must(node->part[3] != NULL, node, "no pattern");
		break;
	case PY_FUNCTION:
	case PY_CLASS:
	case PY_PARAMETER:
	case PY_ALIAS:
	case PY_NAME:
	case PY_CONSTANT:
	case PY_BOOLEAN:
		must(node->name != NULL, node, "no name");
		break;
	default:
		break;
	}
}

/* Walks the tree; returns a sum that differs where trees do. */
static uint64_t
check(const struct py_file *file, const struct py_node *node, unsigned depth)
{
	uint64_t sum = node->kind * UINT64_C(31) + node->op;

	must(node->kind < PY_KINDS, node, "no such kind");
	must(depth < DEEPEST, node, "too deep");
	must(node->begin <= node->end && node->end <= file->length, node, "outside the source");
	must(node->line >= 1 && node->line <= file->lines, node, "no such line");
	must(file->line_begins[node->line - 1] <= node->begin, node, "line begins later");
	must(node->line == file->lines || file->line_begins[node->line] > node->begin, node,
	    "line ends before");
	must(py_end_line(file, node) >= node->line, node, "ends on an earlier line");
	check_parts(node);
	if (node->kind == PY_ATTRIBUTE)
		sum += (uintptr_t)py_dotted(node);
	sum = sum * 31 + node->begin * UINT64_C(65537) + node->end + (uintptr_t)node->name;
	for (unsigned i = 0; i < 4; i++)
		for (const struct py_node *at = node->part[i]; at != NULL; at = at->next)
			sum = sum * 1099511628211u + check(file, at, depth + 1) + i;
	return sum;
}

static uint64_t
parse(const uint8_t *data, size_t size)
{
	char *source = memory_alloc(size);
	struct py_file *file;
	uint64_t sum;

	if (size > 0)
		memcpy(source, data, size);
	file = py_parse("fuzz", source, size);
	must((file->error == NULL) == (file->error_line == 0), file->module, "half an error");
	must(file->error_line <= file->lines, file->module, "error beyond the end");
	sum = check(file, file->module, 0);
	py_free(file);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t first = parse(data, size), second = parse(data, size);

	if (first != second) {
		fprintf(stderr, "fuzz_py: two trees of one source\n");
		abort();
	}
	return 0;
}
