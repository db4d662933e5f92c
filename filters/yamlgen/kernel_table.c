/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the titles that tools give the columns of their kernel tables. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_table.h"
#include "quantity.h"
#include "base/text.h"

/* More instances than any run has; a double counts so far without a gap. */
#define MOST_INSTANCES 9007199254740992.0

/* A year, in nanoseconds. */
#define LONGEST_NS 3.2e16

/* Titles without case, blanks, signs and units: "Total Time (ns)" is totaltime. The first that
 * a table has counts. */
static const struct {
	enum kernel_column column;
	const char *titles[20]; /* ends with NULL */
} columns[] = {
	{ COLUMN_NAME, { "kernelname", "name", "function", "functionname", "kernel", "operation",
	    "gpukernel" } },
	{ COLUMN_TOTAL, { "totaltime", "totalduration", "totalkerneltime", "kerneldurationsum",
	    "totalgputime", "gputotaltime", "sum", "selfcudatotal", "selfcuda", "selfdevice",
	    "selfhip", "selfxpu", "selfcudatime", "selfdevicetime", "total", "time" } },
	{ COLUMN_COUNT, { "kerninst", "instances", "count", "calls", "occurrences", "ofcalls",
	    "kerneldurationcount", "numberofcalls", "launches", "invocations" } },
	{ COLUMN_AVERAGE, { "kavg", "avg", "average", "mean", "meankerneltime", "avgduration",
	    "averageduration", "kerneldurationmean", "averagetime", "avgtime" } },
	{ COLUMN_MIN, { "kmin", "min", "minimum", "minkerneltime", "minduration",
	    "kerneldurationmin", "mintime" } },
	{ COLUMN_MEDIAN, { "kmed", "med", "median", "mediankerneltime", "kerneldurationmedian",
	    "medianduration" } },
	{ COLUMN_MAX, { "kmax", "max", "maximum", "maxkerneltime", "maxduration",
	    "kerneldurationmax", "maxtime" } },
	{ COLUMN_DURATION, { "kerneldur", "kernelduration", "duration", "kerneltime" } },
	{ COLUMN_START, { "starttimestamp", "begin", "start", "starttime" } },
	{ COLUMN_END, { "endtimestamp", "end", "endtime" } },
	{ COLUMN_GRID, { "gridxyz", "griddim", "gridsize", "grid" } },
	{ COLUMN_GRID_X, { "grdx", "gridx", "gridsizex" } },
	{ COLUMN_GRID_Y, { "grdy", "gridy", "gridsizey" } },
	{ COLUMN_GRID_Z, { "grdz", "gridz", "gridsizez" } },
	{ COLUMN_BLOCK, { "blockxyz", "blockdim", "blocksize", "block" } },
	{ COLUMN_BLOCK_X, { "blkx", "blockx", "workgroupsizex" } },
	{ COLUMN_BLOCK_Y, { "blky", "blocky", "workgroupsizey" } },
	{ COLUMN_BLOCK_Z, { "blkz", "blockz", "workgroupsizez" } },
	{ COLUMN_DEVICE, { "device", "devid", "deviceid", "gpuid", "agentid" } },
	{ COLUMN_RANGE, { "nvtxrange" } },
	{ COLUMN_THREAD, { "tid" } },
	{ COLUMN_PROCESS, { "pid" } },
	{ COLUMN_CATEGORY, { "category", "type", "kind" } },
	{ COLUMN_CPU, { "cputotal" } },
};

enum { LONGEST_TITLE = 64 };

/* What is counted of a title's words. */
static void
add_word(char *plain, size_t *length, double *unit_ns, const char *word, size_t word_length)
{
	double unit = *length > 0 ? quantity_time_unit(word, word_length) : 0;

	if (unit > 0) {
		*unit_ns = unit;
		return;
	}
	for (size_t i = 0; i < word_length && *length < LONGEST_TITLE; i++)
		plain[(*length)++] = (char)tolower((unsigned char)word[i]);
}

