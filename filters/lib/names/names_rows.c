/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the rows of the table of kernel names from YAML. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "names/names_row.h"
#include "names/names_pattern.h"
#include "names/names_template.h"

struct reading {
	struct names_rows *rows;
	const char *file;
	yaml_document_t *document;
	struct names_row *row; /* being read */
};

/* A table has rows, and in them lists and maps of texts. */
enum { MOST_LEVELS = 8 };

/* How a field of a row is read; `at` is where in struct names_row it goes. */
struct field {
	const char *key;
	void (*read)(struct reading *reading, const struct field *field, yaml_node_t *value);
	size_t at;
};

static _Noreturn void
fail(const struct reading *reading, const yaml_node_t *node, const char *what, const char *which)
{
	die("%s:%zu: %s%s%s", reading->file, node->start_mark.line + 1, what,
	    which[0] != '\0' ? " " : "", which);
}

static const char *
scalar(struct reading *reading, yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE)
		fail(reading, node, "a text is expected here", "");
	if (memchr(node->data.scalar.value, '\0', node->data.scalar.length) != NULL)
		fail(reading, node, "a text holds a NUL", "");
	return arena_copy(&reading->rows->arena, (const char *)node->data.scalar.value,
	    node->data.scalar.length);
}

/* Item `index` of a list; a scalar is a list of one. NULL after the last. */
static yaml_node_t *
item(struct reading *reading, yaml_node_t *node, size_t index)
{
	if (node->type == YAML_SCALAR_NODE)
		return index == 0 ? node : NULL;
	if (node->type != YAML_SEQUENCE_NODE)
		fail(reading, node, "a text or a list of texts is expected here", "");
	if (node->data.sequence.items.start + index >= node->data.sequence.items.top)
		return NULL;
	return yaml_document_get_node(reading->document, node->data.sequence.items.start[index]);
}

static void *
place(struct reading *reading, const struct field *field)
{
	return (char *)reading->row + field->at;
}

static void
read_text(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	*(const char **)place(reading, field) = scalar(reading, value);
}

static const char *
template(struct reading *reading, yaml_node_t *value)
{
	const char *text = scalar(reading, value), *wrong = names_template_check(text);

	if (wrong != NULL)
		fail(reading, value, wrong, "");
	return text;
}

static void
read_template(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	*(const char **)place(reading, field) = template(reading, value);
}

static void
read_templates(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	size_t count = 0;
	yaml_node_t *one;
	const char **list;

	while (item(reading, value, count) != NULL)
		count++;
	list = arena_alloc_zero(&reading->rows->arena, (count + 1) * sizeof(*list));
	for (size_t i = 0; (one = item(reading, value, i)) != NULL; i++)
		list[i] = template(reading, one);
	*(const char ***)place(reading, field) = list;
}

static struct names_pattern *
read_pattern(struct reading *reading, yaml_node_t *node, bool words, bool apart)
{
	const char *text = scalar(reading, node);
	struct names_pattern_error error;
	struct names_pattern *pattern = names_pattern_new(reading->rows, text,
	    node->start_mark.line + 1, words, apart, &error);
	PCRE2_UCHAR message[120];
	char wrong[200];

	if (pattern == NULL) {
		pcre2_get_error_message(error.code, message, sizeof(message));
		snprintf(wrong, sizeof(wrong), "%s (at character %zu of the pattern)",
		    (const char *)message, (size_t)error.where + 1);
		fail(reading, node, wrong, text);
	}
	return pattern;
}

static void
add_patterns(struct reading *reading, struct names_pattern **last, yaml_node_t *value, bool words,
    bool apart)
{
	yaml_node_t *one;

	while (*last != NULL)
		last = &(*last)->next;
	for (size_t i = 0; (one = item(reading, value, i)) != NULL; i++) {
		*last = read_pattern(reading, one, words, apart);
		last = &(*last)->next;
	}
}

static void
read_patterns(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	add_patterns(reading, place(reading, field), value, false, true);
}

/* What is read of a name is all that the pattern matches: it stays in one piece. */
static void
read_groups(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	add_patterns(reading, place(reading, field), value, false, false);
}

static void
read_words(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	add_patterns(reading, place(reading, field), value, true, true);
}

/* The index of the value in the list, which NULL ends. */
static unsigned
one_of(struct reading *reading, yaml_node_t *node, const char *const *list, const char *what)
{
	const char *text = scalar(reading, node);

	for (unsigned i = 0; list[i] != NULL; i++)
		if (strcmp(text, list[i]) == 0)
			return i;
	fail(reading, node, what, text);
}

