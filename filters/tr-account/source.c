/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the function that a frame names in a tree, and the calls in it that come into question. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "json/json_scan.h"
#include "python/py.h"
#include "python/tree.h"
#include "source.h"
#include "write.h"

enum { MOST_SITES = 5, NAMES_LENGTH = 512 };

extern const char sites_tsv[];

struct sources {
	struct tree tree;
	struct map places; /* "sglang/srt/server.py" to the file's number + 1 */
	struct py_file **files; /* by number; NULL: not parsed yet */
};

/* A condition that holds, or does not, where the walk is. */
struct condition {
	const struct py_node *test;
	const char *word; /* "except ", "case "; or NULL */
	bool negated;
};

struct site {
	const struct py_node *call;
	struct condition *conditions;
	size_t condition_count, condition_capacity;
};

/* A walk through a function. */
struct finder {
	const struct tree_file *file;
	const struct py_file *parsed;
	char names[NAMES_LENGTH]; /* ".item .to bool", between blanks */
	struct condition *conditions; /* around what the walk is at */
	size_t condition_count, condition_capacity;
	struct site sites[MOST_SITES];
	size_t site_count;
	bool exact; /* the function begins in the very line that the trace says */
};

static void
finder_free(struct finder *finder)
{
	for (size_t i = 0; i < MOST_SITES; i++)
		free(finder->sites[i].conditions);
	free(finder->conditions);
	free(finder);
}

struct sources *
sources_open(const char *root)
{
	struct sources *sources;

	if (root == NULL)
		return NULL;
	sources = memory_alloc_zero(1, sizeof(*sources));
	tree_add_project(&sources->tree, root);
	for (size_t i = 0; i < sources->tree.count; i++) {
		const struct tree_file *file = &sources->tree.files[i];
		struct text key = { 0 };

		if (file->module == NULL)
			continue;
		text_add_string(&key, file->module);
		for (size_t at = 0; at < key.length; at++)
			if (key.bytes[at] == '.')
				key.bytes[at] = '/';
		text_add_string(&key, file->is_package ? "/__init__.py" : ".py");
		*map_put_string(&sources->places, key.bytes) = (void *)(uintptr_t)(i + 1);
		text_free(&key);
	}
	sources->files = memory_alloc_zero(sources->tree.count + 1, sizeof(*sources->files));
	return sources;
}

void
sources_close(struct sources *sources)
{
	if (sources == NULL)
		return;
	for (size_t i = 0; i < sources->tree.count; i++)
		if (sources->files[i] != NULL)
			py_free(sources->files[i]);
	free(sources->files);
	map_free(&sources->places);
	tree_free(&sources->tree);
	free(sources);
}

/* The file whose module is the longest end of the path. */
static bool
find_file(struct sources *sources, const char *path, struct finder *finder)
{
	for (const char *at = path; at != NULL; at = strchr(at, '/') != NULL ?
	    strchr(at, '/') + 1 : NULL) {
		void **place = map_get_string(&sources->places, at);
		size_t number = place != NULL ? (size_t)(uintptr_t)*place - 1 : 0, length;
		char *source;

		if (place == NULL)
			continue;
		finder->file = &sources->tree.files[number];
		if (sources->files[number] == NULL &&
		    (source = tree_read(finder->file, &length)) != NULL)
			sources->files[number] = py_parse(finder->file->name, source, length);
		finder->parsed = sources->files[number];
		return finder->parsed != NULL;
	}
	return false;
}

/* Functions of one name in a file: the one at that line, by its first decorator or by itself,
 * and how many there are. */
struct search {
	const char *name;
	uint32_t line;
	const struct py_node *at_line, *any;
	size_t count;
};

static void
search_functions(struct search *search, const struct py_node *list)
{
	for (const struct py_node *node = list; node != NULL; node = node->next) {
		if (node->kind == PY_FUNCTION && strcmp(node->name, search->name) == 0) {
			const struct py_node *first = node->function.decorators;

			search->any = node;
			search->count++;
			if (search->line <= node->line && (node->line == search->line ||
			    (first != NULL && first->line <= search->line)))
				search->at_line = node;
		}
		for (int i = 0; i < 4; i++)
			search_functions(search, node->part[i]);
	}
}

