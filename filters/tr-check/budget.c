/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a budget from YAML. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/error.h"
#include "base/input.h"
#include "base/memory.h"
#include "base/text.h"
#include "names/names_row.h"
#include "budget.h"

const char *const budget_subject_names[SUBJECT_COUNT + 1] = {
	"kernel", "type", "stage", "pass", "layer", "idle", "exposed", "layers", "explained", NULL
};
const char *const budget_per_names[PER_COUNT + 1] = { "total", "pass", "call", NULL };

static const char subject_help[] =
    "kernel, type, stage, pass, layer, idle, exposed, layers or explained";

enum { MOST_BYTES = 1 << 20 };

/* A budget is a list of flat maps; deeper nesting is none. */
struct reading {
	struct budget *budget;
	yaml_document_t *document;
};

static _Noreturn void
fail(const struct reading *reading, const yaml_node_t *node, const char *what, const char *which)
{
	die("%s:%zu: %s%s%s", reading->budget->file, node->start_mark.line + 1, what,
	    which[0] != '\0' ? ": " : "", which);
}

static const char *
scalar(const struct reading *reading, const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE)
		fail(reading, node, "one word or number is expected here", "");
	if (strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
		fail(reading, node, "a text holds a NUL", "");
	return arena_copy(&reading->budget->arena, (const char *)node->data.scalar.value,
	    node->data.scalar.length);
}

/* A number that is not negative; a percent sign may follow a share. */
static double
bound(const struct reading *reading, const yaml_node_t *node, bool share)
{
	const char *text = scalar(reading, node);
	char *end;
	double number = strtod(text, &end);

	if (share && *end == '%')
		end++;
	if (end == text || *end != '\0' || !(number >= 0) || isinf(number))
		fail(reading, node, share ? "not a percentage" : "not a number of at least 0", text);
	if (share && number > 100)
		fail(reading, node, "more than 100 per cent", text);
	return number;
}

static int
choice(const char *const *names, const char *word)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], word) == 0)
			return i;
	return -1;
}

static bool
is_type(const char *word)
{
	for (int type = 0; type < TYPE_COUNT; type++)
		if (strcmp(type_names[type], word) == 0)
			return true;
	return false;
}

static bool
is_stage(const char *word)
{
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (strcmp(stage_names[stage], word) == 0)
			return true;
	return false;
}

static bool
is_index(const char *word)
{
	return word[0] != '\0' && word[strspn(word, "0123456789")] == '\0' && strlen(word) < 10;
}

/* What a subject may be of: what is wrong with `of`, or NULL. Causes of idle time are asked
 * of the stream, which lists them all. */
static const char *
wrong_of(const struct limit *limit)
{
	bool any = strcmp(limit->of, "any") == 0;

	switch (limit->subject) {
	case SUBJECT_TYPE:
		return is_type(limit->of) ? NULL : "no such type of kernel";
	case SUBJECT_STAGE:
		return is_stage(limit->of) ? NULL : "no such stage";
	case SUBJECT_PASS:
		return any || is_stage(limit->of) ? NULL : "neither a stage nor any";
	case SUBJECT_LAYER:
		return any || is_stage(limit->of) || is_index(limit->of) ? NULL
		    : "neither an index, a stage nor any";
	case SUBJECT_EXPOSED:
		return strcmp(limit->of, "communication") == 0 || strcmp(limit->of, "copies") == 0
		    ? NULL : "neither communication nor copies";
	default:
		return NULL;
	}
}

/* The subject's own value: of what it is, or for counts the bound itself. */
static void
set_subject(const struct reading *reading, struct limit *limit, int subject,
    const yaml_node_t *value)
{
	const char *wrong;

	if (limit->subject != SUBJECT_COUNT)
		fail(reading, value, "a limit is about one thing; a second one is",
		    budget_subject_names[subject]);
	limit->subject = (enum subject)subject;
	limit->of = "";
	if (subject == SUBJECT_LAYERS) {
		limit->equal = bound(reading, value, false);
	} else if (subject == SUBJECT_EXPLAINED) {
		limit->min_share = bound(reading, value, true);
	} else {
		limit->of = scalar(reading, value);
		wrong = wrong_of(limit);
		if (wrong != NULL)
			fail(reading, value, wrong, limit->of);
	}
}

static void
set_member(const struct reading *reading, struct limit *limit, const yaml_node_t *key,
    const yaml_node_t *value)
{
	const char *word = scalar(reading, key);
	int subject = choice(budget_subject_names, word), per;

	/* `stage` narrows a limit on kernels or a type, and is a subject of its own otherwise. */
	if (subject == SUBJECT_STAGE && (limit->subject == SUBJECT_KERNEL ||
	    limit->subject == SUBJECT_TYPE)) {
		limit->stage = scalar(reading, value);
		if (!is_stage(limit->stage))
			fail(reading, value, "no such stage", limit->stage);
	} else if (subject >= 0) {
		set_subject(reading, limit, subject, value);
	} else if (strcmp(word, "max_us") == 0) {
		limit->max_us = bound(reading, value, false);
	} else if (strcmp(word, "max_share") == 0) {
		limit->max_share = bound(reading, value, true);
	} else if (strcmp(word, "per") == 0) {
		per = choice(budget_per_names, scalar(reading, value));
		if (per < 0)
			fail(reading, value, "not total, pass or call", scalar(reading, value));
		limit->per = (enum per)per;
	} else {
		fail(reading, key, "unknown key", word);
	}
}

