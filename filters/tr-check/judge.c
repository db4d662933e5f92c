/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what each limit measures, and whether it is kept. */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "judge.h"

/* What a limit is held against: a time, and the whole that a share is of. */
struct figure {
	double us, whole_us;
	const char *missing; /* why there is none, or NULL */
};

static double
us(int64_t ns)
{
	return (double)ns / 1e3;
}

static int
stage_index(const char *word)
{
	for (int stage = 0; word != NULL && stage < STAGE_COUNT; stage++)
		if (strcmp(stage_names[stage], word) == 0)
			return stage;
	return -1;
}

static bool
concerns(const struct limit *limit, const char *name, const struct kernel_sum *sum)
{
	switch (limit->subject) {
	case SUBJECT_KERNEL:
		return fnmatch(limit->of, name, 0) == 0;
	case SUBJECT_TYPE:
		return strcmp(limit->of, sum->type) == 0;
	default:
		return true;
	}
}

/* Of kernels, types and stages: their durations, added. */
static struct figure
of_kernels(const struct limit *limit, const struct measures *measures)
{
	int only = stage_index(limit->subject == SUBJECT_STAGE ? limit->of : limit->stage);
	struct figure figure = { .whole_us = us(measures->gpu_ns) };
	int64_t ns = 0, in_passes_ns = 0;
	uint64_t calls = 0;
	size_t passes = measure_count(&measures->passes, only);

	for (size_t i = 0; i < measures->kernels.count; i++) {
		const struct map_entry *entry = &measures->kernels.entries[i];
		const struct kernel_sum *sum = entry->value;

		if (!concerns(limit, entry->key, sum))
			continue;
		for (int stage = 0; stage < STAGE_COUNT; stage++)
			if (only < 0 || stage == only) {
				ns += sum->ns[stage];
				in_passes_ns += sum->in_passes_ns[stage];
				calls += sum->calls[stage];
			}
	}
	if (calls == 0)
		figure.missing = "no such kernel is in the trace";
	else if (limit->per == PER_PASS && passes == 0)
		figure.missing = "no such pass is in the stream (tr-layers --kernels finds them)";
	figure.us = limit->per == PER_PASS && passes > 0 ? us(in_passes_ns) / (double)passes
	    : limit->per == PER_CALL && calls > 0 ? us(ns) / (double)calls : us(ns);
	/* A share is of the whole, however the time is counted. */
	if (limit->per != PER_TOTAL && figure.us > 0)
		figure.whole_us *= figure.us / us(ns);
	return figure;
}

static struct figure
of_spans(const struct limit *limit, const struct span_list *list, const char *missing)
{
	int64_t index = limit->of[0] >= '0' && limit->of[0] <= '9' ? strtol(limit->of, NULL, 10) : -1, ns;
	struct figure figure = { .missing = missing };

	if (measure_median(list, stage_index(limit->of), index, &ns))
		figure = (struct figure){ .us = us(ns), .whole_us = NAN };
	return figure;
}

static struct figure
of_accounts(const struct limit *limit, const struct measures *measures)
{
	struct figure figure = { .whole_us = us(measures->window_ns) };
	void *const *place;

	if (measures->accounts == 0) {
		figure.missing = "no account is in the stream (tr-account writes it)";
	} else if (limit->subject == SUBJECT_EXPOSED) {
		figure.us = us(strcmp(limit->of, "copies") == 0
		    ? measures->exposed_copies_ns : measures->exposed_communication_ns);
	} else if (strcmp(limit->of, "any") == 0) {
		figure.us = us(measures->all_idle_ns);
	} else {
		place = map_get_string(&measures->idle_ns, limit->of);
		if (place == NULL)
			figure.missing = "the account has no such cause of idle time";
		else
			figure.us = us(*(const int64_t *)*place);
	}
	return figure;
}

static struct figure
figure_of(const struct limit *limit, const struct measures *measures)
{
	switch (limit->subject) {
	case SUBJECT_PASS:
		return of_spans(limit, &measures->passes, "no such pass is in the stream");
	case SUBJECT_LAYER:
		return of_spans(limit, &measures->layers, "no such layer is in the stream");
	case SUBJECT_IDLE:
	case SUBJECT_EXPOSED:
		return of_accounts(limit, measures);
	default:
		return of_kernels(limit, measures);
	}
}

static void
say(struct result *result, struct budget *budget, const char *what)
{
	result->says = arena_format(&budget->arena, "%s: %s", result->title, what);
}

static void
judge_count(struct budget *budget, struct result *result, const struct measures *measures)
{
	const struct limit *limit = result->limit;
	char what[160];

	if (limit->subject == SUBJECT_LAYERS && measures->summaries == 0) {
		snprintf(what, sizeof(what), "no summary is in the stream (tr-layers writes it)");
	} else if (limit->subject == SUBJECT_LAYERS) {
		result->count = (double)measures->layer_count;
		result->outcome = result->count == limit->equal ? OUTCOME_PASS : OUTCOME_BREACH;
		snprintf(what, sizeof(what), "%lld found, %.0f expected",
		    (long long)measures->layer_count, limit->equal);
		if (measures->layer_count < 0)
			snprintf(what, sizeof(what), "the traces disagree, %.0f expected",
			    limit->equal);
	} else if (measures->joins == 0 || !(measures->joined > 0)) {
		snprintf(what, sizeof(what), "no joined time is in the stream (kjoin writes it)");
	} else {
		result->share = 100 * measures->explained / measures->joined;
		result->outcome = result->share >= limit->min_share ? OUTCOME_PASS
		    : OUTCOME_BREACH;
		snprintf(what, sizeof(what), "%.2f %% of GPU time, at least %.2f %% expected",
		    result->share, limit->min_share);
	}
	say(result, budget, what);
}

static void
judge_time(struct budget *budget, struct result *result, const struct figure *figure)
{
	const struct limit *limit = result->limit;
	struct text text = { 0 };

	result->outcome = OUTCOME_PASS;
	if (!isnan(limit->max_us)) {
		result->us = figure->us;
		if (!(figure->us <= limit->max_us))
			result->outcome = OUTCOME_BREACH;
		text_add_format(&text, "%.3f us, at most %.3f us allowed", figure->us,
		    limit->max_us);
	}
	if (!isnan(limit->max_share)) {
		result->share = figure->whole_us > 0 ? 100 * figure->us / figure->whole_us : 0;
		if (!(result->share <= limit->max_share))
			result->outcome = OUTCOME_BREACH;
		text_add_format(&text, "%s%.2f %% of the %s, at most %.2f %% allowed",
		    text.length > 0 ? "; " : "", result->share,
		    limit->subject == SUBJECT_IDLE || limit->subject == SUBJECT_EXPOSED
		    ? "wall time" : "GPU time", limit->max_share);
	}
	say(result, budget, text.bytes);
	text_free(&text);
}

void
judge(struct budget *budget, const struct measures *measures, struct result *results)
{
	for (size_t i = 0; i < budget->count; i++) {
		const struct limit *limit = &budget->limits[i];
		struct figure figure;

		results[i] = (struct result){ .limit = limit, .outcome = OUTCOME_UNKNOWN,
			.us = NAN, .share = NAN, .count = NAN,
			.title = budget_title(budget, limit) };
		if (limit->subject == SUBJECT_LAYERS || limit->subject == SUBJECT_EXPLAINED) {
			judge_count(budget, &results[i], measures);
			continue;
		}
		figure = figure_of(limit, measures);
		if (figure.missing != NULL)
			say(&results[i], budget, figure.missing);
		else
			judge_time(budget, &results[i], &figure);
	}
}
