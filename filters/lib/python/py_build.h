/* SPDX-License-Identifier: Apache-2.0 */
/* Private to py*.c: how the concrete tree of tree-sitter becomes the tree of py.h.
 *
 *   py_source.c       bytes -> UTF-8 with '\n' line ends, line table
 *   py_scan*.c        source -> a shadow of equal length that tree-sitter reads well
 *   py_cursor.c       the walk over the concrete tree, new nodes, names
 *   py_statements.c, py_compound.c, py_definitions.c, py_patterns.c, py_expressions.c,
 *   py_operators.c, py_strings.c
 *                     one function for each kind of concrete node
 *   py_repair.c       what errors left out
 *
 * A building function finds the cursor on its concrete node and leaves it there. */
#ifndef WARPIPE_PY_BUILD_H
#define WARPIPE_PY_BUILD_H

#include <tree_sitter/api.h>

#include "python/py.h"
#include "base/text.h"

/* The concrete nodes we tell apart: SYMBOL(constant, name in the grammar, named). */
#define PY_SYMBOLS(SYMBOL) \
	SYMBOL(SYM_MODULE, "module", true) \
	SYMBOL(SYM_BLOCK, "block", true) \
	SYMBOL(SYM_IMPORT, "import_statement", true) \
	SYMBOL(SYM_IMPORT_FROM, "import_from_statement", true) \
	SYMBOL(SYM_RELATIVE_IMPORT, "relative_import", true) \
	SYMBOL(SYM_IMPORT_PREFIX, "import_prefix", true) \
	SYMBOL(SYM_DOTTED_NAME, "dotted_name", true) \
	SYMBOL(SYM_ALIASED_IMPORT, "aliased_import", true) \
	SYMBOL(SYM_WILDCARD, "wildcard_import", true) \
	SYMBOL(SYM_ASSERT, "assert_statement", true) \
	SYMBOL(SYM_EXPRESSION_STATEMENT, "expression_statement", true) \
	SYMBOL(SYM_RETURN, "return_statement", true) \
	SYMBOL(SYM_DELETE, "delete_statement", true) \
	SYMBOL(SYM_RAISE, "raise_statement", true) \
	SYMBOL(SYM_PASS, "pass_statement", true) \
	SYMBOL(SYM_BREAK, "break_statement", true) \
	SYMBOL(SYM_CONTINUE, "continue_statement", true) \
	SYMBOL(SYM_GLOBAL, "global_statement", true) \
	SYMBOL(SYM_NONLOCAL, "nonlocal_statement", true) \
	SYMBOL(SYM_TYPE_ALIAS, "type_alias_statement", true) \
	SYMBOL(SYM_IF, "if_statement", true) \
	SYMBOL(SYM_ELIF, "elif_clause", true) \
	SYMBOL(SYM_ELSE, "else_clause", true) \
	SYMBOL(SYM_FOR, "for_statement", true) \
	SYMBOL(SYM_WHILE, "while_statement", true) \
	SYMBOL(SYM_TRY, "try_statement", true) \
	SYMBOL(SYM_EXCEPT, "except_clause", true) \
	SYMBOL(SYM_EXCEPT_GROUP, "except_group_clause", true) \
	SYMBOL(SYM_FINALLY, "finally_clause", true) \
	SYMBOL(SYM_WITH, "with_statement", true) \
	SYMBOL(SYM_WITH_CLAUSE, "with_clause", true) \
	SYMBOL(SYM_WITH_ITEM, "with_item", true) \
	SYMBOL(SYM_FUNCTION, "function_definition", true) \
	SYMBOL(SYM_CLASS, "class_definition", true) \
	SYMBOL(SYM_DECORATED, "decorated_definition", true) \
	SYMBOL(SYM_DECORATOR, "decorator", true) \
	SYMBOL(SYM_MATCH, "match_statement", true) \
	SYMBOL(SYM_CASE, "case_clause", true) \
	SYMBOL(SYM_CASE_PATTERN, "case_pattern", true) \
	SYMBOL(SYM_UNION_PATTERN, "union_pattern", true) \
	SYMBOL(SYM_DICT_PATTERN, "dict_pattern", true) \
	SYMBOL(SYM_CLASS_PATTERN, "class_pattern", true) \
	SYMBOL(SYM_KEYWORD_PATTERN, "keyword_pattern", true) \
	SYMBOL(SYM_SPLAT_PATTERN, "splat_pattern", true) \
	SYMBOL(SYM_COMPLEX_PATTERN, "complex_pattern", true) \
	SYMBOL(SYM_UNDERSCORE, "_", false) \
	SYMBOL(SYM_PARAMETERS, "parameters", true) \
	SYMBOL(SYM_LAMBDA_PARAMETERS, "lambda_parameters", true) \
	SYMBOL(SYM_TYPED_PARAMETER, "typed_parameter", true) \
	SYMBOL(SYM_DEFAULT_PARAMETER, "default_parameter", true) \
	SYMBOL(SYM_TYPED_DEFAULT_PARAMETER, "typed_default_parameter", true) \
	SYMBOL(SYM_LIST_SPLAT_PATTERN, "list_splat_pattern", true) \
	SYMBOL(SYM_DICTIONARY_SPLAT_PATTERN, "dictionary_splat_pattern", true) \
	SYMBOL(SYM_KEYWORD_SEPARATOR, "keyword_separator", true) \
	SYMBOL(SYM_POSITIONAL_SEPARATOR, "positional_separator", true) \
	SYMBOL(SYM_TYPE_PARAMETER, "type_parameter", true) \
	SYMBOL(SYM_TYPE, "type", true) \
	SYMBOL(SYM_SPLAT_TYPE, "splat_type", true) \
	SYMBOL(SYM_GENERIC_TYPE, "generic_type", true) \
	SYMBOL(SYM_UNION_TYPE, "union_type", true) \
	SYMBOL(SYM_CONSTRAINED_TYPE, "constrained_type", true) \
	SYMBOL(SYM_MEMBER_TYPE, "member_type", true) \
	SYMBOL(SYM_ARGUMENTS, "argument_list", true) \
	SYMBOL(SYM_KEYWORD_ARGUMENT, "keyword_argument", true) \
	SYMBOL(SYM_LIST_SPLAT, "list_splat", true) \
	SYMBOL(SYM_DICTIONARY_SPLAT, "dictionary_splat", true) \
	SYMBOL(SYM_ASSIGNMENT, "assignment", true) \
	SYMBOL(SYM_AUGMENTED_ASSIGNMENT, "augmented_assignment", true) \
	SYMBOL(SYM_EXPRESSION_LIST, "expression_list", true) \
	SYMBOL(SYM_PATTERN_LIST, "pattern_list", true) \
	SYMBOL(SYM_TUPLE_PATTERN, "tuple_pattern", true) \
	SYMBOL(SYM_LIST_PATTERN, "list_pattern", true) \
	SYMBOL(SYM_AS_PATTERN, "as_pattern", true) \
	SYMBOL(SYM_AS_TARGET, "as_pattern_target", true) \
	SYMBOL(SYM_NAMED, "named_expression", true) \
	SYMBOL(SYM_COMPARISON, "comparison_operator", true) \
	SYMBOL(SYM_NOT, "not_operator", true) \
	SYMBOL(SYM_BOOLEAN, "boolean_operator", true) \
	SYMBOL(SYM_BINARY, "binary_operator", true) \
	SYMBOL(SYM_UNARY, "unary_operator", true) \
	SYMBOL(SYM_LAMBDA, "lambda", true) \
	SYMBOL(SYM_CONDITIONAL, "conditional_expression", true) \
	SYMBOL(SYM_AWAIT, "await", true) \
	SYMBOL(SYM_YIELD, "yield", true) \
	SYMBOL(SYM_ATTRIBUTE, "attribute", true) \
	SYMBOL(SYM_SUBSCRIPT, "subscript", true) \
	SYMBOL(SYM_SLICE, "slice", true) \
	SYMBOL(SYM_CALL, "call", true) \
	SYMBOL(SYM_LIST, "list", true) \
	SYMBOL(SYM_SET, "set", true) \
	SYMBOL(SYM_TUPLE, "tuple", true) \
	SYMBOL(SYM_DICTIONARY, "dictionary", true) \
	SYMBOL(SYM_PAIR, "pair", true) \
	SYMBOL(SYM_LIST_COMPREHENSION, "list_comprehension", true) \
	SYMBOL(SYM_SET_COMPREHENSION, "set_comprehension", true) \
	SYMBOL(SYM_DICT_COMPREHENSION, "dictionary_comprehension", true) \
	SYMBOL(SYM_GENERATOR, "generator_expression", true) \
	SYMBOL(SYM_FOR_IN, "for_in_clause", true) \
	SYMBOL(SYM_IF_CLAUSE, "if_clause", true) \
	SYMBOL(SYM_PARENTHESIZED, "parenthesized_expression", true) \
	SYMBOL(SYM_STRING, "string", true) \
	SYMBOL(SYM_CONCATENATED, "concatenated_string", true) \
	SYMBOL(SYM_STRING_START, "string_start", true) \
	SYMBOL(SYM_STRING_CONTENT, "string_content", true) \
	SYMBOL(SYM_STRING_END, "string_end", true) \
	SYMBOL(SYM_INTERPOLATION, "interpolation", true) \
	SYMBOL(SYM_FORMAT_EXPRESSION, "format_expression", true) \
	SYMBOL(SYM_FORMAT_SPECIFIER, "format_specifier", true) \
	SYMBOL(SYM_CONVERSION, "type_conversion", true) \
	SYMBOL(SYM_IDENTIFIER, "identifier", true) \
	SYMBOL(SYM_INTEGER, "integer", true) \
	SYMBOL(SYM_FLOAT, "float", true) \
	SYMBOL(SYM_TRUE, "true", true) \
	SYMBOL(SYM_FALSE, "false", true) \
	SYMBOL(SYM_NONE, "none", true) \
	SYMBOL(SYM_ELLIPSIS, "ellipsis", true) \
	SYMBOL(SYM_COMMA, ",", false) \
	SYMBOL(SYM_COLON, ":", false) \
	SYMBOL(SYM_EQUALS, "=", false) \
	SYMBOL(SYM_MINUS, "-", false) \
	SYMBOL(SYM_PLUS, "+", false) \
	SYMBOL(SYM_STAR, "*", false) \
	SYMBOL(SYM_DOUBLE_STAR, "**", false) \
	SYMBOL(SYM_KW_ASYNC, "async", false) \
	SYMBOL(SYM_KW_FROM, "from", false) \
	SYMBOL(SYM_KW_AS, "as", false) \
	SYMBOL(SYM_KW_IN, "in", false)

