/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the kernel table in a CSV report and adds its rows up. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "error.h"
#include "memory.h"
#include "report.h"

/* Where the three columns stand. */
struct columns {
	size_t name, total, instances;
	size_t count;   /* fields of the header */
	double unit_ns; /* nanoseconds in one unit of the total */
};

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

/* "Total Time (us)": the unit's length in ns, 0 when the field is no total time. */
static double
total_time_unit(const struct csv_field *field)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "nsec", 1 }, { "us", 1e3 }, { "usec", 1e3 },
		{ "\xc2\xb5s", 1e3 }, { "\xce\xbcs", 1e3 }, { "ms", 1e6 }, { "msec", 1e6 },
		{ "s", 1e9 }, { "sec", 1e9 } };
	static const char title[] = "Total Time";
	const char *at = field->bytes, *end = field->bytes + field->length;

	if (field->length < sizeof(title) - 1 || strncasecmp(at, title, sizeof(title) - 1) != 0)
		return 0;
	at += sizeof(title) - 1;
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

static bool
find_columns(const struct csv *csv, struct columns *columns)
{
	static const char *const names[] = { "Name", "Kernel Name", "Function", "Function Name",
		NULL };
	static const char *const counts[] = { "Instances", "Count", "Calls", "Kern Inst", NULL };
	bool have_name = false, have_total = false, have_count = false;

	for (size_t i = 0; i < csv->count; i++) {
		const struct csv_field *field = &csv->fields[i];
		double unit = total_time_unit(field);

		if (is_one_of(field, names)) {
			columns->name = i;
			have_name = true;
		} else if (is_one_of(field, counts)) {
			columns->instances = i;
			have_count = true;
		} else if (unit > 0) {
			columns->total = i;
			columns->unit_ns = unit;
			have_total = true;
		}
	}
	columns->count = csv->count;
	return have_name && have_total && have_count;
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

static double
number_at(const struct csv *csv, size_t column, const char *what)
{
	const struct csv_field *field = &csv->fields[column];
	double number;

	if (!report_number(field->bytes, field->length, &number))
		die("%s:%llu: %s '%.*s' is not a number", csv->name, (unsigned long long)csv->line,
		    what, (int)(field->length < 60 ? field->length : 60), field->bytes);
	return number;
}

static void
add_row(struct catalogue *catalogue, struct source *source, const struct csv *csv,
    const struct columns *columns)
{
	const struct csv_field *name;

	if (csv->cut)
		die("%s:%llu: the last row is cut short: a quote is not closed", csv->name,
		    (unsigned long long)csv->line);
	if (csv->count < columns->count)
		die("%s:%llu: the row is cut short or broken: %zu fields where the header has %zu",
		    csv->name, (unsigned long long)csv->line, csv->count, columns->count);
	name = &csv->fields[columns->name];
	if (name->length == 0)
		die("%s:%llu: no kernel name", csv->name, (unsigned long long)csv->line);
	catalogue_add(catalogue, source, name->bytes, name->length,
	    number_at(csv, columns->total, "total time") * columns->unit_ns,
	    (uint64_t)number_at(csv, columns->instances, "number of instances"));
}

/* Captured reports may follow each other without a blank line. */
static bool
is_header_again(const struct csv *csv, const struct columns *columns)
{
	return csv->count > columns->total && total_time_unit(&csv->fields[columns->total]) > 0;
}

void
report_read_csv(struct catalogue *catalogue, struct source *source, struct input *input)
{
	struct csv *csv = memory_alloc(sizeof(*csv));
	struct columns columns = { 0 };
	bool in_table = false, any_header = false, other_delimiter = false;
	uint64_t lines = 0;

	csv_open(csv, input);
	for (; csv_next(csv); lines++) {
		if (csv->blank) {
			in_table = false;
		} else if (in_table && !is_header_again(csv, &columns)) {
			add_row(catalogue, source, csv, &columns);
		} else if (find_columns(csv, &columns)) {
			in_table = any_header = true;
		} else if (csv->count == 1 && !any_header) {
			const struct csv_field *field = &csv->fields[0];

			other_delimiter |= memchr(field->bytes, ';', field->length) != NULL ||
			    memchr(field->bytes, '\t', field->length) != NULL;
		}
	}
	if (lines == 0)
		die("%s: empty file", csv->name);
	if (!any_header)
		die("%s: no kernel table: no header with Name, Total Time and Instances%s", csv->name,
		    other_delimiter ? "; fields seem to be separated by ';' or tabs, not commas" : "");
	if (source->kernels == 0)
		die("%s: the kernel table has no rows", csv->name);
	csv_close(csv);
	free(csv);
}
