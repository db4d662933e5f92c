/* SPDX-License-Identifier: Apache-2.0 */
/* Builds up and looks through what a run found. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "results.h"
#include "base/text.h"

const char *
origin_name(enum origin origin)
{
	static const char *const names[ORIGINS] = { "measured", "computed", "device", "datasheet",
		"counter", "static" };

	return names[origin];
}

const char *
results_keep(struct results *results, const char *string)
{
	return string ? arena_copy(&results->arena, string, strlen(string)) : NULL;
}

const char *
results_format(struct results *results, const char *format, ...)
{
	struct text text = { 0 };
	va_list arguments;
	const char *kept;

	va_start(arguments, format);
	text_add_arguments(&text, format, arguments);
	va_end(arguments);
	kept = results_keep(results, text.bytes);
	text_free(&text);
	return kept;
}

static struct fact *
facts_add(struct results *results, struct facts *facts, const char *name, enum origin origin)
{
	struct fact *fact;

	facts->items = memory_grow(facts->items, facts->count, &facts->capacity,
	    sizeof(*facts->items));
	fact = &facts->items[facts->count++];
	*fact = (struct fact){ results_keep(results, name), NULL, NAN, "", origin };
	return fact;
}

void
facts_number(struct results *results, struct facts *facts, const char *name, double number,
    const char *unit, enum origin origin)
{
	struct fact *fact = facts_add(results, facts, name, origin);

	fact->number = number;
	fact->unit = results_keep(results, unit);
}

void
facts_text(struct results *results, struct facts *facts, const char *name, const char *text,
    enum origin origin)
{
	facts_add(results, facts, name, origin)->text = results_keep(results, text);
}

void
settings_add(struct results *results, struct settings *settings, const char *name,
    const char *value)
{
	settings->items = memory_grow(settings->items, settings->count, &settings->capacity,
	    sizeof(*settings->items));
	settings->items[settings->count++] =
	    (struct setting){ results_keep(results, name), results_keep(results, value) };
}

const struct fact *
facts_find(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->count; i++)
		if (strcmp(facts->items[i].name, name) == 0)
			return &facts->items[i];
	return NULL;
}

double
facts_value(const struct facts *facts, const char *name)
{
	const struct fact *fact = facts_find(facts, name);

	return fact != NULL ? fact->number : NAN;
}

const char *
settings_find(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->count; i++)
		if (strcmp(settings->items[i].name, name) == 0)
			return settings->items[i].value;
	return NULL;
}

struct ceiling *
results_ceiling(struct results *results)
{
	struct ceiling *ceiling;

	results->ceilings = memory_grow(results->ceilings, results->ceiling_count,
	    &results->ceiling_capacity, sizeof(*results->ceilings));
	ceiling = &results->ceilings[results->ceiling_count++];
	*ceiling = (struct ceiling){ .what = "", .level = "", .l2 = "", .bytes = NAN, .gbps = NAN,
		.us = NAN, .noise = NAN, .flag = "", .how = "" };
	return ceiling;
}

struct measure *
results_measure(struct results *results)
{
	struct measure *measure;

	results->measures = memory_grow(results->measures, results->measure_count,
	    &results->measure_capacity, sizeof(*results->measures));
	measure = &results->measures[results->measure_count++];
	*measure = (struct measure){ .kernel = "", .backend = "", .size_axis = "", .ceiling = "",
		.ceiling_gbps = NAN, .ceiling_pct = NAN, .peak_pct = NAN, .datasheet_pct = NAN,
		.l2 = "hot", .correct = -1 };
	return measure;
}

void
results_skip(struct results *results, const char *kernel, const char *reason)
{
	results->skipped = memory_grow(results->skipped, results->skipped_count,
	    &results->skipped_capacity, sizeof(*results->skipped));
	results->skipped[results->skipped_count++] = results_format(results, "%s: %s", kernel,
	    reason);
}

void
measure_flag(struct measure *measure, const char *flag)
{
	size_t room = sizeof(measure->flags) / sizeof(measure->flags[0]);

	if (measure->flag_count < room && !measure_has_flag(measure, flag))
		measure->flags[measure->flag_count++] = flag;
}

bool
measure_has_flag(const struct measure *measure, const char *flag)
{
	for (size_t i = 0; i < measure->flag_count; i++)
		if (strcmp(measure->flags[i], flag) == 0)
			return true;
	return false;
}

/* Whether every measure of this kernel has this value on this axis. */
static bool
axis_is_shared(const struct results *results, const char *kernel, const struct setting *setting)
{
	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *measure = &results->measures[i];
		const char *value = settings_find(&measure->axes, setting->name);

		if (strcmp(measure->kernel, kernel) == 0 &&
		    (value == NULL || strcmp(value, setting->value) != 0))
			return false;
	}
	return true;
}