#define PY_SYMBOL_CONSTANT(constant, name, named) constant,
enum py_symbol {
	SYM_OTHER, /* tokens that carry no meaning of their own: brackets, keywords */
	PY_SYMBOLS(PY_SYMBOL_CONSTANT)
	SYM_ERROR,
	SYM_COUNT
};

/* The parts of a construct that nest deeper than this are left out as an error; it
 * bounds the recursion of builders and of everyone who walks the tree. */
enum { PY_DEEPEST = 1000, PY_KNOWN = 1024 };

/* What the builder knows of one concrete node. */
struct py_place {
	enum py_symbol symbol;
	TSSymbol id; /* the grammar's own number */
	uint32_t begin, end;
};

struct py_list {
	struct py_node *first, **end; /* end: where the next goes; NULL: &first */
};

struct py_builder {
	struct py_file *file;
	const char *source;
	const char *shadow; /* see py_scan */
	TSTreeCursor cursor;
	uint32_t base;       /* where what the cursor walks begins in the source */
	struct py_place now; /* the node under the cursor; stale after py_leave */
	uint32_t line;       /* of the node made last, from 0 */
	bool damaged;        /* tree-sitter found errors */
	unsigned depth;
	struct text text;    /* where strings are put together */
	/* The names of this file by their first bytes, so that few take the way through the
	 * table that all threads share. */
	struct py_known { const char *name; uint32_t length; } known[PY_KNOWN];
};

