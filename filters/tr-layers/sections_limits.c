/* SPDX-License-Identifier: Apache-2.0 */
/* How near to the limit: a sentence for each stage, and what is to be won, operator by operator. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sheet.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

size_t
sheet_limit_columns(const struct report *report, size_t count)
{
	return report->limits != NULL ? count : count - 2;
}

/* "35.1%", or "5-39%" where a part of it is a range. */
static void
add_share(struct sheet *sheet, const struct limit_sum *sum)
{
	double us = sum->known_us + sum->range_us;

	if (sum->range_us > 0)
		sheet_text(sheet, "%.0f-%.0f%%", 100 * (sum->limit_us + sum->low_us) / us,
		    100 * (sum->limit_us + sum->high_us) / us);
	else if (sum->known_us > 0)
		sheet_percent(sheet, sum->limit_us, sum->known_us);
	else
		sheet_text(sheet, "%s", "");
}

void
sheet_limit(struct sheet *sheet, const struct report *report, const struct limit_sum *sum)
{
	if (report->limits == NULL)
		return;
	add_share(sheet, sum);
	sheet_time(sheet, sum->win_us + sum->least_win_us);
}

/* What steps of one stage, or, without any, its kernels take. */
struct stage_step {
	size_t steps;
	double us;
	struct limit_sum sum;
};

static struct stage_step
step_of(const struct report *report, enum stage stage)
{
	const struct trace *trace = report->trace;
	struct stage_step step = { 0 };

	for (size_t i = 0; i < trace->pass_count; i++) {
		if (trace->passes[i].stage != stage || trace->passes[i].layers == 0)
			continue;
		step.steps++;
		step.us += us_of(trace->passes[i].at.sum);
		limit_sum_add(&step.sum, &report->limits->passes[i]);
	}
	if (step.steps == 0) {
		step.us = us_of(report->by_stage[stage].sum);
		step.sum = report->limits->stages[stage];
	}
	return step;
}

/* "; most by gemm m=32 n=24576 k=4096 in MHA+FC layers (1.2 ms)". */
static void
say_most(struct text *text, const struct report *report, enum stage stage, double steps)
{
	size_t count;
	struct limit_group *groups = limit_groups(report->trace, (int)stage, &count);
	struct number number;

	if (count > 0 && limit_group_win(&groups[0]) > 0)
		text_add_format(text, ", most of it in %s %s (%s)", groups[0].op->family,
		    groups[0].op->sizes, number_human(&number,
		    limit_group_win(&groups[0]) / steps));
	free(groups);
}

static void
say_stage(struct sheet *sheet, const struct report *report, enum stage stage)
{
	struct stage_step step = step_of(report, stage);
	double steps = step.steps > 0 ? (double)step.steps : 1;
	const struct limits *limits = &report->trace->limits;
	struct number us, limit, known, part, win, low, high;
	struct text text = { 0 };

	if (step.sum.calls == 0 || !(step.us > 0))
		return;
	if (step.steps > 0)
		text_add_format(&text, "A %s step takes %s of the GPU's time", stage_names[stage],
		    number_human(&us, step.us / steps));
	else
		text_add_format(&text, "Kernels of stage %s take %s", stage_names[stage],
		    number_human(&us, step.us));
	if (step.steps > 1)
		text_add_format(&text, " (mean of %zu)", step.steps);
	if (step.sum.known_us > 0) {
		bool whole = step.sum.known_us > 0.995 * step.us;

		text_add_string(&text, !whole ? "; " :
		    step.steps > 0 ? " and needs " : " and need ");
		if (!whole)
			text_add_format(&text, "%s of it, %s, has a limit, and needs ",
			    number_percent(&part, step.sum.known_us, step.us),
			    number_human(&known, step.sum.known_us / steps));
		text_add_format(&text, "%s at the limit of %s (%s): %s to be won",
		    number_human(&limit, step.sum.limit_us / steps),
		    limits->device != NULL ? limits->device : "the device",
		    limits->measured ? "measured peaks" : "peaks of its data sheet",
		    number_human(&win, step.sum.win_us / steps));
		say_most(&text, report, stage, steps);
	}
	if (step.sum.range_us > 0)
		text_add_format(&text, ". The limit of %s of it is a range, as a size is not known: "
		    "%s to %s", number_percent(&part, fmin(step.sum.range_us, step.us), step.us),
		    number_human(&low, step.sum.low_us / steps),
		    number_human(&high, step.sum.high_us / steps));
	text_add_char(&text, '.');
	sheet_say(sheet, text.bytes, step.sum.win_us + step.sum.least_win_us);
	text_free(&text);
}

