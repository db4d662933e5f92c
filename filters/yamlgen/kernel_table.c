/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the headers that Nsight Systems writes and the spellings of its numbers. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kernel_table.h"
#include "report.h"
#include "base/text.h"

/* More instances than any run has; a double counts so far without a gap. */
#define MOST_INSTANCES 9007199254740992.0

static bool
field_is(const struct csv_field *field, const char *text)
{
	return field->length == strlen(text) && strncasecmp(field->bytes, text, field->length) == 0;
}

static bool
is_one_of(const struct csv_field *field, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (field_is(field, *texts))
			return true;
	return false;
}

/* "Total Time (us)" for the title "Total Time": the unit's length in ns, 0 when the field has
 * another title. */
static double
time_unit(const struct csv_field *field, const char *title)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "nsec", 1 }, { "us", 1e3 }, { "usec", 1e3 },
		{ "\xc2\xb5s", 1e3 }, { "\xce\xbcs", 1e3 }, { "ms", 1e6 }, { "msec", 1e6 },
		{ "s", 1e9 }, { "sec", 1e9 } };
	const char *at = field->bytes, *end = field->bytes + field->length;

	if (field->length < strlen(title) || strncasecmp(at, title, strlen(title)) != 0)
		return 0;
	at += strlen(title);
	while (at < end && (*at == ' ' || *at == '('))
		at++;
	while (end > at && (end[-1] == ' ' || end[-1] == ')'))
		end--;
	if (at == end)
		return 1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == (size_t)(end - at) &&
		    strncasecmp(units[i].name, at, (size_t)(end - at)) == 0)
			return units[i].ns;
	return 0;
}

bool
kernel_table_find(const struct csv *csv, struct kernel_table *table)
{
	static const char *const names[] = { "Name", "Kernel Name", "Function", "Function Name",
		NULL };
	static const char *const counts[] = { "Instances", "Count", "Calls", "Kern Inst", NULL };
	bool have_name = false, have_time = false, have_count = false;

	*table = (struct kernel_table){ .count = csv->count };
	for (size_t i = 0; i < csv->count; i++)
		table->traced |= field_is(&csv->fields[i], "GrdX");
	table->title = table->traced ? "Duration" : "Total Time";
	for (size_t i = 0; i < csv->count; i++) {
		const struct csv_field *field = &csv->fields[i];
		double unit = time_unit(field, table->title);

		if (is_one_of(field, names)) {
			table->name = i;
			have_name = true;
		} else if (is_one_of(field, counts)) {
			table->instances = i;
			have_count = true;
		} else if (field_is(field, "GrdX")) {
			table->grid = i;
		} else if (unit > 0) {
			table->time = i;
			table->unit_ns = unit;
			have_time = true;
		}
	}
	return have_name && have_time && (have_count || table->traced);
}

/* Plain digits, by far the most frequent spelling. */
static bool
plain_number(const char *text, size_t length, double *number)
{
	uint64_t value = 0;

	if (length == 0 || length > 15)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned digit = (unsigned char)text[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*number = (double)value;
	return true;
}

bool
report_number(const char *text, size_t length, double *number)
{
	char digits[64], *end;
	size_t count = 0;

	if (plain_number(text, length, number))
		return true;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == ' ' || text[i] == ',' || text[i] == '\'' || text[i] == '_')
			continue;
		if (count == sizeof(digits) - 1 || strchr("0123456789.eE+-", text[i]) == NULL)
			return false;
		digits[count++] = text[i];
	}
	digits[count] = '\0';
	*number = 0;
	if (count == 0 || strcmp(digits, "-") == 0)
		return true;
	*number = strtod(digits, &end);
	return *end == '\0' && *number >= 0 && *number < 1e30;
}

bool
kernel_table_is_header(const struct csv *csv, const struct kernel_table *table)
{
	return csv->count > table->time && time_unit(&csv->fields[table->time], table->title) > 0;
}

/* A field as a message shows it: not more of it than a line can take. */
static int
shown(const struct csv_field *field)
{
	return (int)(field->length < 60 ? field->length : 60);
}

const char *
kernel_table_add(struct catalogue *catalogue, struct source *source, const struct csv *csv,
    const struct kernel_table *table, struct text *text)
{
	const struct csv_field *name = &csv->fields[table->name], *total, *instances;
	double time = 0, launches = 1;

	if (csv->cut)
		return "the last row is cut short: a quote is not closed";
	text_clear(text);
	if (csv->count < table->count) {
		text_add_format(text, "the row is cut short or broken: %zu fields where the header "
		    "has %zu", csv->count, table->count);
		return text->bytes;
	}
	if (name->length == 0)
		return "no kernel name";
	if (table->traced && csv->fields[table->grid].length == 0)
		return NULL; /* a copy */
	total = &csv->fields[table->time];
	instances = &csv->fields[table->instances];
	if (!report_number(total->bytes, total->length, &time))
		text_add_format(text, "%s '%.*s' is not a number", table->traced ? "duration" :
		    "total time", shown(total), total->bytes);
	else if (!table->traced && !report_number(instances->bytes, instances->length, &launches))
		text_add_format(text, "number of instances '%.*s' is not a number",
		    shown(instances), instances->bytes);
	else if (!(launches >= 0 && launches <= MOST_INSTANCES))
		text_add_format(text, "'%.*s' is no number of instances", shown(instances),
		    instances->bytes);
	if (text->length > 0)
		return text->bytes;
	catalogue_add(catalogue, source, name->bytes, name->length, time * table->unit_ns,
	    (uint64_t)launches);
	return NULL;
}
