/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over tree-sitter's tree, and what every builder makes: nodes and names. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "python/py_build.h"

const TSLanguage *tree_sitter_python(void);

enum { SYMBOL_LIMIT = 512 };

/* Written once, before the first parse: the grammar's numbers to ours, and spellings. */
static struct {
	uint8_t symbol[SYMBOL_LIMIT];
	const char *spelling[SYMBOL_LIMIT];
} grammar;

static void *
resize(void *block, size_t size)
{
	return memory_resize(block, size, 1);
}

static void
prepare(void)
{
#define PY_SYMBOL_ROW(constant, name, named) { constant, named, name },
	static const struct { enum py_symbol symbol; bool named; const char *name; } rows[] = {
		PY_SYMBOLS(PY_SYMBOL_ROW)
	};
	const TSLanguage *language = tree_sitter_python();
	uint32_t count = ts_language_symbol_count(language);

	/* Its own would exit with a status that says that all went well but for findings. */
	ts_set_allocator(memory_alloc, memory_alloc_zero, resize, free);
	for (TSSymbol id = 0; id < count && id < SYMBOL_LIMIT; id++)
		if (ts_language_symbol_type(language, id) != TSSymbolTypeAuxiliary)
			grammar.spelling[id] = intern_string(ts_language_symbol_name(language, id));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		TSSymbol id = ts_language_symbol_for_name(language, rows[i].name,
		    (uint32_t)strlen(rows[i].name), rows[i].named);

		if (id > 0 && id < SYMBOL_LIMIT)
			grammar.symbol[id] = (uint8_t)rows[i].symbol;
		else
			die("the Python grammar has no '%s': another version?", rows[i].name);
	}
}

void
py_cursor_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, prepare);
}

static void
look(struct py_builder *b)
{
	TSNode node = ts_tree_cursor_current_node(&b->cursor);
	TSSymbol id = ts_node_symbol(node);

	b->now.id = id;
	b->now.begin = b->base + ts_node_start_byte(node);
	b->now.end = b->base + ts_node_end_byte(node);
	b->now.symbol = id < SYMBOL_LIMIT ? grammar.symbol[id] : SYM_ERROR;
	if (b->damaged && ts_node_is_missing(node))
		b->now.symbol = SYM_ERROR;
}

bool
py_enter(struct py_builder *b)
{
	if (!ts_tree_cursor_goto_first_child(&b->cursor))
		return false;
	look(b);
	return true;
}

bool
py_advance(struct py_builder *b)
{
	if (!ts_tree_cursor_goto_next_sibling(&b->cursor))
		return false;
	look(b);
	return true;
}

bool
py_advance_past(struct py_builder *b)
{
	if (!py_advance(b))
		return false;
	return py_advance(b);
}

void
py_leave(struct py_builder *b)
{
	ts_tree_cursor_goto_parent(&b->cursor);
}

/* Nodes are made nearly in the order in which they begin, so the line is seldom far from
 * the last one; tree-sitter's own rows are those of the shadow. */
static uint32_t
line_at(struct py_builder *b, uint32_t byte)
{
	const uint32_t *begins = b->file->line_begins;
	uint32_t line = b->line;

	if (byte < begins[line] || (line + 9 < b->file->lines && byte >= begins[line + 9]))
		line = py_source_line(b->file, byte) - 1;
	while (line + 1 < b->file->lines && byte >= begins[line + 1])
		line++;
	b->line = line;
	return line + 1;
}

void
py_broken(struct py_builder *b, const char *message)
{
	py_fault(b->file, line_at(b, b->now.begin), message);
}

void
py_note_damage(struct py_builder *b, TSNode root)
{
	bool deeper = true;

	ts_tree_cursor_reset(&b->cursor, root);
	while (deeper) {
		look(b);
		if (b->now.symbol == SYM_ERROR)
			break;
		/* Into the first child that holds an error; a childless one is it. */
		deeper = ts_tree_cursor_goto_first_child(&b->cursor);
		while (deeper && !ts_node_has_error(ts_tree_cursor_current_node(&b->cursor)))
			if (!ts_tree_cursor_goto_next_sibling(&b->cursor))
				break;
	}
	py_broken(b, "invalid syntax");
}