/* py_source.c: takes over file->source as raw bytes and normalises it. */
void py_source_read(struct py_file *file);
uint32_t py_source_line(const struct py_file *file, uint32_t byte);
/* The character in UTF-8, surrogates too; returns how many of the 4 bytes it takes. */
unsigned py_utf8_encode(uint32_t character, char *out);

/* py_scan.c: a copy of the source, of equal length, in which comments and continuations of
 * lines are blank, strings are numbers (1111) or names, the text of f-strings is 'x', and
 * words that are keywords for tree-sitter only are plain names. Notes lexical errors. */
struct py_shadow {
	char *text;
	uint32_t *parts; /* where statements at the margin begin, but for the first */
	size_t part_count;
};
void py_scan(struct py_file *file, struct py_shadow *shadow);
void py_shadow_free(struct py_shadow *shadow);

/* py.c: keep the first error by line; `message` is a constant. */
void py_fault(struct py_file *file, uint32_t line, const char *message);
/* One parser serves one thread, for any number of files. */
TSParser *py_parser_new(void);
struct py_file *py_parse_with(TSParser *parser, const char *path, char *source,
    size_t length);

/* py_cursor.c */
bool py_enter(struct py_builder *b);   /* to the first child */
bool py_advance(struct py_builder *b); /* to the next sibling */
bool py_advance_past(struct py_builder *b); /* over the next sibling, to the one after it */
void py_leave(struct py_builder *b);   /* back to the parent */
bool py_nest(struct py_builder *b);    /* false, noted as an error, when too deep */
void py_unnest(struct py_builder *b);
struct py_node *py_new(struct py_builder *b, enum py_kind kind, const struct py_place *place);
void py_broken(struct py_builder *b, const char *message); /* note an error here */
struct py_node *py_missing(struct py_builder *b);          /* PY_ERROR here, noted */
void py_add(struct py_list *list, struct py_node *node);
/* Give the node another beginning. */
void py_begin_at(struct py_builder *b, struct py_node *node, uint32_t begin);
/* Where the parentheses around an operand that begins or ends here open or close; it must
 * have an operator for neighbour on that side. */
