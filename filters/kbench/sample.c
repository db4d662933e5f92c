/* SPDX-License-Identifier: Apache-2.0 */
/* Order statistics: they need no assumption about how durations are distributed, and one
 * sample that was interrupted does not move them. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sample.h"

void
samples_add(struct samples *samples, double us)
{
	samples->values = memory_grow(samples->values, samples->count, &samples->capacity,
	    sizeof(*samples->values));
	samples->values[samples->count++] = us;
}

void
samples_free(struct samples *samples)
{
	free(samples->values);
	*samples = (struct samples){ 0 };
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value at a fraction of the sorted samples, between neighbours where it falls. */
static double
quantile(const struct samples *samples, double fraction)
{
	double at = fraction * (double)(samples->count - 1);
	size_t below = (size_t)at;
	size_t above = below + 1 < samples->count ? below + 1 : below;

	return samples->values[below] +
	    (at - (double)below) * (samples->values[above] - samples->values[below]);
}

/* How many samples to leave out at either end so that the others span the median with 95 % at
 * least: the most for which the binomial says so; 0: even all of them do not (fewer than 6). */
static size_t
interval_rank(size_t count)
{
	double term = pow(0.5, (double)count), tail = 0;
	size_t rank = 0;

	/* Far out the terms are nothing, and the normal approximation is good. */
	if (count > 500)
		return (size_t)((double)count / 2 - 0.98 * sqrt((double)count));
	for (size_t i = 0; i < count / 2; i++) {
		tail += term;
		if (!(2 * tail <= 0.05))
			break;
		rank = i + 1;
		term *= (double)(count - i) / (double)(i + 1);
	}
	return rank;
}

/* Half the distribution-free 95 % confidence interval of the median, over the median; NAN when
 * so few samples carry none. */
static double
median_noise(const struct samples *samples, double median)
{
	size_t rank = interval_rank(samples->count);

	if (rank == 0)
		return NAN;
	return median > 0 ? (samples->values[samples->count - rank] - samples->values[rank - 1]) /
	    2 / median : 0;
}

struct summary
samples_summarize(struct samples *samples, const struct stop_rule *rule)
{
	struct summary summary = { .median = NAN, .min = NAN, .p99 = NAN, .noise = NAN,
		.cpu_us = NAN };

	if (samples->count == 0)
		return summary;
	qsort(samples->values, samples->count, sizeof(*samples->values), compare_doubles);
	summary.median = quantile(samples, 0.5);
	summary.min = samples->values[0];
	summary.p99 = quantile(samples, 0.99);
	summary.noise = median_noise(samples, summary.median);
	summary.settled = summary.noise <= rule->max_noise;
	summary.value_count = samples->count < MOST_VALUES ? samples->count : MOST_VALUES;
	for (size_t i = 0; i < summary.value_count; i++)
		summary.values[i] = samples->values[(2 * i + 1) * samples->count /
		    (2 * summary.value_count)];
	return summary;
}

bool
samples_enough(struct samples *samples, const struct stop_rule *rule, double seconds)
{
	if (rule->fixed > 0)
		return samples->count >= rule->fixed;
	if (samples->count < 2)
		return false;
	if (seconds >= rule->timeout)
		return true;
	if (samples->count < rule->min_samples || seconds < rule->min_seconds)
		return false;
	/* Sorting after every sample of many would take longer than the samples. */
	if (samples->count < samples->looked + samples->looked / 8)
		return false;
	samples->looked = samples->count;
	return samples_summarize(samples, rule).settled;
}