static void
push(struct finder *finder, const struct py_node *test, bool negated, const char *word)
{
	if (test == NULL)
		return;
	finder->conditions = memory_grow(finder->conditions, finder->condition_count,
	    &finder->condition_capacity, sizeof(*finder->conditions));
	finder->conditions[finder->condition_count++] = (struct condition){ test, word, negated };
}

/* Whether the name is one of those that are looked for; of a method it begins with a dot. */
static bool
is_wanted(const struct finder *finder, const struct py_node *function)
{
	char word[80];

	if (function->kind != PY_ATTRIBUTE && function->kind != PY_NAME)
		return false;
	if (strlen(function->name) > sizeof(word) - 4)
		return false;
	strcpy(word, function->kind == PY_ATTRIBUTE ? " ." : " ");
	strcat(word, function->name);
	strcat(word, " ");
	return strstr(finder->names, word) != NULL;
}

static void
walk_expression(struct finder *finder, const struct py_node *list)
{
	for (const struct py_node *node = list; node != NULL; node = node->next) {
		size_t before = finder->condition_count;

		if (node->kind == PY_LAMBDA)
			continue;
		if (node->kind == PY_CALL && is_wanted(finder, node->call.function)) {
			struct site *site = &finder->sites[finder->site_count < MOST_SITES ?
			    finder->site_count : MOST_SITES - 1];

			site->call = node;
			site->condition_count = 0;
			for (size_t i = 0; i < before; i++) {
				site->conditions = memory_grow(site->conditions, i,
				    &site->condition_capacity, sizeof(*site->conditions));
				site->conditions[site->condition_count++] = finder->conditions[i];
			}
			finder->site_count++;
		}
		if (node->kind == PY_IF_EXPRESSION) {
			walk_expression(finder, node->branch.test);
			push(finder, node->branch.test, false, NULL);
			walk_expression(finder, node->branch.body);
			finder->condition_count = before;
			push(finder, node->branch.test, true, NULL);
			walk_expression(finder, node->branch.orelse);
			finder->condition_count = before;
			continue;
		}
		for (const struct py_node *element = node->kind == PY_BOOLEAN ?
		    node->list.elements : NULL; element != NULL; element = element->next) {
			struct py_node alone = *element;

			alone.next = NULL;
			walk_expression(finder, &alone);
			push(finder, element, strcmp(node->name, "or") == 0, NULL);
		}
		for (int i = 0; node->kind != PY_BOOLEAN && i < 4; i++)
			walk_expression(finder, node->part[i]);
		finder->condition_count = before;
	}
}

/* Whether what comes after the statements is not reached from them. */
static bool
exits(const struct py_node *list)
{
	while (list != NULL && list->next != NULL)
		list = list->next;
	return list != NULL && (list->kind == PY_RETURN || list->kind == PY_RAISE ||
	    list->kind == PY_CONTINUE || list->kind == PY_BREAK);
}

static void walk(struct finder *finder, const struct py_node *list);

/* Below one more condition. */
static void
walk_under(struct finder *finder, const struct py_node *test, bool negated, const char *word,
    const struct py_node *body)
{
	size_t before = finder->condition_count;

	push(finder, test, negated, word);
	walk(finder, body);
	finder->condition_count = before;
}

static void
walk_if(struct finder *finder, const struct py_node *node)
{
	const struct py_node *test = node->branch.test;

	walk_expression(finder, test);
	walk_under(finder, test, false, NULL, node->branch.body);
	walk_under(finder, test, true, NULL, node->branch.orelse);
	/* What holds for the statements after it. */
	if (exits(node->branch.body))
		push(finder, test, true, NULL);
	else if (exits(node->branch.orelse))
		push(finder, test, false, NULL);
}

