/* SPDX-License-Identifier: Apache-2.0 */
/* What a report says, table by table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sheet.h"
#include "spread.h"

/* How layers were found, for people. */
static const char *const method_words[METHOD_COUNT] = { "module calls", "repetition of kernels",
	"kernels that begin a layer" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A column of times for each type of kernel. Names wider than a time are shortened. */
#define TYPE_COLUMN(id, name, brief, ...) \
	{ sizeof(name) > sizeof("000.000 us") ? (brief) : (name), true },
#define TYPE_COLUMNS KINDS_TYPES(TYPE_COLUMN)

/* Of one type in the stage that is shown, or in all. */
static void
add_type_limit(struct sheet *sheet, const struct report *report, const struct view *view,
    size_t type)
{
	struct limit_sum sum = { 0 };

	for (int stage = 0; report->limits != NULL && stage < STAGE_COUNT; stage++)
		if (view->stage == NONE || view->stage == stage)
			limit_sum_add(&sum, &report->limits->types[stage][type]);
	sheet_limit(sheet, report, &sum);
}

static void
add_types(struct sheet *sheet, const struct report *report, const struct view *view)
{
	static const struct column columns[] = { { "type", false }, { "kernels", true },
		{ "sum", true }, { "average", true }, { "share", true }, SHEET_LIMIT_COLUMNS };
	const struct count_sum *types = view->stage == NONE ? report->by_type
	                                                    : report->stage_type[view->stage];
	int64_t whole = view->stage == NONE ? report->sum : report->by_stage[view->stage].sum;
	size_t order[TYPE_COUNT] = { 0 }, i, j;

	sheet_section(sheet, "types", "Time by type of kernel", columns,
	    sheet_limit_columns(report, COUNT(columns)));
	for (i = 0; i < TYPE_COUNT; i++) {
		for (j = i; j > 0 && types[i].sum > types[order[j - 1]].sum; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
	for (i = 0; i < TYPE_COUNT && types[order[i]].kernels > 0; i++) {
		const struct count_sum *type = &types[order[i]];

		sheet_text(sheet, "%s", type_names[order[i]]);
		sheet_count(sheet, type->kernels);
		sheet_time(sheet, us_of(type->sum));
		sheet_time(sheet, us_of(type->sum) / type->kernels);
		sheet_percent(sheet, us_of(type->sum), us_of(whole));
		add_type_limit(sheet, report, view, order[i]);
	}
}

static void
add_stages(struct sheet *sheet, const struct report *report)
{
	static const struct column columns[] = { { "stage", false }, { "kernels", true },
		{ "sum", true }, { "share", true } };
	size_t i;

	sheet_section(sheet, "stages", "Time by stage", columns, COUNT(columns));
	for (i = 0; i < STAGE_COUNT; i++) {
		if (report->by_stage[i].kernels == 0)
			continue;
		sheet_text(sheet, "%s", stage_names[i]);
		sheet_count(sheet, report->by_stage[i].kernels);
		sheet_time(sheet, us_of(report->by_stage[i].sum));
		sheet_percent(sheet, us_of(report->by_stage[i].sum), us_of(report->sum));
	}
}

static void
add_passes(struct sheet *sheet, const struct report *report, const struct view *view)
{
	static const struct column columns[] = { { "pass", true }, { "stage", false },
		{ "layers", true }, { "kernels", true }, { "begins", true }, { "lasts", true },
		{ "sum", true }, { "busy", true }, { "found by", false }, SHEET_LIMIT_COLUMNS };
	const struct trace *trace = report->trace;
	size_t i, shown = 0;

	sheet_section(sheet, "passes", "Passes", columns,
	    sheet_limit_columns(report, COUNT(columns)));
	for (i = 0; i < trace->pass_count && shown < view->top; i++) {
		const struct pass *pass = &trace->passes[i];

		if (view->stage != NONE && pass->stage != view->stage)
			continue;
		shown++;
		sheet_count(sheet, (double)i);
		sheet_text(sheet, "%s", stage_names[pass->stage]);
		sheet_count(sheet, pass->layers);
		sheet_count(sheet, pass->at.kernels);
		sheet_moment(sheet, us_of(pass->at.ts - report->begin));
		sheet_time(sheet, us_of(pass->at.end - pass->at.ts));
		sheet_time(sheet, us_of(pass->at.sum));
		sheet_time(sheet, us_of(pass->at.busy));
		sheet_text(sheet, "%s", method_words[pass->method]);
		if (report->limits != NULL)
			sheet_limit(sheet, report, &report->limits->passes[i]);
	}
	if (i < trace->pass_count)
		sheet->sections[sheet->section_count - 1].title =
		    sheet_string(sheet, "Passes (the first %zu)", shown);
}

static void
add_steps(struct sheet *sheet, const struct report *report, const struct view *view)
{
	static const struct column columns[] = { { "step", true }, { "kernels", true },
		{ "begins", true }, { "lasts", true }, { "sum", true }, { "busy", true } };
	const struct trace *trace = report->trace;
	size_t i;

	if (trace->step_count == 0)
		return;
	sheet_section(sheet, "steps", trace->step_count <= view->top ? "Steps of training"
	    : sheet_string(sheet, "Steps of training (the first %zu)", view->top), columns,
	    COUNT(columns));
	for (i = 0; i < trace->step_count && i < view->top; i++) {
		const struct time_sums *at = &trace->steps[i].at;

		sheet_count(sheet, (double)i);
		sheet_count(sheet, at->kernels);
		sheet_moment(sheet, us_of(at->ts - report->begin));
		sheet_time(sheet, us_of(at->end - at->ts));
		sheet_time(sheet, us_of(at->sum));
		sheet_time(sheet, us_of(at->busy));
	}
}

/* Layers of one type and stage. */
struct layer_kind {
	const char *type;
	uint8_t stage;
	uint32_t layers;
	int64_t dur, busy, longest;
	uint64_t kernels;
	int64_t time[TYPE_COUNT];
	const struct layer *slowest;
};

static struct layer_kind *
count_kinds(const struct report *report, const struct view *view, size_t *count)
{
	const struct trace *trace = report->trace;
	struct layer_kind *kinds = NULL;
	size_t capacity = 0, i, j;
	enum kernel_type type;

	*count = 0;
	for (i = 0; i < trace->layer_count; i++) {
		const struct layer *layer = &trace->layers[i];
		const char *name = layer_type(layer);

		if (view->stage != NONE && layer->stage != view->stage)
			continue;
		for (j = 0; j < *count; j++)
			if (kinds[j].type == name && kinds[j].stage == layer->stage)
				break;
		if (j == *count) {
			kinds = memory_grow(kinds, *count, &capacity, sizeof(*kinds));
			kinds[(*count)++] = (struct layer_kind){ .type = name,
				.stage = layer->stage };
		}
		kinds[j].layers++;
		kinds[j].dur += layer->at.end - layer->at.ts;
		kinds[j].busy += layer->at.busy;
		kinds[j].kernels += layer->at.kernels;
		for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
			kinds[j].time[type] += layer->time[type];
		if (kinds[j].slowest == NULL || layer->at.end - layer->at.ts > kinds[j].longest) {
			kinds[j].slowest = layer;
			kinds[j].longest = layer->at.end - layer->at.ts;
		}
	}
	return kinds;
}

static void
add_kinds(struct sheet *sheet, const struct report *report, const struct view *view)
{
	static const struct column columns[] = { { "layer", false }, { "stage", false },
		{ "layers", true }, { "kernels", true }, { "lasts", true }, { "busy", true },
		TYPE_COLUMNS { "slowest", true }, { "which", false } };
	size_t count, i;
	struct layer_kind *kinds = count_kinds(report, view, &count);
	enum kernel_type type;

	sheet_section(sheet, "kinds", "An average layer", columns, COUNT(columns));
	for (i = 0; i < count; i++) {
		const struct layer_kind *kind = &kinds[i];

		sheet_text(sheet, "%s", kind->type);
		sheet_text(sheet, "%s", stage_names[kind->stage]);
		sheet_count(sheet, kind->layers);
		sheet_count(sheet, (double)kind->kernels / kind->layers);
		sheet_time(sheet, us_of(kind->dur) / kind->layers);
		sheet_time(sheet, us_of(kind->busy) / kind->layers);
		for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
			sheet_time(sheet, us_of(kind->time[type]) / kind->layers);
		sheet_time(sheet, us_of(kind->longest));
		sheet_text(sheet, "%d/%d", (int)kind->slowest->pass, (int)kind->slowest->index);
	}
	free(kinds);
}

static void
add_outside(struct sheet *sheet, const struct report *report)
{
	static const struct column columns[] = { { "where", false }, { "kernels", true },
		{ "sum", true }, { "share", true } };
	static const char *const places[PLACE_COUNT] = { NULL, "before the layers of a pass",
		"after the layers of a pass", "in a pass, outside its layers", NULL, "in no pass" };
	size_t i;

	if (report->outside[PLACE_LAYER].kernels == 0)
		return;
	sheet_section(sheet, "outside", "Outside layers", columns, COUNT(columns));
	for (i = PLACE_PROLOGUE; i < PLACE_COUNT; i++) {
		const struct count_sum *outside = &report->outside[i];

		if (outside->kernels == 0)
			continue;
		if (i == PLACE_TAIL)
			sheet_text(sheet, "of a step launched before the trace (%zu layers)",
			    report->trace->tail_layers);
		else
			sheet_text(sheet, "%s", places[i]);
		sheet_count(sheet, outside->kernels);
		sheet_time(sheet, us_of(outside->sum));
		sheet_percent(sheet, us_of(outside->sum), us_of(report->sum));
	}
}

static int
compare_stage_sums(const void *left, const void *right)
{
	const struct class_sum *a = left, *b = right;

	/* The stage to compare is the only one left in sum_in_stage. */
	if (a->sum != b->sum)
		return a->sum > b->sum ? -1 : 1;
	return a->class < b->class ? -1 : a->class > b->class;
}

static void
add_spread(struct sheet *sheet, struct spread spread)
{
	sheet_time(sheet, us_of(spread.least));
	sheet_time(sheet, us_of(spread.median));
	sheet_time(sheet, us_of(spread.p99));
	sheet_time(sheet, us_of(spread.most));
}

/* Each layer over the passes of its stage. */
static void
add_indexes(struct sheet *sheet, const struct report *report, const struct view *view)
{
	static const struct column columns[] = { { "layer", true }, { "stage", false },
		{ "passes", true }, { "min", true }, { "median", true }, { "p99", true },
		{ "max", true } };
	size_t count, i;
	struct index_spread *list = index_spreads(report->trace, &count);

	if (count > 0)
		sheet_section(sheet, "indexes", "How long each layer lasts over passes", columns,
		    COUNT(columns));
	for (i = 0; i < count; i++) {
		if (view->stage != NONE && list[i].stage != view->stage)
			continue;
		sheet_count(sheet, list[i].index);
		sheet_text(sheet, "%s", stage_names[list[i].stage]);
		sheet_count(sheet, list[i].passes);
		add_spread(sheet, list[i].dur);
	}
	free(list);
}

/* The kernels that take the most time in one stage. */
static void
add_top(struct sheet *sheet, const struct report *report, const struct view *view,
    struct spreads *spreads, enum stage stage)
{
	static const struct column columns[] = { { "#", true }, { "kernels", true },
		{ "sum", true }, { "share", true }, { "average", true }, { "min", true },
		{ "median", true }, { "p99", true }, { "max", true }, { "type", false },
		{ "short", false }, { "name", false }, SHEET_LIMIT_COLUMNS };
	struct class_sum *sums = memory_alloc(report->class_count * sizeof(*sums));
	struct text name = { 0 }, short_name = { 0 };
	size_t count = 0, i;

	for (i = 0; i < report->class_count; i++) {
		if (report->classes[i].in_stage[stage] == 0)
			continue;
		sums[count] = report->classes[i];
		sums[count].kernels = sums[count].in_stage[stage];
		sums[count].sum = sums[count].sum_in_stage[stage];
		count++;
	}
	if (count > 0)
		qsort(sums, count, sizeof(*sums), compare_stage_sums);
	sheet_section(sheet, stage_names[stage], sheet_string(sheet, "Top kernels, %s",
	    stage_names[stage]), columns, sheet_limit_columns(report, COUNT(columns)));
	for (i = 0; i < count && i < view->top; i++) {
		const struct kernel_class *class = &report->trace->classes[sums[i].class];

		sheet_count(sheet, (double)i + 1);
		sheet_count(sheet, sums[i].kernels);
		sheet_time(sheet, us_of(sums[i].sum));
		sheet_percent(sheet, us_of(sums[i].sum), us_of(report->by_stage[stage].sum));
		sheet_time(sheet, us_of(sums[i].sum) / sums[i].kernels);
		add_spread(sheet, spreads_get(spreads, sums[i].class, (int)stage));
		sheet_text(sheet, "%s", type_names[class->type]);
		sheet_text(sheet, "%s", name_short(&short_name, class->short_name, 28));
		sheet_text(sheet, "%s", name_short(&name, class->name, view->name));
		if (report->limits != NULL)
			sheet_limit(sheet, report,
			    &report->limits->classes[sums[i].class * STAGE_COUNT + stage]);
	}
	text_free(&name);
	text_free(&short_name);
	free(sums);
}

static void
add_layers(struct sheet *sheet, const struct report *report, const struct view *view)
{
	static const struct column columns[] = { { "pass", true }, { "layer", true },
		{ "type", false }, { "stage", false }, { "kernels", true }, { "begins", true },
		{ "lasts", true }, { "sum", true }, TYPE_COLUMNS { "module", false },
		SHEET_LIMIT_COLUMNS };
	const struct trace *trace = report->trace;
	enum kernel_type type;
	size_t shown = 0, i;

	sheet_section(sheet, "layers", "Layers", columns,
	    sheet_limit_columns(report, COUNT(columns)));
	for (i = 0; i < trace->layer_count && shown < view->layer_rows; i++) {
		const struct layer *layer = &trace->layers[i];

		if (view->stage != NONE && layer->stage != view->stage)
			continue;
		shown++;
		sheet_count(sheet, layer->pass);
		sheet_count(sheet, layer->index);
		sheet_text(sheet, "%s%s", layer_type(layer), layer->partial ? " (cut)" : "");
		sheet_text(sheet, "%s", stage_names[layer->stage]);
		sheet_count(sheet, layer->at.kernels);
		sheet_moment(sheet, us_of(layer->at.ts - report->begin));
		sheet_time(sheet, us_of(layer->at.end - layer->at.ts));
		sheet_time(sheet, us_of(layer->at.sum));
		for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
			sheet_time(sheet, us_of(layer->time[type]));
		sheet_text(sheet, "%s", layer->module != NULL ? layer->module : "");
		if (report->limits != NULL)
			sheet_limit(sheet, report, &report->limits->layers[i]);
	}
	if (i < trace->layer_count)
		sheet->sections[sheet->section_count - 1].title = sheet_string(sheet,
		    "Layers (the first %zu; all are in -f csv)", shown);
}

static void
add_kernel_limit(struct sheet *sheet, const struct report *report, const struct kernel *kernel)
{
	struct limit_sum sum = { 0 };

	limits_sum(&sum, &report->trace->limits, kernel->limit);
	sheet_limit(sheet, report, &sum);
}

/* The kernels of one layer, in the order of time; votes too for --debug-layers. */
static void
add_layer_kernels(struct sheet *sheet, const struct report *report, const struct view *view,
    size_t index, bool votes)
{
	static const struct column columns[] = { { "#", true }, { "begins", true },
		{ "lasts", true }, { "share", true }, { "type", false }, { "voted", false },
		{ "stream", true }, { "short", false }, { "name", false }, SHEET_LIMIT_COLUMNS };
	const struct trace *trace = report->trace;
	const struct layer *layer = &trace->layers[index];
	struct text name = { 0 }, short_name = { 0 };
	size_t i, number = 0;

	sheet_section(sheet, "layer", votes
	    ? sheet_string(sheet, "Pass %d, layer %d: %s; votes: %u prefill, %u decode, %u mixed, "
	          "%u unknown", (int)layer->pass, (int)layer->index, stage_names[layer->stage],
	          layer->votes[STAGE_PREFILL], layer->votes[STAGE_DECODE],
	          layer->votes[STAGE_MIXED], layer->votes[STAGE_UNKNOWN])
	    : sheet_string(sheet, "Pass %d, layer %d: %s, %s", (int)layer->pass,
	          (int)layer->index, layer_type(layer), stage_names[layer->stage]),
	    columns, sheet_limit_columns(report, COUNT(columns)));
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		const struct kernel_class *class = trace_class(trace, kernel);

		if (kernel->layer != (int32_t)index)
			continue;
		sheet_count(sheet, (double)number++);
		sheet_moment(sheet, us_of(kernel->ts - layer->at.ts));
		sheet_time(sheet, us_of(kernel->dur));
		sheet_percent(sheet, us_of(kernel->dur), us_of(layer->at.sum));
		sheet_text(sheet, "%s", type_names[class->type]);
		sheet_text(sheet, "%s", stage_names[kernel->vote]);
		sheet_count(sheet, (double)trace->streams[kernel->stream].number);
		sheet_text(sheet, "%s", name_short(&short_name, class->short_name, 28));
		sheet_text(sheet, "%s", name_short(&name, class->name, view->name));
		add_kernel_limit(sheet, report, kernel);
	}
	text_free(&name);
	text_free(&short_name);
}

static void
add_chosen_layers(struct sheet *sheet, const struct report *report, const struct view *view,
    const char *spec, bool votes)
{
	const struct trace *trace = report->trace;
	size_t i;

	for (i = 0; spec != NULL && i < trace->layer_count; i++)
		if (spec_contains(spec, trace->layers[i].index))
			add_layer_kernels(sheet, report, view, i, votes);
}

static void
add_title(struct sheet *sheet, const struct report *report)
{
	const struct trace *trace = report->trace;
	struct number sum, busy, span, idle;
	double lasts = us_of(report->span), worked = us_of(report->busy);
	char devices[48] = "";

	if (report->trace->device_count > 1)
		snprintf(devices, sizeof(devices), ", added over %zu devices",
		    report->trace->device_count);

	if (trace->layer_count > 0)
		sheet->title = sheet_string(sheet, "%s: %zu %s in %zu %s, found by %s", trace->file,
		    trace->layer_count, trace->layer_count == 1 ? "layer" : "layers",
		    trace->pass_count, trace->pass_count == 1 ? "pass" : "passes",
		    method_words[report->method]);
	else if (trace->step_count > 0)
		sheet->title = sheet_string(sheet, "%s: %zu %s of training, no layers",
		    trace->file, trace->step_count, trace->step_count == 1 ? "step" : "steps");
	else
		sheet->title = sheet_string(sheet, "%s: no layers: %s", trace->file,
		    report_why(report));
	sheet->figures = sheet_string(sheet,
	    "%u kernels, sum %s; %u copies and fills; busy %s of a span of %s (%.1f%%), idle %s%s",
	    report->kernels, number_human(&sum, us_of(report->sum)), report->copies,
	    number_human(&busy, worked), number_human(&span, lasts),
	    lasts > 0 ? 100 * worked / lasts : 0,
	    number_human(&idle, us_of(report->span - report->busy)), devices);
}

void
sheet_open(struct sheet *sheet, const struct report *report, const struct view *view)
{
	struct spreads *spreads = spreads_open(report->trace);
	enum stage stage;

	*sheet = (struct sheet){ 0 };
	add_title(sheet, report);
	sections_account(sheet, report, view);
	sections_limits(sheet, report, view);
	if (!report->trace->mismatched)
		add_types(sheet, report, view);
	add_stages(sheet, report);
	add_steps(sheet, report, view);
	if (report->trace->layer_count > 0) {
		add_passes(sheet, report, view);
		add_kinds(sheet, report, view);
		add_outside(sheet, report);
	}
	for (stage = STAGE_PREFILL; stage < STAGE_COUNT; stage++)
		if (!report->trace->mismatched && report->by_stage[stage].kernels > 0 &&
		    (view->stage == NONE || view->stage == (int)stage))
			add_top(sheet, report, view, spreads, stage);
	spreads_close(spreads);
	if (view->layer_rows > 0) {
		add_indexes(sheet, report, view);
		add_layers(sheet, report, view);
	}
	add_chosen_layers(sheet, report, view, view->layers, false);
	add_chosen_layers(sheet, report, view, view->debug, true);
}
