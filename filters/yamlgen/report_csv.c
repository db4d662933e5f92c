/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the kernel tables in a CSV report and adds their rows up. */
#include <stdlib.h>
#include <string.h>

#include "ahead.h"
#include "base/error.h"
#include "kernel_table.h"
#include "base/memory.h"
#include "report.h"
#include "base/text.h"

/* What was seen of a report besides its kernels. */
struct sight {
	bool any_row, any_header, other_delimiter;
};

static void
look_for_delimiter(const struct csv *csv, struct sight *sight)
{
	const struct csv_field *field = &csv->fields[0];

	if (csv->count == 1)
		sight->other_delimiter |= memchr(field->bytes, ';', field->length) != NULL ||
		    memchr(field->bytes, '\t', field->length) != NULL;
}

/* `ahead` reads the second half of a long table at the same time. */
static void
read_tables(struct catalogue *catalogue, struct source *source, struct csv *csv,
    struct sight *sight)
{
	struct kernel_table table = { 0 };
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
			const char *wrong = kernel_table_add(catalogue, source, csv, &table, &message);

			if (wrong != NULL)
				die("%s:%llu: %s", csv->name, (unsigned long long)csv->line, wrong);
		} else if (kernel_table_find(csv, &table)) {
			if (!sight->any_header)
				ahead = ahead_start(csv, &table);
			in_table = sight->any_header = true;
		} else if (!sight->any_header) {
			look_for_delimiter(csv, sight);
		}
	}
	ahead_drop(ahead);
	text_free(&message);
}

void
report_read_csv(struct catalogue *catalogue, struct source *source, struct input *input)
{
	struct csv *csv = memory_alloc(sizeof(*csv));
	const char *name = input_name(input);
	struct sight sight = { 0 };

	csv_open(csv, input);
	read_tables(catalogue, source, csv, &sight);
	csv_close(csv);
	free(csv);
	if (!sight.any_row)
		die("%s: empty file", name);
	if (!sight.any_header)
		die("%s: no kernel table: no header with Name, Total Time and Instances%s", name,
		    sight.other_delimiter
		        ? "; fields seem to be separated by ';' or tabs, not commas" : "");
	if (source->kernels == 0)
		die("%s: the kernel table has no rows", name);
}
