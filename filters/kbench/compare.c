/* SPDX-License-Identifier: Apache-2.0 */
/* New results against old ones: a row is slower or faster only beyond the noise of both and what
 * the machine itself changed, which its clock and its ceilings show. */
#include <math.h>
#include <string.h>

#include "writers.h"

/* Two runs differ by this much though nothing changed: memory lies elsewhere. */
static const double drift = 0.05;

/* Beyond these differences of the clock and of the ceiling the machine was another. */
static const double same_clock = 0.02, same_ceiling = 0.1;

enum verdict { SAME, SLOWER, FASTER, NOISY, OTHER_CLOCK, OTHER_MACHINE, VERDICTS };
static const char *const verdict_names[VERDICTS] = { "same", "slower", "faster",
	"no verdict: noisy", "no verdict: clock differs", "no verdict: the machine differs" };

static bool
is_quiet(const struct measure *measure)
{
	static const char *const flags[] = { "noisy", "too few samples", "preempted", "throttled",
		"clock changed" };

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

static enum verdict
judge(const struct measure *now, const struct measure *before)
{
	double machine = difference(now->ceiling_gbps, before->ceiling_gbps);
	double change = log(before->median / now->median);
	double noise = hypot(now->noise, before->noise);

	if (!is_quiet(now) || !is_quiet(before) || !isfinite(change))
		return NOISY;
	if (difference(clock_of(now), clock_of(before)) > same_clock)
		return OTHER_CLOCK;
	if (machine > same_ceiling)
		return OTHER_MACHINE;
	/* Three times the combined noise: one row in hundreds differs by chance. */
	if (!(fabs(change) > fmax(3 * noise, drift) + machine))
		return SAME;
	return change < 0 ? SLOWER : FASTER;
}

int
write_comparison(struct output *out, struct results *results, struct results *old)
{
	size_t compared = 0, missing = 0, counts[VERDICTS] = { 0 };
	bool machines_differ = strcmp(results->device.name, old->device.name) != 0;
	double logs = 0;

	if (machines_differ)
		output_format(out, "Different machines: %s now, %s before.\n", results->device.name,
		    old->device.name);
	output_format(out, "%-10s %-40s %-5s %12s %12s %8s %8s  %s\n", "kernel", "axes", "l2",
	    "before us", "now us", "speed", "noise", "verdict");
	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *now = &results->measures[i], *before = results_same(old, now);
		enum verdict verdict;
		double speed;

		if (before == NULL) {
			missing++;
			continue;
		}
		speed = before->median / now->median;
		verdict = machines_differ ? OTHER_MACHINE : judge(now, before);
		counts[verdict]++;
		logs += log(speed);
		compared++;
		output_format(out, "%-10s %-40s %-5s %12.4g %12.4g %7.3fx %6.1f %%  %s\n", now->kernel,
		    measure_axes_text(results, now, true), now->l2, before->median, now->median,
		    speed, hypot(now->noise, before->noise) * 100, verdict_names[verdict]);
	}
	output_format(out, "%zu rows compared: %zu slower, %zu faster, geometric mean of speeds %.3fx",
	    compared, counts[SLOWER], counts[FASTER], compared ? exp(logs / (double)compared) : NAN);
	if (counts[NOISY] + counts[OTHER_CLOCK] + counts[OTHER_MACHINE] > 0)
		output_format(out, "; %zu without a verdict", counts[NOISY] + counts[OTHER_CLOCK] +
		    counts[OTHER_MACHINE]);
	output_format(out, missing ? "; %zu rows are not in the old file\n" : "\n", missing);
	return (int)counts[SLOWER];
}