static void
read_type(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	(void)field;
	reading->row->type = one_of(reading, value, type_names, "no such type:");
	reading->row->says_type = true;
}

static void
read_stage(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	(void)field;
	reading->row->stage = one_of(reading, value, stage_names, "no such stage:");
	reading->row->says_stage = true;
}

static void
read_grid(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	static const char *const grids[] = { "unknown", "tokens", "rows", "squares", "queries",
		NULL };

	(void)field;
	reading->row->grid = one_of(reading, value, grids,
	    "grid counts tokens, rows, squares or queries, not");
	reading->row->says_grid = true;
}

static void
read_roles(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	yaml_node_t *one;

	(void)field;
	for (size_t i = 0; (one = item(reading, value, i)) != NULL; i++)
		reading->row->roles |= 1u << one_of(reading, one, role_names,
		    "no such role:");
}

static void
read_spellings(struct reading *reading, const struct field *field, yaml_node_t *value)
{
	struct names_row *row = reading->row;
	yaml_node_pair_t *pair;
	size_t count = 0;

	(void)field;
	if (value->type != YAML_MAPPING_NODE)
		fail(reading, value, "a map from letters to their spelling is expected here", "");
	count = (size_t)(value->data.mapping.pairs.top - value->data.mapping.pairs.start);
	row->spell = arena_alloc(&reading->rows->arena, (count + 1) * sizeof(*row->spell));
	for (pair = value->data.mapping.pairs.start; pair < value->data.mapping.pairs.top; pair++)
		row->spell[row->spell_count++] = (struct names_value){
			scalar(reading, yaml_document_get_node(reading->document, pair->key)),
			scalar(reading, yaml_document_get_node(reading->document, pair->value)),
		};
}

#define AT(member) offsetof(struct names_row, member)

static const struct field fields[] = {
	{ "match", read_words, AT(match) },
	{ "function", read_words, AT(function) },
	{ "raw", read_patterns, AT(raw) },
	{ "unless", read_patterns, AT(unless) },
	{ "annotation", read_patterns, AT(annotation) },
	{ "read", read_groups, AT(read) },
	{ "spell", read_spellings, 0 },
	{ "family", read_text, AT(family) },
	{ "library", read_text, AT(library) },
	{ "evidence", read_text, AT(evidence) },
	{ "type", read_type, 0 },
	{ "stage", read_stage, 0 },
	{ "grid", read_grid, 0 },
	{ "roles", read_roles, 0 },
	{ "short", read_template, AT(short_name) },
	{ "name", read_template, AT(friendly) },
	{ "description", read_template, AT(description) },
	{ "generic", read_templates, AT(generic) },
	{ "fixed", read_templates, AT(fixed) },
	{ "tiled", read_templates, AT(tiled) },
};

static void
read_field(struct reading *reading, yaml_node_t *key, yaml_node_t *value)
{
	const char *name = scalar(reading, key);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(name, fields[i].key) != 0)
			continue;
		fields[i].read(reading, &fields[i], value);
		return;
	}
	fail(reading, key, "a row has no field", name);
}

static yaml_node_t *
member(struct reading *reading, yaml_node_t *map, const char *key)
{
	yaml_node_pair_t *pair;

	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		yaml_node_t *node = yaml_document_get_node(reading->document, pair->key);

		if (node->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)node->data.scalar.value, key) == 0)
			return yaml_document_get_node(reading->document, pair->value);
	}
	return NULL;
}

/* dtype: bf16, spelled: [BFloat16, __nv_bfloat16] */
static void
read_dtype(struct reading *reading, yaml_node_t *map, yaml_node_t *dtype)
{
	struct names_rows *rows = reading->rows;
	yaml_node_t *spelled = member(reading, map, "spelled"), *one;
	const char *name = scalar(reading, dtype);

	if (spelled == NULL || map->data.mapping.pairs.top - map->data.mapping.pairs.start != 2) {
		fail(reading, map, "a number type has `dtype` and `spelled`", "");
		return;
	}
	for (size_t i = 0; (one = item(reading, spelled, i)) != NULL; i++) {
		rows->dtypes = memory_grow(rows->dtypes, rows->dtype_count,
		    &rows->dtype_capacity, sizeof(*rows->dtypes));
		rows->dtypes[rows->dtype_count++] =
		    (struct names_value){ scalar(reading, one), name };
	}
}

