/* SPDX-License-Identifier: Apache-2.0 */
/* Python source as a syntax tree that mirrors CPython's ast, built from tree-sitter's
 * concrete tree. Same nodes, same nesting, same positions as ast.parse gives; what differs
 * is named below, and:
 * - nodes inside an f-string lie where they are written, as in Python 3.12 (before that ast
 *   put them at the string's beginning or worse); text between fields lies at the string;
 * - nodes for which ast keeps no position have one (items of `with` and of dicts, `as`
 *   names, clauses of comprehensions, cases of `match`);
 * - type parameters (Python 3.12) are left out. */
#ifndef WARPIPE_PY_H
#define WARPIPE_PY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "python/tree.h"

/* After each kind: the ast class, `name`, `op`, and the parts (see struct py_node).
 * A part in the plural is a list through `next`, and so is any body; an optional part may
 * be NULL, all others are there even in a source with errors: a PY_ERROR, a name "". */
enum py_kind {
	/* statements */
	PY_MODULE,           /* Module: module{body} */
	PY_FUNCTION,         /* FunctionDef, AsyncFunctionDef (op 1): name; function{} */
	PY_CLASS,            /* ClassDef: name; class{} */
	PY_PARAMETER,        /* arg: name; op enum py_parameter; parameter{} */
	PY_RETURN,           /* unary{operand, optional} */
	PY_DELETE,           /* list{elements} */
	PY_EXPRESSION,       /* Expr, an expression as a statement: unary{operand} */
	PY_ASSIGN,           /* a = b = value: assign{targets, value} */
	PY_AUGMENTED_ASSIGN, /* name is the operator without '=', as "+": assign{} */
	PY_ANNOTATED_ASSIGN, /* a: int = 1: assign{targets (one), value optional, annotation} */
	PY_FOR,              /* op 1 when async: loop{target, iterable, body, orelse} */
	PY_WHILE,            /* branch{test, body, orelse} */
	PY_IF,               /* branch{}; elif is a PY_IF alone in orelse, as in ast */
	PY_WITH,             /* op 1 when async: with{items, body} */
	PY_WITH_ITEM,        /* withitem: binary{left: context, right: target, optional} */
	PY_MATCH,            /* match{subject, cases} */
	PY_CASE,             /* match_case: branch{test: guard, optional; body}, pattern in
	                      * part[3] */
	PY_PATTERN,          /* any match pattern: op enum py_pattern; name; list{elements} */
	PY_RAISE,            /* binary{left: exc, right: cause; both optional} */
	PY_TRY,              /* try{body, handlers, orelse, finalbody}; op 1 for except* */
	PY_HANDLER,          /* ExceptHandler: name or NULL; branch{test: type, optional; body} */
	PY_ASSERT,           /* binary{left: test, right: message, optional} */
	PY_IMPORT,           /* list{elements: PY_ALIAS} */
	PY_IMPORT_FROM,      /* name: module without leading dots, NULL if none; op: number of
	                      * leading dots; list{elements: PY_ALIAS} */
	PY_ALIAS,            /* name: dotted name or "*"; unary{operand: PY_NAME of `as`,
	                      * optional}. line is the alias's own, inside a block too */
	PY_GLOBAL,           /* list{elements: PY_NAME} */
	PY_NONLOCAL,         /* list{elements: PY_NAME} */
	PY_PASS,
	PY_BREAK,
	PY_CONTINUE,
	PY_TYPE_ALIAS, /* type X = ...: binary{left: name, right: value} */

	/* expressions */
	PY_NAME,             /* name */
	PY_CONSTANT,         /* op enum py_constant; name: see there */
	PY_JOINED_STRING,    /* f-string: list{elements: string PY_CONSTANT, PY_FORMATTED} */
	PY_FORMATTED,        /* FormattedValue: op the conversion, 'r', 's', 'a' or 0;
	                      * binary{left: value, right: format spec as
	                      * PY_JOINED_STRING, optional} */
	PY_ATTRIBUTE,        /* name; unary{operand: the object} */
	PY_SUBSCRIPT,        /* binary{left: object, right: index; PY_TUPLE for several} */
	PY_SLICE,            /* part[0..2]: lower, upper, step; each optional */
	PY_CALL,             /* call{function, arguments in source order: expressions,
	                      * PY_STARRED, PY_KEYWORD} */
	PY_KEYWORD,          /* keyword argument: name, NULL for **; unary{operand} */
	PY_BINARY,           /* BinOp: name the operator, as "//"; binary{} */
	PY_UNARY,            /* UnaryOp: name "-", "+", "~" or "not"; unary{} */
	PY_BOOLEAN,          /* BoolOp: name "and" or "or"; list{elements}, flattened as in ast */
	PY_COMPARE,          /* binary{left, rights: PY_COMPARISON list} */
	PY_COMPARISON,       /* one `op right` of a chain: name "==", "is not", "not in"...;
	                      * unary{operand} */
	PY_IF_EXPRESSION,    /* IfExp: branch{test, body, orelse} */
	PY_LAMBDA,           /* function{parameters, body: the expression} */
	PY_LIST,             /* list{elements} */
	PY_TUPLE,            /* list{elements} */
	PY_SET,              /* list{elements} */
	PY_DICT,             /* list{elements: PY_DICT_ITEM} */
	PY_DICT_ITEM,        /* binary{left: key, NULL for **; right: value} */
	PY_COMPREHENSION,    /* op enum py_comprehension; comprehension{} */
	PY_COMPREHENSION_FOR, /* comprehension: op 1 when async; loop{target, iterable,
	                       * body: conditions} */
	PY_AWAIT,            /* unary{} */
	PY_YIELD,            /* unary{operand, optional} */
	PY_YIELD_FROM,       /* unary{} */
	PY_STARRED,          /* unary{} */
	PY_NAMED,            /* NamedExpr, x := y: binary{left: PY_NAME, right} */
	PY_ERROR,            /* source that does not parse; unary{} is empty */
	PY_KINDS
};

