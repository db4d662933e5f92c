/* SPDX-License-Identifier: Apache-2.0 */
/* Writes passes, the work of each stream, and the gaps for the page's timeline, never more
 * than a browser and five million bytes hold: neighbours on a stream that are shorter
 * together than a screen's point become one block. */
#include <stdlib.h>

#include "base/memory.h"
#include "page/html.h"
#include "page_timeline.h"

extern const char page_timeline_html[];

enum { MOST_BLOCKS = 30000, MOST_ROWS = 60, MOST_NAMES = 2000, MOST_GAPS = 5000,
	MOST_PASSES = 5000, NAME_LENGTH = 80 };

/* Copies and fills have a row of each device and no stream. */
#define COPIES UINT32_MAX

struct row {
	uint32_t device, stream; /* COPIES */
	int64_t sum;
};

/* What is drawn as one. */
struct block {
	int64_t start, end, sum, longest;
	size_t count;
	uint32_t name;
};

struct timeline {
	struct output *out;
	const struct report *report;
	struct row *rows;
	size_t row_count, rows_left_out;
	int64_t grain;      /* ns: neighbours shorter than that are drawn together; 0: none */
	uint32_t *names;    /* by class: its number + 1 in the page */
	uint32_t *classes;  /* by that number */
	uint32_t name_count;
	struct block block; /* the open one */
	bool first;
};

/* Of the page's names the first three are no kernel's. */
enum { NAME_OTHER, NAME_COPY, NAME_FILL, NAME_FIRST };

static int64_t
since_begin(const struct timeline *timeline, int64_t ns)
{
	return ns - timeline->report->begin;
}

static int
compare_sums(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	return a->sum != b->sum ? (a->sum > b->sum ? -1 : 1) : 0;
}

static int
compare_places(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->stream < b->stream ? -1 : a->stream > b->stream;
}

/* The rows with the most work, in the order of devices. */
static void
find_rows(struct timeline *timeline)
{
	const struct trace *trace = timeline->report->trace;
	size_t most = trace->stream_count + trace->device_count, count = 0;
	struct row *rows = memory_alloc_zero(most + 1, sizeof(*rows));

	for (size_t i = 0; i < trace->stream_count; i++)
		rows[i] = (struct row){ trace->streams[i].device, (uint32_t)i, 0 };
	for (size_t i = 0; i < trace->device_count; i++)
		rows[trace->stream_count + i] = (struct row){ (uint32_t)i, COPIES, 0 };
	for (size_t i = 0; i < trace->kernel_count; i++)
		rows[trace->kernels[i].stream].sum += trace->kernels[i].dur + 1;
	for (size_t i = 0; i < trace->copy_count; i++)
		rows[trace->stream_count + trace->copies[i].device].sum += trace->copies[i].dur + 1;
	if (most > 0)
		qsort(rows, most, sizeof(*rows), compare_sums);
	while (count < most && rows[count].sum > 0)
		count++;
	timeline->row_count = count < MOST_ROWS ? count : MOST_ROWS;
	timeline->rows_left_out = count - timeline->row_count;
	if (count > 0)
		qsort(rows, timeline->row_count, sizeof(*rows), compare_places);
	timeline->rows = rows;
}

static void
close_block(struct timeline *timeline)
{
	const struct block *block = &timeline->block;

	if (block->count == 0)
		return;
	output_format(timeline->out, "%s%lld,%lld,%u,%zu,%lld", timeline->first ? "" : ",",
	    (long long)since_begin(timeline, block->start), (long long)(block->end - block->start),
	    block->name, block->count, (long long)block->sum);
	timeline->first = false;
	timeline->block.count = 0;
}

static void
add_work(struct timeline *timeline, int64_t start, int64_t length, uint32_t name)
{
	struct block *block = &timeline->block;
	int64_t end = start + length;

	if (block->count > 0 && (end - block->start >= timeline->grain || start < block->start))
		close_block(timeline);
	if (block->count == 0)
		*block = (struct block){ .start = start, .end = end, .name = name,
			.longest = length };
	if (length > block->longest) {
		block->longest = length;
		block->name = name;
	}
	block->end = end > block->end ? end : block->end;
	block->sum += length;
	block->count++;
}

static uint32_t
name_of(struct timeline *timeline, uint32_t class)
{
	if (timeline->names[class] == 0) {
		if (timeline->name_count == MOST_NAMES)
			return NAME_OTHER;
		timeline->classes[timeline->name_count] = class;
		timeline->names[class] = ++timeline->name_count;
	}
	return timeline->names[class] - 1 + NAME_FIRST;
}

static void
put_row(struct timeline *timeline, const struct row *row)
{
	const struct trace *trace = timeline->report->trace;
	struct output *out = timeline->out;

	if (row->stream == COPIES)
		output_format(out, "{\"device\":%u,\"name\":\"copies, fills\",\"blocks\":[",
		    row->device);
	else
		output_format(out, "{\"device\":%u,\"name\":\"stream %lld\",\"blocks\":[",
		    row->device, (long long)trace->streams[row->stream].number);
	timeline->first = true;
	for (size_t i = 0; row->stream == COPIES && i < trace->copy_count; i++)
		if (trace->copies[i].device == row->device)
			add_work(timeline, trace->copies[i].ts, trace->copies[i].dur,
			    trace->copies[i].fill ? NAME_FILL : NAME_COPY);
	for (size_t i = row->stream == COPIES ? 0 : trace->stream_begin[row->stream];
	    row->stream != COPIES && i < trace->stream_begin[row->stream + 1]; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_stream[i]];

		add_work(timeline, kernel->ts, kernel->dur, name_of(timeline, kernel->class));
	}
	close_block(timeline);
	output_string(out, "]}");
}

