/* SPDX-License-Identifier: Apache-2.0 */
/* New results against old ones: a row is slower or faster only if their samples differ by the test
 * that tr-compare uses, beyond the noise of both and what the machine itself changed, which its
 * clock and its ceilings show. */
#include <math.h>
#include <string.h>

#include "base/statistics.h"
#include "sample.h"
#include "writers.h"

/* As tr-compare has it. */
static const double significant = 0.05;

/* Two runs differ by this much though nothing changed: memory lies elsewhere. */
static const double drift = 0.05;

/* Beyond these differences of the clock and of the ceiling the machine was another. */
static const double same_clock = 0.02, same_ceiling = 0.1;

enum verdict { SAME, SLOWER, FASTER, NOISY, OTHER_CLOCK, OTHER_MACHINE, VERDICTS };
static const char *const verdict_names[VERDICTS] = { "same", "slower", "faster",
	"no verdict: noisy or busy", "no verdict: clock differs", "no verdict: the machine differs" };

static bool
is_quiet(const struct measure *measure)
{
	static const char *const flags[] = { "noisy", "too few samples", "preempted", "throttled",
		"clock changed", "busy" };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (measure_has_flag(measure, flags[i]))
			return false;
	return isfinite(measure->noise);
}

/* How much the logarithm of a figure of the machine differs; 0 where one of the runs lacks it. */
static double
difference(double now, double before)
{
	return now > 0 && before > 0 ? fabs(log(now / before)) : 0;
}

static double
clock_of(const struct measure *measure)
{
	const struct fact *clock = facts_find(&measure->facts, "clock");

	return clock != NULL ? clock->number : NAN;
}

static void
picoseconds(const struct measure *measure, int64_t *values)
{
	for (size_t i = 0; i < measure->value_count; i++)
		values[i] = (int64_t)fmin(measure->values[i] * 1e6, 1e15);
}

/* How likely samples differ so by chance; 0 where they were not kept. The logarithm of how much
 * faster it is: by the median difference of all pairs, else by the medians. */
static double
test(const struct measure *now, const struct measure *before, double *change)
{
	int64_t a[MOST_VALUES], b[MOST_VALUES];
	struct statistics statistics;

	*change = log(before->median / now->median);
	if (now->value_count < STATISTICS_FEWEST || before->value_count < STATISTICS_FEWEST)
		return 0;
	picoseconds(before, a);
	picoseconds(now, b);
	statistics = statistics_compare(a, before->value_count, b, now->value_count);
	*change = -log1p((double)statistics.difference / 1e6 / before->median);
	return statistics.p;
}

static enum verdict
judge(const struct measure *now, const struct measure *before)
{
	double machine = difference(now->ceiling_gbps, before->ceiling_gbps);
	double change, best, p = test(now, before, &change);
	double noise = hypot(now->noise, before->noise);

	if (!is_quiet(now) || !is_quiet(before) || !isfinite(change))
		return NOISY;
	if (difference(clock_of(now), clock_of(before)) > same_clock)
		return OTHER_CLOCK;
	if (machine > same_ceiling)
		return OTHER_MACHINE;
	/* Three times the combined noise: one row in hundreds differs by chance. What changed has
	 * changed its best sample, too; what was disturbed has not. */
	best = log(before->min / now->min);
	if (p > significant || !(fabs(change) > fmax(3 * noise, drift) + machine) ||
	    !(best * change > 0) || !(fabs(best) > drift + machine))
		return SAME;
	return change < 0 ? SLOWER : FASTER;
}

/* What it comes to. */
struct outcome {
	size_t compared, missing, counts[VERDICTS];
	double logs; /* of speeds, added */
};

static void
compare_row(struct output *out, struct results *results, const struct measure *now,
    const struct measure *before, bool same_machine, struct outcome *outcome)
{
	double speed = before->median / now->median;
	enum verdict verdict = same_machine ? judge(now, before) : OTHER_MACHINE;

	outcome->counts[verdict]++;
	outcome->logs += log(speed);
	outcome->compared++;
	if (out != NULL)
		output_format(out, "%-10s %-40s %-5s %12.4g %12.4g %7.3fx %6.1f %%  %s\n",
		    now->kernel, measure_axes_text(results, now, true), now->l2, before->median,
		    now->median, speed, hypot(now->noise, before->noise) * 100,
		    verdict_names[verdict]);
}

static void
write_outcome(struct output *out, const struct outcome *outcome, bool record)
{
	const size_t *counts = outcome->counts;
	size_t without = counts[NOISY] + counts[OTHER_CLOCK] + counts[OTHER_MACHINE];

	if (record)
		output_format(out, "{\"kind\":\"verdict\",\"status\":\"%s\",\"says\":\"",
		    counts[SLOWER] > 0 ? "slower" : counts[FASTER] > 0 ? "faster" :
		    without == outcome->compared ? "incomparable" : "no-change");
	output_format(out, "%zu rows compared: %zu slower, %zu faster, geometric mean of speeds %.3fx",
	    outcome->compared, counts[SLOWER], counts[FASTER],
	    outcome->compared ? exp(outcome->logs / (double)outcome->compared) : NAN);
	if (without > 0)
		output_format(out, "; %zu without a verdict", without);
	if (outcome->missing > 0)
		output_format(out, "; %zu rows are not in the old file", outcome->missing);
	output_string(out, record ? "\"}\n" : "\n");
}

int
write_comparison(struct output *out, struct results *results, struct results *old, bool record)
{
	bool same_machine = strcmp(results->device.name, old->device.name) == 0;
	struct outcome outcome = { 0 };

	if (!same_machine && !record)
		output_format(out, "Different machines: %s now, %s before.\n", results->device.name,
		    old->device.name);
	if (!record)
		output_format(out, "%-10s %-40s %-5s %12s %12s %8s %8s  %s\n", "kernel", "axes",
		    "l2", "before us", "now us", "speed", "noise", "verdict");
	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *now = &results->measures[i], *before = results_same(old, now);

		if (before == NULL)
			outcome.missing++;
		else
			compare_row(record ? NULL : out, results, now, before, same_machine, &outcome);
	}
	write_outcome(out, &outcome, record);
	return (int)outcome.counts[SLOWER];
}