enum py_parameter {
	PY_POSITIONAL,      /* before a '/' */
	PY_NORMAL,
	PY_KEYWORD_ONLY,
	PY_STAR,            /* *args */
	PY_DOUBLE_STAR      /* **kwargs */
};

enum py_constant {
	PY_NONE, PY_TRUE, PY_FALSE, PY_ELLIPSIS, /* name: as spelled */
	PY_INT, PY_FLOAT, PY_COMPLEX,            /* name: as spelled */
	PY_STRING,  /* name: the value, escapes decoded to UTF-8, adjacent literals joined;
	             * cut at a NUL character */
	PY_BYTES    /* name: as spelled */
};

enum py_pattern {
	PY_MATCH_VALUE,     /* elements: the expression */
	PY_MATCH_CAPTURE,   /* name, NULL for _ */
	PY_MATCH_STAR,      /* name, NULL for *_ */
	PY_MATCH_SEQUENCE,
	PY_MATCH_MAPPING,   /* elements: key expression, pattern, key, pattern, ...;
	                     * name of **rest or NULL */
	PY_MATCH_CLASS,     /* elements: class expression, then patterns; those given by
	                     * keyword are PY_KEYWORD around the pattern */
	PY_MATCH_OR,
	PY_MATCH_AS         /* name; elements: the pattern */
};

enum py_comprehension { PY_LIST_OF, PY_SET_OF, PY_DICT_OF, PY_GENERATOR };

/* One node, 64 bytes, owned by its file's arena until py_free. Strings are interned. */
struct py_node {
	uint8_t kind; /* enum py_kind */
	uint8_t op;
	uint32_t line;        /* from 1 */
	uint32_t begin, end;  /* bytes in the source, end exclusive */
	const char *name;
	struct py_node *next; /* in the list that this node is in, or NULL */
	union {
		struct py_node *part[4]; /* for walks over any node */
		struct { struct py_node *body; } module;
		struct { struct py_node *decorators, *parameters, *body, *returns; } function;
		struct { struct py_node *decorators, *arguments, *body; } class;
		struct { struct py_node *annotation, *value; } parameter;
		struct { struct py_node *targets, *value, *annotation; } assign;
		struct { struct py_node *target, *iterable, *body, *orelse; } loop;
		struct { struct py_node *test, *body, *orelse; } branch;
		struct { struct py_node *items, *body; } with;
		struct { struct py_node *subject, *cases; } match;
		struct { struct py_node *body, *handlers, *orelse, *finalbody; } try;
		struct { struct py_node *function, *arguments; } call;
		struct { struct py_node *element, *value, *clauses; } comprehension;
		struct { struct py_node *elements; } list;
		struct { struct py_node *left, *right; } binary;
		struct { struct py_node *operand; } unary;
	};
};

/* One parsed file. */
struct py_file {
	const char *path;      /* interned; as shown to users */
	const char *source;    /* owned; UTF-8 without the byte order mark, NUL-terminated */
	size_t length;
	uint32_t *line_begins; /* byte where each line begins; line n at [n - 1] */
	uint32_t lines;
	struct py_node *module;
	uint32_t error_line;   /* first line that does not parse, 0 if all does */
	const char *error;     /* what was wrong there, NULL if nothing */
	struct arena arena;
};

/* Parse one source. Takes `source` over (malloc'ed, `length` bytes). Never fails: what does
 * not parse is left out (PY_ERROR where an expression is missing) and noted in the file;
 * no error reaches beyond the statement at the margin (column 0) that it is in. Sources
 * that are not UTF-8 are read as their coding line says, or noted as an error; nesting
 * deeper than 1000 levels is an error too. May be called from several threads. */
struct py_file *py_parse(const char *path, char *source, size_t length);
void py_free(struct py_file *file);

/* Read and parse all of `sources` on up to `threads` threads; files[i] is that of
 * sources[i], named as there, or NULL when it cannot be read (which was warned of).
 * Returns how many those are. The caller frees each file. */
size_t py_parse_all(struct py_file **files, const struct tree_file *sources, size_t count,
    unsigned threads);

/* Bytes from the beginning of the node's line, as ast's col_offset. */
uint32_t py_column(const struct py_file *file, const struct py_node *node);
uint32_t py_end_line(const struct py_file *file, const struct py_node *node);

/* The dotted name that a chain of PY_ATTRIBUTE over PY_NAME spells ("a.b.c"), interned;
 * NULL for any other expression. */
const char *py_dotted(const struct py_node *expression);

const char *py_kind_name(enum py_kind kind); /* as in ast where there is such a class */

#endif