/* Short names with the number of their type. */
static void
put_names(struct timeline *timeline)
{
	const struct trace *trace = timeline->report->trace;
	struct output *out = timeline->out;
	struct text name = { 0 };

	output_format(out, "],\n\"names\":[[\"other names\",%d],[\"copy\",%d],[\"fill\",%d]",
	    TYPE_OTHER, TYPE_MEMORY, TYPE_MEMORY);
	for (uint32_t i = 0; i < timeline->name_count; i++) {
		const struct kernel_class *class = &trace->classes[timeline->classes[i]];

		output_string(out, ",[");
		html_json_string(out, name_short(&name, class->short_name, NAME_LENGTH));
		output_format(out, ",%d]", (int)class->type);
	}
	output_string(out, "]");
	text_free(&name);
}

static void
put_devices(struct timeline *timeline)
{
	const struct trace *trace = timeline->report->trace;
	struct output *out = timeline->out;
	struct text name = { 0 };

	output_string(out, ",\n\"devices\":[");
	for (size_t i = 0; i < trace->device_count; i++) {
		const struct device *device = &trace->devices[i];

		text_clear(&name);
		if (device->rank != NULL)
			text_add_format(&name, "rank %s, ", device->rank);
		text_add_format(&name, "device %lld", (long long)device->number);
		output_string(out, i > 0 ? "," : "");
		html_json_string(out, name.bytes);
	}
	output_string(out, "],\n\"passes\":[");
	for (size_t i = 0; i < trace->pass_count && i < MOST_PASSES; i++) {
		const struct pass *pass = &trace->passes[i];

		output_format(out, "%s[%u,%lld,%lld,\"%s\"]", i > 0 ? "," : "", pass->device,
		    (long long)since_begin(timeline, pass->at.ts),
		    (long long)(pass->at.end - pass->at.ts), stage_names[pass->stage]);
	}
	output_string(out, "]");
	text_free(&name);
}

static void
put_string(struct output *out, const char *text)
{
	struct text name = { 0 };

	output_char(out, ',');
	html_json_string(out, name_short(&name, text != NULL ? text : "", NAME_LENGTH));
	text_free(&name);
}

/* How many of those that the account has are not there. */
static size_t
put_gaps(struct timeline *timeline)
{
	const struct report *report = timeline->report;
	const struct file_account *account = report->account;
	struct output *out = timeline->out;
	size_t written = 0, left_out = 0;

	output_string(out, ",\n\"gaps\":[");
	for (size_t i = 0; account != NULL && i < account->gap_count; i++) {
		const struct device_gap *gap = &account->gaps[i];
		int64_t start = since_begin(timeline, gap->start);
		uint32_t device = trace_find_device(report->trace, gap->rank, gap->device);

		/* Of another file of the run. */
		if (device == NO_DEVICE || start < 0)
			continue;
		if (written == MOST_GAPS) {
			left_out++;
			continue;
		}
		output_format(out, "%s[%u,%lld,%lld,%d", written++ > 0 ? "," : "", device,
		    (long long)start, (long long)gap->length, (int)gap->cause);
		put_string(out, gap->where);
		put_string(out, gap->call);
		put_string(out, gap->after);
		output_char(out, ']');
	}
	output_string(out, "]");
	return left_out;
}

static void
put_notes(struct timeline *timeline, size_t gaps_left_out)
{
	struct output *out = timeline->out;
	struct number number;

	output_string(out, "<p class=note>");
	if (timeline->grain > 0)
		output_format(out, "Neighbours that together last less than %s are drawn as one "
		    "block. ", number_human(&number, us_of(timeline->grain)));
	if (timeline->rows_left_out > 0)
		output_format(out, "The %d streams with most work are drawn, %zu are not. ",
		    MOST_ROWS, timeline->rows_left_out);
	if (timeline->report->trace->pass_count > MOST_PASSES)
		output_format(out, "The first %d of %zu passes have a bar. ", MOST_PASSES,
		    timeline->report->trace->pass_count);
	if (timeline->report->account == NULL)
		output_string(out, "Why nothing runs is not told: that needs records of tr-account "
		    "(--account). ");
	if (gaps_left_out > 0)
		output_format(out, "%zu short gaps have no hatching. ", gaps_left_out);
	output_string(out, "</p>\n");
}

void
page_put_timeline(struct output *out, const struct report *report)
{
	const struct trace *trace = report->trace;
	struct timeline timeline = { .out = out, .report = report };
	int64_t end = report->begin;
	size_t left_out;

	for (size_t i = 0; i < trace->device_count; i++)
		if (report->devices[i].all.kernels > 0 && report->devices[i].all.end > end)
			end = report->devices[i].all.end;
	find_rows(&timeline);
	if (timeline.row_count > 0) {
		if (trace->kernel_count + trace->copy_count > MOST_BLOCKS)
			timeline.grain = 2 * (end - report->begin) / MOST_BLOCKS *
			    (int64_t)timeline.row_count + 1;
		timeline.names = memory_alloc_zero(trace->class_count + 1, sizeof(uint32_t));
		timeline.classes = memory_alloc_zero(MOST_NAMES, sizeof(uint32_t));
		output_string(out, page_timeline_html);
		output_format(out, "<script type=application/json class=timeline-data>"
		    "{\"span\":%lld,\"rows\":[\n", (long long)(end - report->begin));
		for (size_t i = 0; i < timeline.row_count; i++) {
			output_string(out, i > 0 ? ",\n" : "");
			put_row(&timeline, &timeline.rows[i]);
		}
		put_names(&timeline);
		put_devices(&timeline);
		left_out = put_gaps(&timeline);
		output_string(out, "}</script>\n");
		put_notes(&timeline, left_out);
		free(timeline.names);
		free(timeline.classes);
	}
	free(timeline.rows);
}