/* What the share rests on, or why there is none. */
static void
add_remark(struct sheet *sheet, const struct limit_group *group)
{
	if (group->expert_calls > 0)
		sheet_text(sheet, "at most %.0f experts were read; %s",
		    group->experts / group->expert_calls, group->op->remark);
	else
		sheet_text(sheet, "%s", group->op->remark);
}

static void
add_group(struct sheet *sheet, const struct report *report, const struct limit_group *group)
{
	const struct kernel_class *class = &report->trace->classes[group->class];
	const struct limit_sum *sum = &group->sum;
	struct text name = { 0 };

	sheet_text(sheet, "%s", stage_names[group->stage]);
	sheet_text(sheet, "%s", group->where);
	sheet_text(sheet, "%s", group->op->family);
	sheet_text(sheet, "%s", group->op->sizes);
	sheet_count(sheet, sum->calls);
	sheet_time(sheet, group->op_us / sum->calls);
	sheet_time(sheet, (sum->limit_us + sum->high_us) / sum->calls);
	/* a share of what starting a kernel takes would say nothing of the kernel */
	if (strcmp(group->op->bound, "start-up") == 0)
		sheet_text(sheet, "%s", "");
	else
		add_share(sheet, sum);
	sheet_time(sheet, limit_group_win(group));
	sheet_text(sheet, "%s", group->op->bound);
	sheet_text(sheet, "%s", group->op->how);
	sheet_text(sheet, "%s", name_short(&name, class->short_name, 28));
	add_remark(sheet, group);
	text_free(&name);
}

static void
add_groups(struct sheet *sheet, const struct report *report, const struct view *view)
{
	static const struct column columns[] = { { "stage", false }, { "where", false },
		{ "operator", false }, { "sizes", false }, { "calls", true }, { "takes", true },
		{ "limit", true }, { "of limit", true }, { "to win", true }, { "bound", false },
		{ "how", false }, { "short", false }, { "remark", false } };
	size_t count, i;
	struct limit_group *groups = limit_groups(report->trace, view->stage, &count);

	sheet_section(sheet, "limits", "What is to be won, operator by operator", columns,
	    COUNT(columns));
	for (i = 0; i < count && i < view->top; i++)
		add_group(sheet, report, &groups[i]);
	if (i < count)
		sheet->sections[sheet->section_count - 1].title = sheet_string(sheet,
		    "What is to be won, operator by operator (the first %zu of %zu)", i, count);
	free(groups);
}

/* Layers of one type and stage at their limit. */
static void
add_layers(struct sheet *sheet, const struct report *report, const struct view *view)
{
	static const struct column columns[] = { { "stage", false }, { "layer", false },
		{ "layers", true }, { "takes", true }, { "has a limit", true }, { "limit", true },
		{ "of limit", true }, { "to win", true } };
	const struct trace *trace = report->trace;
	bool *done = memory_alloc_zero(trace->layer_count + 1, sizeof(*done));

	sheet_section(sheet, "limit-layers", "An average layer at its limit", columns,
	    COUNT(columns));
	for (size_t i = 0; i < trace->layer_count; i++) {
		const struct layer *layer = &trace->layers[i];
		struct limit_sum sum = { 0 };
		double layers = 0, us = 0;

		if (done[i] || (view->stage != NONE && layer->stage != view->stage))
			continue;
		for (size_t j = i; j < trace->layer_count; j++) {
			if (trace->layers[j].stage != layer->stage ||
			    layer_type(&trace->layers[j]) != layer_type(layer))
				continue;
			done[j] = true;
			layers++;
			us += us_of(trace->layers[j].at.sum);
			limit_sum_add(&sum, &report->limits->layers[j]);
		}
		sheet_text(sheet, "%s", stage_names[layer->stage]);
		sheet_text(sheet, "%s", layer_type(layer));
		sheet_count(sheet, layers);
		sheet_time(sheet, us / layers);
		sheet_percent(sheet, fmin(sum.known_us + sum.range_us, us), us);
		sheet_time(sheet, (sum.limit_us + sum.high_us) / layers);
		add_share(sheet, &sum);
		sheet_time(sheet, (sum.win_us + sum.least_win_us) / layers);
	}
	free(done);
}

void
sections_limits(struct sheet *sheet, const struct report *report, const struct view *view)
{
	if (report->limits == NULL || report->trace->mismatched)
		return;
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (view->stage == NONE || view->stage == stage)
			say_stage(sheet, report, (enum stage)stage);
	add_groups(sheet, report, view);
	if (report->trace->layer_count > 0)
		add_layers(sheet, report, view);
}