static void
read_row(struct reading *reading, yaml_node_t *map)
{
	struct names_rows *rows = reading->rows;
	struct names_row *row;
	yaml_node_pair_t *pair;
	yaml_node_t *dtype, *launcher;

	if (map->type != YAML_MAPPING_NODE)
		fail(reading, map, "a row is a map, as `- match: PATTERN`", "");
	dtype = member(reading, map, "dtype");
	if (dtype != NULL) {
		read_dtype(reading, map, dtype);
		return;
	}
	launcher = member(reading, map, "launcher");
	if (launcher != NULL) {
		add_patterns(reading, &rows->launchers, launcher, false, false);
		return;
	}
	row = arena_alloc_zero(&rows->arena, sizeof(*row));
	row->file = reading->file;
	row->line = map->start_mark.line + 1;
	*rows->last = reading->row = row;
	rows->last = &row->next;
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++)
		read_field(reading, yaml_document_get_node(reading->document, pair->key),
		    yaml_document_get_node(reading->document, pair->value));
	if (row->match == NULL && row->function == NULL && row->raw == NULL &&
	    row->annotation == NULL)
		fail(reading, map, "a row needs `match`, `function`, `raw` or `annotation`", "");
	if (row->evidence != NULL && strcmp(row->evidence, "habit") != 0 &&
	    strcmp(row->evidence, "template argument") != 0)
		fail(reading, map, "evidence is habit or template argument, not", row->evidence);
	if (row->annotation != NULL && !row->says_stage)
		fail(reading, map, "a row about annotations needs `stage`", "");
}

/* The line that libyaml complains of; of bytes that are not UTF-8 it only knows the offset. */
static size_t
problem_line(const yaml_parser_t *parser, const char *text)
{
	size_t line = 1;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line + 1;
	for (size_t i = 0; i < parser->problem_offset; i++)
		line += text[i] == '\n';
	return line;
}

static void
load_document(yaml_parser_t *parser, yaml_document_t *document, const char *file,
    const char *text)
{
	if (!yaml_parser_load(parser, document))
		die("%s:%zu: %s", file, problem_line(parser, text),
		    parser->problem != NULL ? parser->problem : "bad YAML");
}

void
names_rows_check(const char *file, const char *text, size_t length)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_parser_t parser;
	yaml_event_t event;
	int depth = 0;

	if (!yaml_parser_initialize(&parser))
		die("cannot start libyaml");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	/* What is wrong with the text is said when it is read. */
	while (type != YAML_STREAM_END_EVENT && yaml_parser_parse(&parser, &event)) {
		type = event.type;
		depth += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
		depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
		if (depth > MOST_LEVELS)
			die("%s:%zu: lists and maps more than %d deep", file,
			    event.start_mark.line + 1, MOST_LEVELS);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
}

void
names_rows_read(struct names_rows *rows, const char *file, const char *text, size_t length)
{
	struct reading reading = { .rows = rows };
	yaml_document_t document, rest;
	yaml_parser_t parser;
	yaml_node_t *root, *one;

	reading.file = arena_copy(&rows->arena, file, strlen(file));
	if (rows->last == NULL)
		rows->last = &rows->first;
	if (!yaml_parser_initialize(&parser))
		die("cannot start libyaml");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	load_document(&parser, &document, file, text);
	reading.document = &document;
	root = yaml_document_get_root_node(&document);
	if (root != NULL) { /* an empty file has no rows */
		if (root->type != YAML_SEQUENCE_NODE)
			fail(&reading, root, "a list of rows is expected", "");
		for (size_t i = 0; (one = item(&reading, root, i)) != NULL; i++)
			read_row(&reading, one);
		load_document(&parser, &rest, file, text);
		if (yaml_document_get_root_node(&rest) != NULL)
			fail(&reading, yaml_document_get_root_node(&rest),
			    "one document is expected, here is another", "");
		yaml_document_delete(&rest);
	}
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
}

void
names_rows_free(struct names_rows *rows)
{
	for (struct names_row *row = rows->first; row != NULL; row = row->next) {
		names_pattern_free(row->match);
		names_pattern_free(row->function);
		names_pattern_free(row->raw);
		names_pattern_free(row->unless);
		names_pattern_free(row->annotation);
		names_pattern_free(row->read);
	}
	names_pattern_free(rows->launchers);
	free(rows->dtypes);
	names_literals_free(&rows->literals);
	arena_free(&rows->arena);
}
