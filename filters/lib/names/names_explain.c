/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what the table says of a name and which rows said it. */
#include <string.h>

#include "base/columns.h"
#include "names/names_ask.h"

/* In the order of enum names_field. */
static const char *const field_names[NAMES_FIELD_COUNT] = {
	"family", "library", "type", "stage", "roles", "grid", "short", "name",
	"description", "generic", "fixed", "tiled",
};

/* The name comes from a trace, and goes to a terminal. */
static void
print_field(struct output *out, const char *what, const char *value)
{
	struct text clean = { 0 };

	columns_clean(&clean, value);
	output_format(out, "%-12s %s\n", what, clean.length > 0 ? clean.bytes : "");
	text_free(&clean);
}

static void
print_roles(struct output *out, unsigned roles)
{
	const char *separator = "";

	for (unsigned bit = 0; bit < ROLE_COUNT; bit++)
		if (roles & 1u << bit) {
			output_format(out, "%s%s", separator, role_names[bit]);
			separator = ", ";
		}
}

static void
print_tensors(struct output *out, const char *what, const char *const *tensors)
{
	if (tensors == NULL)
		return;
	output_format(out, "%-12s", what);
	for (; *tensors != NULL; tensors++)
		output_format(out, " %s", *tensors);
	output_char(out, '\n');
}

static void
print_facts(struct output *out, const struct names_facts *facts)
{
	print_field(out, "canonical", facts->canonical);
	print_field(out, "family", facts->family);
	print_field(out, "library", facts->library);
	output_format(out, "%-12s %s\n", "type", type_names[facts->type]);
	output_format(out, "%-12s %s\n", "stage", stage_names[facts->stage]);
	output_format(out, "%-12s ", "roles");
	print_roles(out, facts->roles);
	output_char(out, '\n');
	print_field(out, "short", facts->short_name);
	print_field(out, "name", facts->friendly);
	if (facts->description != NULL)
		print_field(out, "description", facts->description);
	for (size_t i = 0; i < facts->value_count; i++) {
		struct text value = { 0 };

		text_add_format(&value, "%s = %s", facts->values[i].name, facts->values[i].text);
		print_field(out, i == 0 ? "read" : "", value.bytes);
		text_free(&value);
	}
	print_tensors(out, "generic", facts->generic);
	print_tensors(out, "fixed", facts->fixed);
	print_tensors(out, "tiled", facts->tiled);
}

/* What of the name told each fact: one line for the facts of the same proof. */
static void
print_evidence(struct output *out, const struct names_facts *facts)
{
	const char *what = "evidence";
	unsigned shown = 0;

	for (unsigned field = 0; field < NAMES_FIELD_COUNT; field++) {
		const struct names_evidence *evidence = &facts->evidence[field], *other;
		struct text line = { 0 };

		if (evidence->kind == NULL || shown & 1u << field)
			continue;
		text_add_format(&line, "%s \"%s\":", evidence->kind, evidence->text);
		for (unsigned more = field; more < NAMES_FIELD_COUNT; more++) {
			other = &facts->evidence[more];
			if (other->kind == NULL || strcmp(other->kind, evidence->kind) != 0 ||
			    strcmp(other->text, evidence->text) != 0)
				continue;
			text_add_format(&line, " %s", field_names[more]);
			shown |= 1u << more;
		}
		print_field(out, what, line.bytes);
		what = "";
		text_free(&line);
	}
}

static void
print_row(struct output *out, struct names_question *question, size_t index)
{
	const struct names_row *row = question->rows[index];
	const struct names_span *span = &question->spans[index];
	struct text matched = { 0 }, clean = { 0 };

	text_add(&matched, span->subject->bytes + span->begin, span->end - span->begin);
	columns_clean(&clean, matched.bytes);
	output_format(out, "%s:%zu: %s\n    matched %s \"%s\", gave", row->file, row->line,
	    span->pattern->text, names_span_kind(question, row, span),
	    clean.length > 0 ? clean.bytes : "");
	for (unsigned field = 0; field < NAMES_FIELD_COUNT; field++)
		if (question->gave[index] & 1u << field)
			output_format(out, " %s", field_names[field]);
	output_char(out, '\n');
	text_free(&matched);
	text_free(&clean);
}

/* Rows that match, too, but come after rows that said it all. */
static void
print_idle_rows(struct output *out, const struct names_question *question)
{
	const char *before = "match, too, but gave nothing:";

	for (size_t i = 0; i < question->row_count; i++) {
		const struct names_row *row = question->rows[i];

		if (question->gave[i] != 0)
			continue;
		output_format(out, "%s %s:%zu%s%s", before, row->file, row->line,
		    row->family != NULL ? " " : "", row->family != NULL ? row->family : "");
		before = ",";
	}
	if (before[0] == ',')
		output_char(out, '\n');
}

void
names_explain(struct names *names, const char *name, struct output *out)
{
	struct names_question question = { 0 };
	struct names_facts facts = { .type = TYPE_OTHER, .stage = STAGE_UNKNOWN };

	names_question_begin(&question, names, name, strlen(name));
	names_question_answer(&question, &facts);
	facts.canonical = question.canonical.bytes;
	facts.values = question.values;
	facts.value_count = question.value_count;
	print_field(out, "kernel", name);
	print_facts(out, &facts);
	print_evidence(out, &facts);
	for (size_t i = 0; i < question.row_count; i++)
		if (question.gave[i] != 0)
			print_row(out, &question, i);
	print_idle_rows(out, &question);
	if (question.row_count == 0)
		output_string(out, "no row matches\n");
	names_question_free(&question);
}
