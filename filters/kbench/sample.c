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

/* Half the distribution-free 95 % confidence interval of the median: the ranks
 * n/2 -+ 0.98 sqrt(n) of the normal approximation to the binomial. */
static double
median_noise(const struct samples *samples, double median)
{
	double count = (double)samples->count, reach = 0.98 * sqrt(count);
	double low = (count / 2 - reach) / count, high = (count / 2 + reach) / count;

	if (low < 0)
		low = 0;
	if (high > 1)
		high = 1;
	return median > 0 ? (quantile(samples, high) - quantile(samples, low)) / 2 / median : 0;
}

struct summary
samples_summarize(struct samples *samples, const struct stop_rule *rule)
{
	struct summary summary = { NAN, NAN, NAN, NAN, false };

	if (samples->count == 0)
		return summary;
	qsort(samples->values, samples->count, sizeof(*samples->values), compare_doubles);
	summary.median = quantile(samples, 0.5);
	summary.min = samples->values[0];
	summary.p99 = quantile(samples, 0.99);
	summary.noise = median_noise(samples, summary.median);
	summary.settled = summary.noise <= rule->max_noise;
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