static bool
is_letter(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || c == '%';
}

/* "Total Time (us)" and "TotalDurationNs" without signs and unit; the unit is 1 by default. */
static size_t
plain_title(const struct csv_field *field, char *plain, double *unit_ns)
{
	const char *at = field->bytes, *end = at + field->length, *word;
	size_t length = 0;

	*unit_ns = 1;
	while (at < end) {
		if (!is_letter((unsigned char)*at)) {
			at++;
			continue;
		}
		for (word = at++; at < end && is_letter((unsigned char)*at); at++)
			if (isupper((unsigned char)*at) && islower((unsigned char)at[-1]))
				break;
		add_word(plain, &length, unit_ns, word, (size_t)(at - word));
	}
	plain[length] = '\0';
	return length;
}

/* How far down its list of titles a title is; -1 when it is none of the column's. */
static int
title_rank(size_t column, const char *title)
{
	for (int i = 0; columns[column].titles[i] != NULL; i++)
		if (strcmp(columns[column].titles[i], title) == 0)
			return i;
	return -1;
}

static bool
has(const struct kernel_table *table, enum kernel_column column)
{
	return table->column[column] != SIZE_MAX;
}

/* A table has names and either times and numbers or, with what only launches have, times. */
static bool
is_complete(const struct csv *csv, struct kernel_table *table)
{
	char name[LONGEST_TITLE + 1];
	double unit;

	if (!has(table, COLUMN_NAME))
		return false;
	plain_title(&csv->fields[table->column[COLUMN_NAME]], name, &unit);
	/* Reports of copies and of ranges have operations and names, too. */
	if (strcmp(name, "operation") == 0 && !has(table, COLUMN_CATEGORY))
		return false;
	if (has(table, COLUMN_COUNT) && (has(table, COLUMN_TOTAL) || has(table, COLUMN_AVERAGE)))
		return true;
	table->traced = (has(table, COLUMN_DURATION) ||
	    (has(table, COLUMN_START) && has(table, COLUMN_END))) &&
	    (strcmp(name, "kernelname") == 0 || has(table, COLUMN_GRID_X) ||
	    has(table, COLUMN_GRID));
	return table->traced;
}

bool
kernel_table_find(const struct csv *csv, struct kernel_table *table)
{
	int ranks[COLUMN_COUNT_OF];
	char title[LONGEST_TITLE + 1];
	double unit;

	*table = (struct kernel_table){ .count = csv->count };
	for (size_t i = 0; i < COLUMN_COUNT_OF; i++) {
		table->column[i] = SIZE_MAX;
		ranks[i] = INT32_MAX;
	}
	for (size_t i = 0; i < csv->count; i++) {
		if (csv->fields[i].length > LONGEST_TITLE ||
		    plain_title(&csv->fields[i], title, &unit) == 0)
			continue;
		/* A row for each counter: their averages are no times. */
		if (strcmp(title, "metricname") == 0)
			return false;
		for (size_t k = 0; k < sizeof(columns) / sizeof(columns[0]); k++) {
			enum kernel_column column = columns[k].column;
			int rank = title_rank(k, title);

			if (rank < 0 || rank >= ranks[column])
				continue;
			ranks[column] = rank;
			table->column[column] = i;
			table->unit_ns[column] = unit;
			if (column == COLUMN_GRID_X)
				table->work_items = strcmp(title, "gridsizex") == 0;
		}
	}
	return is_complete(csv, table);
}