bool
py_nest(struct py_builder *b)
{
	if (b->depth >= PY_DEEPEST) {
		py_broken(b, "nested too deeply");
		return false;
	}
	b->depth++;
	return true;
}

void
py_unnest(struct py_builder *b)
{
	b->depth--;
}

struct py_node *
py_new(struct py_builder *b, enum py_kind kind, const struct py_place *place)
{
	struct py_node *node = arena_alloc_zero(&b->file->arena, sizeof(*node));

	node->kind = (uint8_t)kind;
	node->line = line_at(b, place->begin);
	node->begin = place->begin;
	node->end = place->end;
	return node;
}

struct py_node *
py_missing(struct py_builder *b)
{
	py_broken(b, "invalid syntax");
	return py_new(b, PY_ERROR, &b->now);
}

void
py_add(struct py_list *list, struct py_node *node)
{
	if (list->end == NULL)
		list->end = &list->first;
	*list->end = node;
	list->end = &node->next;
}

void
py_begin_at(struct py_builder *b, struct py_node *node, uint32_t begin)
{
	node->begin = begin;
	node->line = line_at(b, begin);
}

uint32_t
py_outer_begin(const struct py_builder *b, uint32_t begin)
{
	for (uint32_t at = begin; at > 0 && strchr(" \t\f\n\\(", b->shadow[at - 1]) != NULL; at--)
		if (b->shadow[at - 1] == '(')
			begin = at - 1;
	return begin;
}

uint32_t
py_outer_end(const struct py_builder *b, uint32_t end)
{
	for (uint32_t at = end; b->shadow[at] != '\0' &&
	                        strchr(" \t\f\n\\)", b->shadow[at]) != NULL; at++)
		if (b->shadow[at] == ')')
			end = at + 1;
	return end;
}

/* Python compares identifiers by their compatibility composition. */
static const char *
normalised(const char *bytes, size_t length)
{
	size_t size;
	uint8_t *text = u8_normalize(UNINORM_NFKC, (const uint8_t *)bytes, length, NULL, &size);
	const char *name;

	if (text == NULL)
		die("cannot normalise an identifier:");
	name = intern((const char *)text, size);
	free(text);
	return name;
}

const char *
py_identifier(struct py_builder *b, uint32_t begin, uint32_t end)
{
	for (uint32_t i = begin; i < end; i++)
		if ((unsigned char)b->source[i] >= 0x80)
			return normalised(b->source + begin, end - begin);
	return py_spelled(b, begin, end);
}

const char *
py_now_name(struct py_builder *b)
{
	return py_identifier(b, b->now.begin, b->now.end);
}

const char *
py_dotted_text(struct py_builder *b, uint32_t begin, uint32_t end)
{
	size_t start = b->text.length;
	const char *name;

	for (uint32_t i = begin; i < end; i++) {
		char c = b->source[i];

		if (c == '#')
			while (i + 1 < end && b->source[i + 1] != '\n')
				i++;
		else if (c != ' ' && c != '\t' && c != '\f' && c != '\n' && c != '\\')
			text_add_char(&b->text, c);
	}
	name = py_spelled(b, begin, end);
	if (b->text.length - start != end - begin)
		name = intern(b->text.bytes + start, b->text.length - start);
	for (const char *at = name; *at != '\0'; at++)
		if ((unsigned char)*at >= 0x80) {
			name = normalised(name, strlen(name));
			break;
		}
	b->text.length = start;
	return name;
}

const char *
py_spelled(struct py_builder *b, uint32_t begin, uint32_t end)
{
	const char *text = b->source + begin;
	uint32_t length = end - begin;
	uint64_t head = length, tail = 0;
	struct py_known *known;

	memcpy(&head, text, length < sizeof(head) ? length : sizeof(head));
	if (length > sizeof(head))
		memcpy(&tail, text + length - sizeof(tail), sizeof(tail));
	head = (head ^ tail * 31 ^ length) * UINT64_C(0x9e3779b97f4a7c15);
	known = &b->known[head >> 54];
	if (known->length != length || known->name == NULL ||
	    memcmp(known->name, text, length) != 0) {
		known->name = intern(text, length);
		known->length = length;
	}
	return known->name;
}

const char *
py_operator(const struct py_builder *b)
{
	return b->now.id < SYMBOL_LIMIT ? grammar.spelling[b->now.id] : NULL;
}
