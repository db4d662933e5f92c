/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each kernel name, over all and in each stage, and one for each kernel: the two
 * other tables of the reference analyzer, for spreadsheets and scripts. */
#include <stdlib.h>

#include "base/memory.h"
#include "csv.h"
#include "spread.h"

static void
put_origin(struct output *out, const struct trace *trace)
{
	output_char(out, ',');
	csv_text(out, trace->file);
	if (trace->rank == NONE)
		output_char(out, ',');
	else
		output_format(out, ",%lld", (long long)trace->rank);
}

static void
stats_begin(struct output *out)
{
	output_string(out, "stage,kernel_name,count,total_time_us,avg_time_us,min_time_us,"
	    "max_time_us,median_time_us,p99_time_us,kernel_type,simplified_name,file,rank"
	    CSV_LIMIT_COLUMNS "\n");
}

/* A class in one stage. */
struct row {
	uint32_t class, kernels;
	int64_t sum;
};

static int
compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->sum != b->sum)
		return a->sum > b->sum ? -1 : 1;
	return a->class < b->class ? -1 : a->class > b->class;
}

/* Of a class in one stage, or in all (NONE). */
static void
put_limit(struct output *out, const struct limit_sums *limits, uint32_t class, int stage)
{
	struct limit_sum sum = { 0 };

	for (int i = 0; limits != NULL && i < STAGE_COUNT; i++)
		if (stage == NONE || stage == i)
			limit_sum_add(&sum, &limits->classes[class * STAGE_COUNT + (size_t)i]);
	csv_limit(out, &sum);
}

static void
put_row(struct output *out, const struct report *report, struct spreads *spreads, int stage,
    const struct row *row)
{
	const struct kernel_class *class = &report->trace->classes[row->class];
	struct spread spread = spreads_get(spreads, row->class, stage);

	output_format(out, "%s,", stage == NONE ? "all" : stage_names[stage]);
	csv_text(out, class->name);
	csv_integer(out, row->kernels);
	csv_ns(out, row->sum);
	csv_ns(out, (row->sum + row->kernels / 2) / row->kernels);
	csv_ns(out, spread.least);
	csv_ns(out, spread.most);
	csv_ns(out, spread.median);
	csv_ns(out, spread.p99);
	output_format(out, ",%s,", type_names[class->type]);
	csv_text(out, class->short_name);
	put_origin(out, report->trace);
	put_limit(out, report->limits, row->class, stage);
	output_char(out, '\n');
}

/* The rows of one stage, or of all (NONE), the largest first. */
static void
put_stage(struct output *out, const struct report *report, struct spreads *spreads, int stage)
{
	struct row *rows = memory_alloc(report->class_count * sizeof(*rows));
	size_t count = 0, i;

	for (i = 0; i < report->class_count; i++) {
		const struct class_sum *sum = &report->classes[i];

		rows[count] = stage == NONE
		    ? (struct row){ sum->class, sum->kernels, sum->sum }
		    : (struct row){ sum->class, sum->in_stage[stage], sum->sum_in_stage[stage] };
		count += rows[count].kernels > 0;
	}
	if (count > 0)
		qsort(rows, count, sizeof(*rows), compare_rows);
	for (i = 0; i < count; i++)
		put_row(out, report, spreads, stage, &rows[i]);
	free(rows);
}

static void
stats_trace(struct output *out, const struct report *report, const struct view *view)
{
	struct spreads *spreads;
	int stage;

	if (report->trace->mismatched)
		return;
	spreads = spreads_open(report->trace);
	if (view->stage == NONE)
		put_stage(out, report, spreads, NONE);
	for (stage = 0; stage < STAGE_COUNT; stage++)
		if (view->stage == NONE || view->stage == stage)
			put_stage(out, report, spreads, stage);
	spreads_close(spreads);
}

static void
events_begin(struct output *out)
{
	output_string(out, "timestamp_us,duration_us,stage,kernel_type,simplified_name,grid,block,"
	    "kernel_name,pass,layer,device,stream,correlation,file,rank\n");
}

static void
put_number(struct output *out, bool known, int64_t number)
{
	if (known)
		csv_integer(out, number);
	else
		output_char(out, ',');
}

static void
put_event(struct output *out, const struct trace *trace, const struct kernel *kernel)
{
	const struct kernel_class *class = trace_class(trace, kernel);
	const struct shape *shape = trace_shape(trace, kernel);
	const struct stream *stream = &trace->streams[kernel->stream];
	struct number number;

	output_string(out, number_ns(&number, kernel->ts));
	csv_ns(out, kernel->dur);
	output_format(out, ",%s,%s,", stage_names[kernel->stage], type_names[class->type]);
	csv_text(out, class->short_name);
	output_char(out, ',');
	csv_text(out, shape->grid != NULL ? shape->grid : "");
	output_char(out, ',');
	csv_text(out, shape->block != NULL ? shape->block : "");
	output_char(out, ',');
	csv_text(out, class->name);
	put_number(out, kernel->pass != NONE, kernel->pass);
	put_number(out, kernel->layer != NONE,
	    kernel->layer != NONE ? trace->layers[kernel->layer].index : 0);
	put_number(out, trace->devices[stream->device].number >= 0,
	    trace->devices[stream->device].number);
	put_number(out, stream->number >= 0, stream->number);
	put_number(out, kernel->correlation != NO_CORRELATION, kernel->correlation);
	put_origin(out, trace);
	output_char(out, '\n');
}

static void
events_trace(struct output *out, const struct report *report, const struct view *view)
{
	const struct trace *trace = report->trace;
	size_t i;

	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];

		if (view->stage == NONE || view->stage == kernel->stage)
			put_event(out, trace, kernel);
	}
}

const struct format format_stats = { "stats", stats_begin, stats_trace, NULL };
const struct format format_events = { "events", events_begin, events_trace, NULL };