bool
kernel_table_is_header(const struct csv *csv, const struct kernel_table *table)
{
	size_t at = table->column[has(table, COLUMN_TOTAL) ? COLUMN_TOTAL :
	    table->traced && has(table, COLUMN_DURATION) ? COLUMN_DURATION :
	    table->traced ? COLUMN_END : COLUMN_COUNT];
	const struct csv_field *field = &csv->fields[at];
	struct kernel_table again;

	/* Numbers, by far the most frequent, need no second look. */
	return csv->count > at && field->length > 0 &&
	    !isdigit((unsigned char)field->bytes[0]) && kernel_table_find(csv, &again);
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

static bool
read_time(const struct csv *csv, const struct kernel_table *table, enum kernel_column column,
    double *ns)
{
	const struct csv_field *field = &csv->fields[table->column[column]];

	if (plain_number(field->bytes, field->length, ns)) {
		*ns *= table->unit_ns[column];
		return true;
	}
	return quantity_time(field->bytes, field->length, table->decimal_comma,
	    table->unit_ns[column], ns);
}

/* A time that a message needs not be told of: NaN when the row lacks it. */
static double
optional_time(const struct csv *csv, const struct kernel_table *table, enum kernel_column column)
{
	double ns;

	if (!has(table, column) || csv->fields[table->column[column]].length == 0 ||
	    !read_time(csv, table, column, &ns))
		return NAN;
	return ns;
}

/* A field as a message shows it: not more of it than a line can take. */
static int
shown(const struct csv_field *field)
{
	return (int)(field->length < 60 ? field->length : 60);
}

/* "(160, 1, 1)", "160x1x1" or "160 1 1" of the column, or a column each. */
static void
read_triple(const struct csv *csv, const struct kernel_table *table, enum kernel_column whole,
    unsigned *triple)
{
	double number;

	for (unsigned i = 0; i < 3; i++) {
		enum kernel_column one = (enum kernel_column)(whole + 1 + i);

		triple[i] = i == 0 ? 0 : 1;
		if (has(table, one) && quantity_number(csv->fields[table->column[one]].bytes,
		    csv->fields[table->column[one]].length, false, &number) && number < 4e9)
			triple[i] = (unsigned)number;
	}
	if (has(table, whole) && !has(table, (enum kernel_column)(whole + 1))) {
		const struct csv_field *field = &csv->fields[table->column[whole]];
		size_t at = 0;

		for (unsigned i = 0; i < 3; i++) {
			unsigned value = 0;
			bool any = false;

			while (at < field->length && !isdigit((unsigned char)field->bytes[at]))
				at++;
			for (; at < field->length && isdigit((unsigned char)field->bytes[at]) &&
			    value < 400000000u; at++, any = true)
				value = value * 10 + (unsigned)(field->bytes[at] - '0');
			if (any)
				triple[i] = value;
		}
	}
}

static void
read_shape(const struct csv *csv, const struct kernel_table *table, struct observation *seen)
{
	read_triple(csv, table, COLUMN_GRID, seen->grid);
	read_triple(csv, table, COLUMN_BLOCK, seen->block);
	for (unsigned i = 0; table->work_items && i < 3; i++)
		if (seen->block[i] > 1)
			seen->grid[i] = (seen->grid[i] + seen->block[i] - 1) / seen->block[i];
}

/* A name with commas that nobody quoted has been cut: surplus fields are of it. */
static void
join_name(struct csv *csv, const struct kernel_table *table)
{
	size_t at = table->column[COLUMN_NAME], surplus = csv->count - table->count;
	struct csv_field *last = &csv->fields[at + surplus];

	if (csv->count <= table->count)
		return;
	csv->fields[at].length = (size_t)(last->bytes + last->length - csv->fields[at].bytes);
	memmove(&csv->fields[at + 1], last + 1, (table->count - at - 1) * sizeof(*last));
	csv->count = table->count;
}

/* Without the quotes that some tools put after blanks: they stand in the field then. */
static struct csv_field
unquoted(const struct csv_field *field)
{
	struct csv_field text = *field;

	while (text.length > 0 && text.bytes[0] == ' ') {
		text.bytes++;
		text.length--;
	}
	while (text.length > 0 && text.bytes[text.length - 1] == ' ')
		text.length--;
	if (text.length < 2 || text.bytes[0] != '"' || text.bytes[text.length - 1] != '"')
		return *field;
	return (struct csv_field){ text.bytes + 1, text.length - 2 };
}

static bool
is_one_of(const struct csv_field *field, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (field->length >= strlen(*texts) &&
		    memcmp(field->bytes, *texts, strlen(*texts)) == 0)
			return true;
	return false;
}

/* "cudaLaunchKernel", "hipMemcpy", "HIP_API": what runs on the CPU. */
static bool
is_call(const struct csv_field *name)
{
	static const char *const prefixes[] = { "cuda", "cu", "hip", "hsa_", "ze", "cl", NULL };
	size_t at = 0;

	for (size_t i = 0; i < name->length; i++)
		if (!isalnum((unsigned char)name->bytes[i]) && name->bytes[i] != '_')
			return false;
	if (!is_one_of(name, prefixes))
		return name->length > 4 && isupper((unsigned char)name->bytes[0]) &&
		    (memcmp(name->bytes + name->length - 4, "_API", 4) == 0 ||
		    is_one_of(name, (const char *const[]){ "KERNEL_DISPATCH", "MEMORY_COPY", NULL }));
	while (at < name->length && islower((unsigned char)name->bytes[at]))
		at++;
	return at < name->length && (isupper((unsigned char)name->bytes[at]) ||
	    is_one_of(name, (const char *const[]){ "hsa_", NULL }));
}

/* Whether the row is of something else: a copy, a call, an operator of the CPU, units. */
static bool
is_no_kernel(const struct csv *csv, struct kernel_table *table, const struct csv_field *name)
{
	static const char *const kernels[] = { "CUDA_KERNEL", "KERNEL", "GPU activities", "gpu",
		NULL };
	static const char *const others[] = { "CUDA_API", "MEMORY", "API calls", "HIP_API",
		"HSA_API", "MARKER", "SCRATCH", NULL };
	static const char *const sums[] = { "[CUDA mem", "[CUDA Unified", NULL };
	double number;

	if (has(table, COLUMN_CATEGORY)) {
		const struct csv_field *category = &csv->fields[table->column[COLUMN_CATEGORY]];

		if (category->length == 0 || is_one_of(category, others))
			return true;
		if (is_one_of(category, kernels) && is_one_of(name, sums))
			return true;
	}
	if (has(table, COLUMN_CPU) && optional_time(csv, table, COLUMN_CPU) != 0) {
		table->operators++;
		return true;
	}
	if (table->traced && has(table, COLUMN_GRID_X) &&
	    csv->fields[table->column[COLUMN_GRID_X]].length == 0)
		return true;
	/* The row of units below a header: nvprof's. */
	return has(table, COLUMN_TOTAL) && table->rows == 0 && name->length == 0 &&
	    !quantity_number(csv->fields[table->column[COLUMN_TOTAL]].bytes,
	        csv->fields[table->column[COLUMN_TOTAL]].length, false, &number);
}

/* The row of units below nvprof's header. */
static bool
take_units(const struct csv *csv, struct kernel_table *table)
{
	bool any = false;

	if (table->rows > 0 || csv->count < table->count)
		return false;
	for (size_t i = COLUMN_TOTAL; i <= COLUMN_END; i++) {
		const struct csv_field *field;
		double unit;

		if (!has(table, (enum kernel_column)i))
			continue;
		field = &csv->fields[table->column[i]];
		unit = quantity_time_unit(field->bytes, field->length);
		if (unit == 0)
			continue;
		table->unit_ns[i] = unit;
		any = true;
	}
	return any;
}

static const char *
read_numbers(struct kernel_row *row, const struct csv *csv, struct kernel_table *table,
    struct text *text)
{
	bool by_average = !table->traced && !has(table, COLUMN_TOTAL);
	enum kernel_column times = table->traced ? has(table, COLUMN_DURATION) ? COLUMN_DURATION :
	    COLUMN_END : by_average ? COLUMN_AVERAGE : COLUMN_TOTAL;
	const struct csv_field *time = &csv->fields[table->column[times]], *count = NULL;
	double total = 0, launches = 1, begin = 0;

	if (!table->traced)
		count = &csv->fields[table->column[COLUMN_COUNT]];
	if (!read_time(csv, table, times, &total))
		text_add_format(text, "%s '%.*s' is not a number", table->traced ? "duration" :
		    "total time", shown(time), time->bytes);
	else if (times == COLUMN_END && (!read_time(csv, table, COLUMN_START, &begin) ||
	    begin > total))
		text_add_format(text, "the launch ends before it starts, or '%.*s' is not a number",
		    shown(time), time->bytes);
	else if (count != NULL && !plain_number(count->bytes, count->length, &launches) &&
	    !quantity_number(count->bytes, count->length, table->decimal_comma, &launches))
		text_add_format(text, "number of instances '%.*s' is not a number", shown(count),
		    count->bytes);
	else if (!(launches >= 0 && launches <= MOST_INSTANCES))
		text_add_format(text, "'%.*s' is no number of instances", shown(count),
		    count->bytes);
	else if (!((by_average ? total * launches : total) < LONGEST_NS))
		text_add_format(text, "'%.*s' is longer than any run", shown(time), time->bytes);
	if (text->length > 0)
		return text->bytes;
	total -= begin;
	row->seen.total_ns = by_average ? total * launches : total;
	row->seen.instances = (uint64_t)launches;
	row->seen.min_ns = table->traced ? total : optional_time(csv, table, COLUMN_MIN);
	row->seen.max_ns = table->traced ? total : optional_time(csv, table, COLUMN_MAX);
	row->seen.median_ns = table->traced ? NAN : optional_time(csv, table, COLUMN_MEDIAN);
	return NULL;
}

static void
take_text(const struct csv *csv, const struct kernel_table *table, enum kernel_column column,
    const char **text, size_t *length)
{
	*length = 0;
	if (!has(table, column))
		return;
	*text = csv->fields[table->column[column]].bytes;
	*length = csv->fields[table->column[column]].length;
}

const char *
kernel_table_read(struct kernel_row *row, struct csv *csv, struct kernel_table *table,
    struct text *text)
{
	struct csv_field name;

	*row = (struct kernel_row){ 0 };
	if (csv->cut)
		return "the last row is cut short: a quote is not closed";
	text_clear(text);
	if (csv->count < table->count) {
		text_add_format(text, "the row is cut short or broken: %zu fields where the header "
		    "has %zu", csv->count, table->count);
		return text->bytes;
	}
	join_name(csv, table);
	for (size_t i = 0; table->rows < 100 && !table->decimal_comma && i < csv->count; i++)
		if (i != table->column[COLUMN_NAME])
			table->decimal_comma = quantity_shows_decimal_comma(csv->fields[i].bytes,
			    csv->fields[i].length);
	name = unquoted(&csv->fields[table->column[COLUMN_NAME]]);
	row->name = name.bytes;
	row->name_length = name.length;
	row->skip = take_units(csv, table) || is_no_kernel(csv, table, &name);
	if (row->skip)
		return NULL;
	if (name.length == 0)
		return "no kernel name";
	table->rows++;
	table->calls += is_call(&name);
	read_shape(csv, table, &row->seen);
	take_text(csv, table, COLUMN_DEVICE, &row->device, &row->device_length);
	take_text(csv, table, COLUMN_RANGE, &row->range, &row->range_length);
	take_text(csv, table, COLUMN_THREAD, &row->thread, &row->thread_length);
	return read_numbers(row, csv, table, text);
}

const char *
kernel_table_add(struct catalogue *catalogue, struct source *source, struct csv *csv,
    struct kernel_table *table, struct text *text)
{
	struct kernel_row row;
	const char *wrong = kernel_table_read(&row, csv, table, text);

	if (wrong != NULL || row.skip)
		return wrong;
	catalogue_add(catalogue, catalogue_device(catalogue, source, row.device,
	    row.device_length), row.name, row.name_length, &row.seen);
	return NULL;
}
