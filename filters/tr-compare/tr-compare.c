/* SPDX-License-Identifier: Apache-2.0 */
/* Says whether the passes of some traces got slower, and which kernels and idle times did it.
 *
 *	{"kind":"pass","pass":0,"stage":"decode",...}          of before and of after
 *	{"kind":"pass-change","version":1,"stage":"decode","passes":[12,12],...,"verdict":"slower"}
 *	{"kind":"row-change","stage":"decode","name":"gemm","before_us":160.0,"after_us":480.0,
 *	 "contribution_us":320.0,...}
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "report.h"

enum { KEY_FAIL_ABOVE = 256, KEY_FAIL_TYPE, KEY_ROWS };

static const struct option_spec option_table[] = {
	{ 'b', "before", "FILE", "a trace of before; may be repeated, then all FILEs are after" },
	{ 'f', "format", "FORMAT", "ndjson (default), table, md or html" },
	{ KEY_FAIL_ABOVE, "fail-above", "PERCENT", "a pass may be so much slower, no more" },
	{ KEY_FAIL_TYPE, "fail-type", "TYPE=PERCENT", "so much for one type; may be repeated" },
	{ KEY_ROWS, "rows", "N", "rows a stage in tables (20)" },
	{ 0 },
};

static const struct program program = {
	.name = "tr-compare",
	.usage = "[OPTION]... BEFORE AFTER\n"
	    "       tr-compare [OPTION]... -b BEFORE [-b BEFORE]... AFTER...",
	.sentence = "Says whether passes got slower, and what contributes how much.",
	.options = option_table,
	.example = "tr-compare -f table before.ndjson after.ndjson  # of tr-layers --kernels",
	.status = "0 no change, faster, or within the limits; 1 slower, a limit is broken, or\n"
	    "             nothing to compare; 2 failed (discard the output)",
};

struct options {
	char **before, **after; /* NULL-terminated */
	size_t before_count, before_capacity;
	enum report_format format;
	struct threshold threshold;
	size_t rows;
};

/* "linear=5": a type of kernel and per cent. */
static void
set_type_limit(struct options *opt, const struct option_scan *scan)
{
	const char *equals = strchr(scan->value, '=');
	char *end;
	double percent;

	if (equals == NULL)
		options_fail(scan, "--fail-type is TYPE=PERCENT, not '%s'", scan->value);
	percent = strtod(equals + 1, &end);
	if (end == equals + 1 || *end != '\0' || !(percent >= 0) || isinf(percent))
		options_fail(scan, "'%s' is no percentage", equals + 1);
	for (int type = 0; type < TYPE_COUNT; type++) {
		const char *name = type_names[type];

		if (strlen(name) == (size_t)(equals - scan->value) &&
		    strncmp(name, scan->value, strlen(name)) == 0) {
			opt->threshold.type[type] = percent;
			return;
		}
	}
	options_fail(scan, "'%.*s' is no type of kernel", (int)(equals - scan->value),
	    scan->value);
}

static void
add_before(struct options *opt, const char *file)
{
	opt->before = memory_grow(opt->before, opt->before_count + 1, &opt->before_capacity,
	    sizeof(*opt->before));
	opt->before[opt->before_count++] = memory_copy_string(file);
	opt->before[opt->before_count] = NULL;
}

/* Which files are before and which after. */
static void
set_sides(struct options *opt, const struct option_scan *scan)
{
	opt->after = scan->operands;
	if (opt->before_count == 0) {
		if (scan->operand_count != 2)
			options_fail(scan, "two traces are needed, or -b");
		add_before(opt, scan->operands[0]);
		opt->after = scan->operands + 1;
	} else if (scan->operand_count == 0) {
		options_fail(scan, "a trace of after is needed");
	}
}

static void
options_parse(struct options *opt, int argc, char *argv[])
{
	struct option_scan scan;
	int key;

	*opt = (struct options){ .threshold.pass = NAN, .rows = 20 };
	for (int type = 0; type < TYPE_COUNT; type++)
		opt->threshold.type[type] = NAN;
	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END) {
		switch (key) {
		case 'b':
			add_before(opt, scan.value);
			break;
		case 'f':
			opt->format = (enum report_format)options_choice(&scan,
			    report_format_names);
			break;
		case KEY_FAIL_ABOVE:
			opt->threshold.pass = options_number(&scan, 0, 1e6);
			break;
		case KEY_FAIL_TYPE:
			set_type_limit(opt, &scan);
			break;
		case KEY_ROWS:
			opt->rows = (size_t)options_integer(&scan, 1, 1000000);
			break;
		}
	}
	set_sides(opt, &scan);
}

static void
options_free(struct options *opt)
{
	for (size_t i = 0; i < opt->before_count; i++)
		free(opt->before[i]);
	free(opt->before);
}

static enum status
status_of(const char *verdict)
{
	return strcmp(verdict, "pass") == 0 || strcmp(verdict, "no-change") == 0 ||
	    strcmp(verdict, "faster") == 0 ? STATUS_DONE : STATUS_FINDINGS;
}

static enum status
compare(const struct options *opt, struct side sides[2], struct rows *rows)
{
	struct report report = { .rows = rows, .sides = sides, .threshold = opt->threshold,
		.most_rows = opt->rows };
	struct output *out = output_stdout();
	enum status status;

	for (int stage = 0; stage < STAGE_COUNT; stage++)
		report.count += change_find(&report.changes[report.count], sides, rows,
		    (enum stage)stage);
	status = status_of(report_write(&report, opt->format, out));
	for (size_t i = 0; i < report.count; i++)
		change_free(&report.changes[i]);
	output_close(out);
	return status;
}

int
main(int argc, char *argv[])
{
	struct side sides[2] = { 0 };
	struct rows rows = { 0 };
	struct options opt;
	enum status status;

	options_parse(&opt, argc, argv);
	side_read(&sides[0], &rows, opt.before);
	side_read(&sides[1], &rows, opt.after);
	status = compare(&opt, sides, &rows);
	side_free(&sides[0]);
	side_free(&sides[1]);
	rows_free(&rows);
	options_free(&opt);
	return (int)status;
}