static void
check_limit(const struct reading *reading, const struct limit *limit, const yaml_node_t *node)
{
	bool of_kernels = limit->subject == SUBJECT_KERNEL || limit->subject == SUBJECT_TYPE ||
	    limit->subject == SUBJECT_STAGE;
	bool counts = limit->subject == SUBJECT_LAYERS || limit->subject == SUBJECT_EXPLAINED;

	if (limit->subject == SUBJECT_COUNT)
		fail(reading, node, "a limit names what it is about", subject_help);
	if (counts && !(isnan(limit->max_us) && isnan(limit->max_share)))
		fail(reading, node, "takes no max_us or max_share",
		    budget_subject_names[limit->subject]);
	if (!counts && isnan(limit->max_us) && isnan(limit->max_share))
		fail(reading, node, "a limit has max_us, max_share or both", "");
	if (!of_kernels && limit->per != PER_TOTAL)
		fail(reading, node, "`per` is for kernel, type and stage", "");
	if ((limit->subject == SUBJECT_PASS || limit->subject == SUBJECT_LAYER) &&
	    !isnan(limit->max_share))
		fail(reading, node, "has no share, only max_us",
		    budget_subject_names[limit->subject]);
}

static void
read_limit(const struct reading *reading, const yaml_node_t *node)
{
	struct limit limit = { .subject = SUBJECT_COUNT, .max_us = NAN, .max_share = NAN,
		.min_share = NAN, .equal = NAN, .line = node->start_mark.line + 1 };
	struct budget *budget = reading->budget;

	if (node->type != YAML_MAPPING_NODE)
		fail(reading, node, "a limit is a map: `- type: linear` and what follows", "");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	    pair < node->data.mapping.pairs.top; pair++)
		set_member(reading, &limit, yaml_document_get_node(reading->document, pair->key),
		    yaml_document_get_node(reading->document, pair->value));
	check_limit(reading, &limit, node);
	budget->limits = memory_grow(budget->limits, budget->count, &budget->capacity,
	    sizeof(*budget->limits));
	budget->limits[budget->count++] = limit;
}

static void
read_limits(const struct reading *reading, const yaml_node_t *list)
{
	if (list->type != YAML_SEQUENCE_NODE)
		fail(reading, list, "`limits` is a list", "");
	for (yaml_node_item_t *item = list->data.sequence.items.start;
	    item < list->data.sequence.items.top; item++)
		read_limit(reading, yaml_document_get_node(reading->document, *item));
}

static void
read_document(const struct reading *reading, const yaml_node_t *root)
{
	if (root == NULL)
		die("%s: empty: a budget has `limits`", reading->budget->file);
	if (root->type != YAML_MAPPING_NODE)
		fail(reading, root, "a budget is a map with `limits`", "");
	for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	    pair < root->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(reading->document, pair->key);

		if (strcmp(scalar(reading, key), "limits") != 0)
			fail(reading, key, "unknown key", scalar(reading, key));
		read_limits(reading, yaml_document_get_node(reading->document, pair->value));
	}
	if (reading->budget->count == 0)
		die("%s: no limits", reading->budget->file);
}

void
budget_read(struct budget *budget, const char *file)
{
	struct text text = { 0 };
	struct input *input;
	yaml_document_t document;
	yaml_parser_t parser;

	*budget = (struct budget){ .file = file };
	input = input_open(file);
	input_read_all(input, &text, MOST_BYTES, "a budget");
	input_close(input);
	names_rows_check(file, text.bytes, text.length);
	if (!yaml_parser_initialize(&parser))
		die("cannot start libyaml");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.bytes, text.length);
	if (!yaml_parser_load(&parser, &document))
		die("%s:%zu: %s", file, parser.problem_mark.line + 1,
		    parser.problem != NULL ? parser.problem : "not YAML");
	read_document(&(struct reading){ budget, &document },
	    yaml_document_get_root_node(&document));
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	text_free(&text);
}

const char *
budget_title(struct budget *budget, const struct limit *limit)
{
	struct text text = { 0 };
	const char *title;

	text_add_string(&text, budget_subject_names[limit->subject]);
	if (limit->of[0] != '\0')
		text_add_format(&text, " %s", limit->of);
	if (limit->stage != NULL)
		text_add_format(&text, " in %s", limit->stage);
	if (limit->per != PER_TOTAL)
		text_add_format(&text, " per %s", budget_per_names[limit->per]);
	title = arena_copy(&budget->arena, text.bytes, text.length);
	text_free(&text);
	return title;
}

void
budget_free(struct budget *budget)
{
	free(budget->limits);
	arena_free(&budget->arena);
}
