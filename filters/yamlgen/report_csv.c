/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the kernel tables in a report and adds their rows up. */
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>

#include "ahead.h"
#include "base/error.h"
#include "kernel_table.h"
#include "base/memory.h"
#include "nvtx_ranges.h"
#include "report.h"
#include "table_text.h"
#include "base/text.h"

/* Of a table that has to be rewritten: more than a report of text has. */
enum { LARGEST_TEXT = 1 << 30 };

/* What was seen of a report besides its kernels. */
struct sight {
	bool any_row, any_header, any_kernel;
	size_t calls, rows, operators;
};

static void
end_table(struct sight *sight, const struct kernel_table *table)
{
	sight->calls += table->calls;
	sight->rows += table->rows;
	sight->operators += table->operators;
}

/* The rows of a table with ranges; the others are added at once. */
static const char *
add_row(struct catalogue *catalogue, struct source *source, struct csv *csv,
    struct kernel_table *table, struct nvtx_ranges *ranges, struct text *message)
{
	struct kernel_row row;
	const char *wrong;

	if (table->column[COLUMN_RANGE] == SIZE_MAX)
		return kernel_table_add(catalogue, source, csv, table, message);
	wrong = kernel_table_read(&row, csv, table, message);
	if (wrong == NULL && !row.skip)
		nvtx_ranges_add(ranges, &row);
	return wrong;
}

/* `ahead` reads the second half of a long table at the same time. */
static void
read_tables(struct catalogue *catalogue, struct source *source, struct csv *csv,
    struct sight *sight)
{
	struct kernel_table table = { 0 };
	struct nvtx_ranges ranges = { 0 };
	struct text message = { 0 };
	struct ahead *ahead = NULL;
	bool in_table = false;

	while (csv_next(csv)) {
		sight->any_row = true;
		if (ahead != NULL && ahead_take(&ahead, csv, catalogue, source))
			break;
		if (csv->blank) {
			in_table = false;
		} else if (in_table && !kernel_table_is_header(csv, &table)) {
			const char *wrong = add_row(catalogue, source, csv, &table, &ranges, &message);

			if (wrong != NULL)
				die("%s:%llu: %s", csv->name, (unsigned long long)csv->line, wrong);
		} else {
			struct kernel_table next;

			if (!kernel_table_find(csv, &next))
				continue;
			end_table(sight, &table);
			table = next;
			if (!sight->any_header && csv->input != NULL &&
			    table.column[COLUMN_RANGE] == SIZE_MAX)
				ahead = ahead_start(csv, &table);
			in_table = sight->any_header = true;
		}
	}
	end_table(sight, &table);
	ahead_drop(ahead);
	if (ranges.ranges.count > 0)
		nvtx_ranges_finish(&ranges, catalogue, source);
	text_free(&message);
}

static void
read_converted(struct catalogue *catalogue, struct source *source, struct input *input,
    struct sight *sight)
{
	struct csv *csv = memory_alloc(sizeof(*csv));
	struct text bytes = { 0 }, table = { 0 };

	input_read_all(input, &bytes, LARGEST_TEXT, "not a report");
	table_text_convert(&table, input_name(input), bytes.length > 0 ? bytes.bytes : "",
	    bytes.length);
	text_free(&bytes);
	csv_open_bytes(csv, input_name(input), table.length > 0 ? table.bytes : "", table.length);
	read_tables(catalogue, source, csv, sight);
	csv_close(csv);
	free(csv);
	text_free(&table);
}

/* A report of nsys, rocprofv3 or ncu as they store it. */
static void
refuse_binary(const char *name, const char *head, size_t length)
{
	size_t end = strlen(name);

	if (end > 9 && strcmp(name + end - 9, ".nsys-rep") == 0)
		die("%s: the profiler's own file: run `nsys stats --report cuda_gpu_kern_sum "
		    "--format csv %s` or `nsys export --type sqlite %s` and read what it writes",
		    name, name, name);
	if (end > 9 && strcmp(name + end - 9, ".ncu-rep") == 0)
		die("%s: the profiler's own file: run `ncu --import %s --csv --page raw` and give "
		    "what it writes to --ncu", name, name);
	if (memmem(head, length, "\"traceEvents\"", 13) != NULL ||
	    memmem(head, length, "\"deviceProperties\"", 18) != NULL)
		die("%s: a profiler's trace: tr-parse makes records of it, which yamlgen reads: "
		    "tr-parse FILE | tr-classify | yamlgen", name);
	if (memchr(head, '\0', length) != NULL && !table_text_is_other(head, length))
		die("%s: binary data: no report as nsys stats, rocprof or another tool prints it",
		    name);
}

static void
check_sight(const struct source *source, const char *name, const struct sight *sight)
{
	if (!sight->any_row)
		die("%s: empty file", name);
	if (!sight->any_header)
		die("%s: no kernel table: no header with Name, Total Time and Instances, nor one "
		    "that another tool writes", name);
	if (sight->rows > 0 && sight->calls == sight->rows)
		die("%s: a table of API calls, not of kernels", name);
	if (source->kernels == 0 && source->next == NULL && sight->operators > 0)
		die("%s: a table of operators without a row for any kernel", name);
	if (sight->rows == 0)
		die("%s: the kernel table has no rows", name);
}

void
report_read_csv(struct catalogue *catalogue, struct source *source, struct input *input)
{
	const char *name = input_name(input);
	struct csv *csv;
	struct sight sight = { 0 };
	char head[INPUT_PEEK];
	size_t length = input_peek(input, head, sizeof(head));

	refuse_binary(name, head, length);
	if (table_text_is_other(head, length)) {
		read_converted(catalogue, source, input, &sight);
	} else {
		csv = memory_alloc(sizeof(*csv));
		csv_open(csv, input);
		read_tables(catalogue, source, csv, &sight);
		csv_close(csv);
		free(csv);
	}
	/* The table may stand far below what an engine printed before it. */
	if (!sight.any_header && sight.any_row && strcmp(name, "<stdin>") != 0) {
		struct input *again = input_open(name);

		sight = (struct sight){ .any_row = true };
		read_converted(catalogue, source, again, &sight);
		input_close(again);
		sight.any_row = true;
	}
	check_sight(source, name, &sight);
}