const char *
measure_axes_text(struct results *results, const struct measure *measure, bool short_form)
{
	struct text text = { 0 };
	const char *kept;

	for (size_t i = 0; i < measure->axes.count; i++) {
		const struct setting *setting = &measure->axes.items[i];

		if (short_form && strcmp(setting->name, measure->size_axis) != 0 &&
		    axis_is_shared(results, measure->kernel, setting))
			continue;
		text_add_format(&text, "%s%s=%s", text.length ? " " : "", setting->name,
		    setting->value);
	}
	kept = text.length ? results_keep(results, text.bytes) : "";
	text_free(&text);
	return kept;
}

const struct measure *
results_same(const struct results *results, const struct measure *measure)
{
	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *other = &results->measures[i];
		bool same = strcmp(other->kernel, measure->kernel) == 0 &&
		    strcmp(other->backend, measure->backend) == 0 &&
		    strcmp(other->l2, measure->l2) == 0 && other->axes.count == measure->axes.count;

		for (size_t j = 0; same && j < measure->axes.count; j++) {
			const char *value = settings_find(&other->axes, measure->axes.items[j].name);

			same = value != NULL && strcmp(value, measure->axes.items[j].value) == 0;
		}
		if (same)
			return other;
	}
	return NULL;
}

const struct ceiling *
results_find_ceiling(const struct results *results, const char *what, const char *level)
{
	const struct ceiling *found = NULL;

	for (size_t i = 0; i < results->ceiling_count; i++)
		if (strcmp(results->ceilings[i].what, what) == 0 &&
		    strcmp(results->ceilings[i].level, level) == 0)
			found = &results->ceilings[i];
	return found;
}

const struct ceiling *
results_plateau(const struct results *results, const char *what)
{
	const struct ceiling *largest = NULL;

	for (size_t i = 0; i < results->ceiling_count; i++) {
		const struct ceiling *ceiling = &results->ceilings[i];

		if (strcmp(ceiling->what, what) == 0 && ceiling->origin == ORIGIN_MEASURED &&
		    strcmp(ceiling->how, "plateau") == 0 &&
		    (largest == NULL || ceiling->bytes > largest->bytes))
			largest = ceiling;
	}
	return largest;
}

void
results_keep_values(struct results *results, struct measure *measure, const double *values,
    size_t count)
{
	double *copy = arena_alloc(&results->arena, (count + 1) * sizeof(*copy));

	for (size_t i = 0; i < count; i++)
		copy[i] = values[i];
	measure->values = copy;
	measure->value_count = count;
}

void
results_free(struct results *results)
{
	free(results->device.facts.items);
	for (size_t i = 0; i < results->measure_count; i++) {
		free(results->measures[i].axes.items);
		free(results->measures[i].facts.items);
	}
	for (size_t i = 0; i < results->fit_count; i++)
		free(results->fits[i].axes.items);
	free(results->ceilings);
	free(results->measures);
	free(results->fits);
	free(results->skipped);
	arena_free(&results->arena);
}