uint32_t py_outer_begin(const struct py_builder *b, uint32_t begin);
uint32_t py_outer_end(const struct py_builder *b, uint32_t end);
const char *py_identifier(struct py_builder *b, uint32_t begin, uint32_t end);
const char *py_now_name(struct py_builder *b); /* py_identifier of the node at hand */
const char *py_dotted_text(struct py_builder *b, uint32_t begin, uint32_t end);
const char *py_spelled(struct py_builder *b, uint32_t begin, uint32_t end);
const char *py_operator(const struct py_builder *b); /* interned spelling of the token */
void py_cursor_prepare(void); /* once per process; cheap when done */
/* Note the first place that tree-sitter could not read. */
void py_note_damage(struct py_builder *b, TSNode root);

/* py_statements.c */
void py_statements(struct py_builder *b, struct py_list *list); /* of a module or block */
/* Where a block of these statements ends, as a ';' after the last belongs to it. */
uint32_t py_list_end(const struct py_builder *b, const struct py_node *list,
    uint32_t otherwise);

/* py_compound.c: NULL for what is no compound statement. */
struct py_node *py_compound(struct py_builder *b);

/* py_definitions.c */
struct py_node *py_function(struct py_builder *b);
struct py_node *py_class(struct py_builder *b);
struct py_node *py_decorated(struct py_builder *b);
struct py_node *py_parameters(struct py_builder *b);

/* py_patterns.c */
struct py_node *py_match(struct py_builder *b);

/* py_expressions.c */
struct py_node *py_expression(struct py_builder *b);
struct py_node *py_arguments(struct py_builder *b);
/* The elements of a list without brackets, as in `return a, b`. */
struct py_node *py_elements(struct py_builder *b);

/* py_repair.c: fill in what is missing from the node on down. */
void py_repair(struct py_builder *b, struct py_node *node);

/* py_operators.c: the kinds of nodes that py_expression leaves to it. */
struct py_node *py_operation(struct py_builder *b);

/* py_strings.c: also for the names and numbers that py_scan made of strings, which end in a
 * quote in the source. */
bool py_ends_in_quote(const struct py_builder *b);
struct py_node *py_string(struct py_builder *b);

#endif