static void
walk(struct finder *finder, const struct py_node *list)
{
	size_t before = finder->condition_count;

	for (const struct py_node *node = list; node != NULL; node = node->next) {
		const struct py_node *part;

		switch (node->kind) {
		case PY_FUNCTION:
		case PY_CLASS:
			break;
		case PY_IF:
			walk_if(finder, node);
			break;
		case PY_WHILE:
			walk_expression(finder, node->branch.test);
			walk_under(finder, node->branch.test, false, NULL, node->branch.body);
			walk(finder, node->branch.orelse);
			break;
		case PY_FOR:
			walk_expression(finder, node->loop.iterable);
			walk(finder, node->loop.body);
			walk(finder, node->loop.orelse);
			break;
		case PY_WITH:
			walk_expression(finder, node->with.items);
			walk(finder, node->with.body);
			break;
		case PY_TRY:
			walk(finder, node->try.body);
			for (part = node->try.handlers; part != NULL; part = part->next)
				walk_under(finder, part->branch.test, false, "except ",
				    part->branch.body);
			walk(finder, node->try.orelse);
			walk(finder, node->try.finalbody);
			break;
		case PY_MATCH:
			walk_expression(finder, node->match.subject);
			for (part = node->match.cases; part != NULL; part = part->next)
				walk_under(finder, part->part[3], false, "case ",
				    part->branch.body);
			break;
		case PY_ASSERT:
			push(finder, node->binary.left, false, NULL);
			break;
		default:
			for (int i = 0; i < 4; i++)
				walk_expression(finder, node->part[i]);
		}
	}
	finder->condition_count = before;
}

/* Whether the first word of a row stands for the name. */
static bool
row_matches(const char *row, size_t length, const char *name)
{
	char part[80];

	if (length > 2 && length < sizeof(part) && row[0] == '*') {
		memcpy(part, row + 1, length - 2);
		part[length - 2] = '\0';
		return strstr(name, part) != NULL;
	}
	return strlen(name) == length && strncmp(row, name, length) == 0;
}

static void
add_names(struct finder *finder, const char *name)
{
	size_t used = strlen(finder->names);

	for (const char *row = sites_tsv; *row != '\0'; row += row[strcspn(row, "\n")] != '\0' ?
	    strcspn(row, "\n") + 1 : strcspn(row, "\n")) {
		const char *tab = row + strcspn(row, "\t\n");
		size_t length = strcspn(tab, "\n");

		if (*row == '#' || *tab != '\t' || !row_matches(row, (size_t)(tab - row), name) ||
		    used + length + 2 > sizeof(finder->names))
			continue;
		finder->names[used++] = ' ';
		memcpy(finder->names + used, tab + 1, length - 1);
		used += length - 1;
		finder->names[used] = '\0';
	}
}

/* What is looked for: an operator says more than the runtime's call does. */
static void
choose_names(struct finder *finder, const struct word *op, const struct word *call)
{
	const char *name = op != NULL && strncmp(op->text, "aten::", 6) == 0 ? op->text + 6 : NULL;
	size_t length = name != NULL ? strlen(name) : 0;

	if (name != NULL)
		add_names(finder, name);
	if (name != NULL && finder->names[0] == '\0' && length < 100) {
		strcpy(finder->names, " .");
		strcat(finder->names, name);
	}
	if (name == NULL && call != NULL)
		add_names(finder, call->text);
	strcat(finder->names, " ");
}

static bool
find_sites(struct sources *sources, const struct word *frame, const struct word *op,
    const struct word *call, struct finder *finder)
{
	const char *line = frame != NULL ? frame_line(frame) : NULL;
	struct search search;
	const struct py_node *function;
	char *path;
	bool found;

	if (sources == NULL || line == NULL)
		return false;
	path = memory_copy_string(frame->text);
	path[line - frame->text] = '\0';
	choose_names(finder, op, call);
	found = find_file(sources, path, finder);
	free(path);
	if (!found)
		return false;
	search = (struct search){ .name = strstr(line, "): ") + 3,
		.line = (uint32_t)strtoul(line + 1, NULL, 10) };
	search_functions(&search, finder->parsed->module->module.body);
	finder->exact = search.at_line != NULL;
	function = search.at_line != NULL ? search.at_line : search.count == 1 ? search.any : NULL;
	if (function == NULL)
		return false;
	walk(finder, function->function.body);
	return finder->site_count > 0;
}

