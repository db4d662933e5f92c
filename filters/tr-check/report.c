/* SPDX-License-Identifier: Apache-2.0 */
/* Writes results as records, text, JUnit XML or GitHub annotations. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "json/json_writer.h"
#include "page/html.h"
#include "report.h"

const char *const report_format_names[REPORT_FORMAT_COUNT + 1] = {
	"ndjson", "text", "junit", "github", NULL
};

static const char *const outcome_names[] = { "pass", "breach", "unknown" };

static size_t
count(const struct budget *budget, const struct result *results, enum outcome outcome)
{
	size_t found = 0;

	for (size_t i = 0; i < budget->count; i++)
		found += results[i].outcome == outcome;
	return found;
}

bool
report_all_pass(const struct budget *budget, const struct result *results)
{
	return count(budget, results, OUTCOME_PASS) == budget->count;
}

/* A limit whose subject is missing was neither kept nor broken: CI must not take it for kept. */
static const char *
status(const struct budget *budget, const struct result *results)
{
	return count(budget, results, OUTCOME_BREACH) > 0 ? "breach"
	    : count(budget, results, OUTCOME_UNKNOWN) > 0 ? "incomparable" : "pass";
}

static void
verdict_text(const struct budget *budget, const struct result *results, char *text, size_t size)
{
	size_t unknown = count(budget, results, OUTCOME_UNKNOWN);
	char also[80] = "";

	if (unknown > 0)
		snprintf(also, sizeof(also), ", %zu without anything to measure", unknown);
	snprintf(text, size, "%zu of %zu limits kept, %zu broken%s",
	    count(budget, results, OUTCOME_PASS), budget->count,
	    count(budget, results, OUTCOME_BREACH), also);
}

static void
put_figure(struct json_writer *writer, const char *key, double figure)
{
	if (!isnan(figure))
		json_member_double(writer, key, figure);
}

static void
write_ndjson(const struct budget *budget, const struct result *results, struct output *out)
{
	struct json_writer *writer = json_writer_open(out, false);
	char says[200];

	for (size_t i = 0; i < budget->count; i++) {
		const struct result *result = &results[i];

		json_object_begin(writer);
		json_member_string(writer, "kind", "check");
		if (i == 0)
			json_member_integer(writer, "version", 1);
		json_member_string(writer, "file", budget->file);
		json_member_integer(writer, "line", (int64_t)result->limit->line);
		json_member_string(writer, "subject", budget_subject_names[result->limit->subject]);
		json_member_string(writer, "of", result->limit->of);
		json_member_string(writer, "status", outcome_names[result->outcome]);
		put_figure(writer, "us", result->us);
		put_figure(writer, "max_us", result->limit->max_us);
		put_figure(writer, "share", result->share);
		put_figure(writer, "max_share", result->limit->max_share);
		put_figure(writer, "min_share", result->limit->min_share);
		put_figure(writer, "count", result->count);
		put_figure(writer, "equal", result->limit->equal);
		json_member_string(writer, "says", result->says);
		json_object_end(writer);
	}
	verdict_text(budget, results, says, sizeof(says));
	json_object_begin(writer);
	json_member_string(writer, "kind", "verdict");
	json_member_string(writer, "status", status(budget, results));
	json_member_string(writer, "says", says);
	json_object_end(writer);
	json_writer_close(writer);
}

/* Columns of a kernel's name in text: a mangled one would fill a screen. */
enum { NAME_COLUMNS = 60 };

/* Text for a terminal or a log. What the limit is of is cut where it is long: the budget has it
 * whole in the line that is told. */
static void
put_line(struct output *out, const char *text, const char *of)
{
	const char *at = of[0] != '\0' ? strstr(text, of) : NULL;
	struct text line = { 0 }, name = { 0 };

	columns_clean(&name, of);
	if (at == NULL || columns_width(name.bytes) <= NAME_COLUMNS) {
		columns_clean(&line, text);
	} else {
		struct text before = { 0 };

		text_add(&before, text, (size_t)(at - text));
		columns_clean(&line, before.bytes == NULL ? "" : before.bytes);
		columns_fit(&line, name.bytes, NAME_COLUMNS, false);
		columns_clean(&line, at + strlen(of));
		text_free(&before);
	}
	output_bytes(out, line.bytes, line.length);
	text_free(&name);
	text_free(&line);
}

static void
write_text(const struct budget *budget, const struct result *results, struct output *out)
{
	char says[200];

	for (size_t i = 0; i < budget->count; i++) {
		put_line(out, budget->file, "");
		output_format(out, ":%zu: %s: ", results[i].limit->line,
		    outcome_names[results[i].outcome]);
		put_line(out, results[i].says, results[i].limit->of);
		output_char(out, '\n');
	}
	verdict_text(budget, results, says, sizeof(says));
	output_format(out, "%s: %s\n", status(budget, results), says);
}

/* The format as CI servers read it: <testsuite> of <testcase>, each with a <failure> or an
 * <error>. https://github.com/testmoapp/junitxml describes it. */
static void
write_junit(const struct budget *budget, const struct result *results, struct output *out)
{
	output_format(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuites>\n<testsuite name=\"tr-check\" tests=\"%zu\" failures=\"%zu\" "
	    "errors=\"%zu\">\n", budget->count, count(budget, results, OUTCOME_BREACH),
	    count(budget, results, OUTCOME_UNKNOWN));
	for (size_t i = 0; i < budget->count; i++) {
		output_string(out, "<testcase classname=\"");
		html_text(out, budget->file);
		output_string(out, "\" name=\"");
		html_text(out, results[i].title);
		output_string(out, "\"");
		if (results[i].outcome == OUTCOME_PASS) {
			output_string(out, "/>\n");
			continue;
		}
		output_format(out, "><%s message=\"",
		    results[i].outcome == OUTCOME_BREACH ? "failure" : "error");
		html_text(out, results[i].says);
		output_string(out, "\"/></testcase>\n");
	}
	output_string(out, "</testsuite>\n</testsuites>\n");
}

/* One value of a workflow command: '%', line ends and, in properties, ':' and ',' are coded. */
static void
put_command_text(struct output *out, const char *text, bool property)
{
	for (; *text != '\0'; text++)
		if (*text == '%' || (unsigned char)*text < ' ' ||
		    (property && (*text == ':' || *text == ',')))
			output_format(out, "%%%02X", (unsigned char)*text);
		else
			output_char(out, *text);
}

static void
write_github(const struct budget *budget, const struct result *results, struct output *out)
{
	for (size_t i = 0; i < budget->count; i++) {
		if (results[i].outcome == OUTCOME_PASS)
			continue;
		output_string(out, "::error file=");
		put_command_text(out, budget->file, true);
		output_format(out, ",line=%zu::", results[i].limit->line);
		put_command_text(out, results[i].says, false);
		output_char(out, '\n');
	}
}

void
report_write(const struct budget *budget, const struct result *results,
    enum report_format format, struct output *out)
{
	static void (*const writers[])(const struct budget *budget,
	    const struct result *results, struct output *out) = {
		write_ndjson, write_text, write_junit, write_github
	};

	writers[format](budget, results, out);
}
