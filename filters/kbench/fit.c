/* SPDX-License-Identifier: Apache-2.0 */
/* t = t0 + bytes / bandwidth by least squares over the rows that differ in size alone. Each
 * row weighs by 1 / t^2, so that the relative error counts: small sizes say what t0 is. */
#include <math.h>
#include <string.h>

#include "bench.h"
#include "fit.h"
#include "base/memory.h"

/* Two points fit any line. */
enum { FEWEST_POINTS = 3 };

static bool
same_but_size(const struct measure *a, const struct measure *b)
{
	if (strcmp(a->kernel, b->kernel) != 0 || strcmp(a->backend, b->backend) != 0 ||
	    strcmp(a->l2, b->l2) != 0 || a->axes.count != b->axes.count)
		return false;
	for (size_t i = 0; i < a->axes.count; i++) {
		const struct setting *setting = &a->axes.items[i];
		const char *other = settings_find(&b->axes, setting->name);

		if (strcmp(setting->name, a->size_axis) != 0 &&
		    (other == NULL || strcmp(other, setting->value) != 0))
			return false;
	}
	return true;
}

/* Solves for t0 and the slope (us per byte); false when the sizes do not differ. */
static bool
solve(const struct results *results, const struct measure *like, double *t0, double *slope,
    size_t *points)
{
	double weights = 0, x = 0, y = 0, xx = 0, xy = 0, divisor;

	*points = 0;
	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *row = &results->measures[i];
		double weight;

		if (!same_but_size(like, row) || !(row->median > 0) || !(row->bytes > 0))
			continue;
		weight = 1 / (row->median * row->median);
		weights += weight;
		x += weight * row->bytes;
		y += weight * row->median;
		xx += weight * row->bytes * row->bytes;
		xy += weight * row->bytes * row->median;
		++*points;
	}
	divisor = weights * xx - x * x;
	if (*points < FEWEST_POINTS || !(divisor > 1e-9 * weights * xx))
		return false;
	*slope = (weights * xy - x * y) / divisor;
	*t0 = (y - *slope * x) / weights;
	/* A negative start is no time: the line through the origin fits best then. */
	if (*t0 < 0) {
		*t0 = 0;
		*slope = xy / xx;
	}
	return *slope > 0;
}

static void
add_fit(struct results *results, const struct measure *like)
{
	double t0, slope, worst = 0;
	struct fit *fit;
	size_t points;

	if (!solve(results, like, &t0, &slope, &points))
		return;
	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *row = &results->measures[i];
		double error;

		if (!same_but_size(like, row) || !(row->median > 0) || !(row->bytes > 0))
			continue;
		error = fabs(t0 + slope * row->bytes - row->median) / row->median;
		worst = error > worst ? error : worst;
	}
	results->fits = memory_grow(results->fits, results->fit_count, &results->fit_capacity,
	    sizeof(*results->fits));
	fit = &results->fits[results->fit_count++];
	*fit = (struct fit){ .kernel = like->kernel, .backend = like->backend, .l2 = like->l2,
		.t0_us = t0, .gbps = 1e-3 / slope, .worst = worst, .points = points };
	for (size_t i = 0; i < like->axes.count; i++)
		if (strcmp(like->axes.items[i].name, like->size_axis) != 0)
			settings_add(results, &fit->axes, like->axes.items[i].name,
			    like->axes.items[i].value);
}

void
bench_fits(struct results *results)
{
	for (size_t i = 0; i < results->measure_count; i++) {
		size_t first = 0;

		while (!same_but_size(&results->measures[first], &results->measures[i]))
			first++;
		if (first == i)
			add_fit(results, &results->measures[i]);
	}
}

const struct fit *
fit_of(const struct results *results, const struct measure *measure)
{
	for (size_t i = 0; i < results->fit_count; i++) {
		const struct fit *fit = &results->fits[i];
		bool same = strcmp(fit->kernel, measure->kernel) == 0 &&
		    strcmp(fit->backend, measure->backend) == 0 && strcmp(fit->l2, measure->l2) == 0;

		for (size_t j = 0; same && j < fit->axes.count; j++) {
			const char *value = settings_find(&measure->axes, fit->axes.items[j].name);

			same = value != NULL && strcmp(value, fit->axes.items[j].value) == 0;
		}
		if (same)
			return fit;
	}
	return NULL;
}

double
fit_fixed_share(const struct fit *fit, const struct measure *measure)
{
	return fit->t0_us / (fit->t0_us + measure->bytes / fit->gbps * 1e-3);
}