/* The source of the node on one line, spelled as JSON does, without quotes. */
static void
add_source(struct text *text, const struct py_file *file, const struct py_node *node)
{
	struct text plain = { 0 }, spelled = { 0 };
	bool blank = false;

	for (uint32_t at = node->begin; at < node->end; at++) {
		bool is_blank = strchr(" \t\n\r", file->source[at]) != NULL;

		if (!is_blank)
			text_add_char(&plain, file->source[at]);
		else if (!blank)
			text_add_char(&plain, ' ');
		blank = is_blank;
	}
	json_escape(&spelled, (struct slice){ plain.length > 0 ? plain.bytes : "", plain.length });
	text_add(text, spelled.bytes + 1, spelled.length - 2);
	text_free(&plain);
	text_free(&spelled);
}

static void
add_condition(struct text *text, const struct finder *finder, const struct condition *condition)
{
	if (condition->word != NULL)
		text_add_string(text, condition->word);
	if (condition->negated)
		text_add_string(text, "not (");
	add_source(text, finder->parsed, condition->test);
	if (condition->negated)
		text_add_char(text, ')');
}

void
sources_write_sites(struct sources *sources, const struct word *frame, const struct word *op,
    const struct word *call, struct output *out)
{
	struct finder *finder = memory_alloc_zero(1, sizeof(*finder));
	size_t count;

	if (!find_sites(sources, frame, op, call, finder)) {
		finder_free(finder);
		return;
	}
	count = finder->site_count < MOST_SITES ? finder->site_count : MOST_SITES;
	output_string(out, ",\"sites\":[");
	for (size_t i = 0; i < count; i++) {
		const struct site *site = &finder->sites[i];
		struct text text = { 0 };

		text_add_format(&text, "%s{\"file\":\"%s\",\"line\":%u,\"text\":\"",
		    i > 0 ? "," : "", finder->file->name, site->call->line);
		add_source(&text, finder->parsed, site->call);
		text_add_string(&text, "\",\"conditions\":[");
		for (size_t k = 0; k < site->condition_count; k++) {
			text_add_string(&text, k > 0 ? ",\"" : "\"");
			add_condition(&text, finder, &site->conditions[k]);
			text_add_char(&text, '"');
		}
		text_add_string(&text, "]}");
		output_bytes(out, text.bytes, text.length);
		text_free(&text);
	}
	output_format(out, "],\"site_count\":%zu,\"same_line\":%s", finder->site_count,
	    finder->exact ? "true" : "false");
	finder_free(finder);
}

void
sources_add_condition(struct sources *sources, const struct word *frame, const struct word *op,
    const struct word *call, struct text *text)
{
	struct finder *finder = memory_alloc_zero(1, sizeof(*finder));

	if (find_sites(sources, frame, op, call, finder) && finder->site_count == 1 &&
	    finder->sites[0].condition_count > 0) {
		const struct site *site = &finder->sites[0];
		const char *slash = strrchr(finder->file->name, '/');

		text_add_string(text, "; ");
		add_source(text, finder->parsed, site->call);
		text_add_format(text, " in %s:%u runs if ",
		    slash != NULL ? slash + 1 : finder->file->name, site->call->line);
		for (size_t k = 0; k < site->condition_count; k++) {
			text_add_string(text, k > 0 ? " and " : "");
			add_condition(text, finder, &site->conditions[k]);
		}
		if (!finder->exact)
			text_add_string(text, " (as the tree has it, which is of another version)");
	}
	finder_free(finder);
}
