/* SPDX-License-Identifier: Apache-2.0 */
/* New results against old ones: a row is slower or faster only beyond the noise of both. */
#include <math.h>
#include <string.h>

#include "writers.h"

/* Two runs differ by this much though nothing changed: memory lies elsewhere, clocks drift. */
static const double drift = 0.03;

/* The old measure of the same kernel and axes; NULL when there is none. */
static const struct measure *
find_old(struct results *old, const struct measure *measure)
{
	for (size_t i = 0; i < old->measure_count; i++) {
		const struct measure *other = &old->measures[i];
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

int
write_comparison(struct output *out, struct results *results, struct results *old)
{
	size_t compared = 0, missing = 0;
	int slower = 0, faster = 0;
	double logs = 0;

	if (strcmp(results->device.name, old->device.name) != 0)
		output_format(out, "Different machines: %s now, %s before.\n", results->device.name,
		    old->device.name);
	output_format(out, "%-10s %-40s %-5s %12s %12s %8s %8s  %s\n", "kernel", "axes", "l2",
	    "before us", "now us", "speed", "noise", "verdict");
	for (size_t i = 0; i < results->measure_count; i++) {
		const struct measure *now = &results->measures[i], *before = find_old(old, now);
		const char *verdict = "same";
		double speed, noise;

		if (before == NULL) {
			missing++;
			continue;
		}
		speed = before->median / now->median;
		noise = hypot(now->noise, before->noise);
		/* Three times the combined noise: one row in hundreds differs by chance. */
		if (fabs(log(speed)) > fmax(3 * noise, drift))
			verdict = speed < 1 ? "slower" : "faster";
		slower += strcmp(verdict, "slower") == 0;
		faster += strcmp(verdict, "faster") == 0;
		logs += log(speed);
		compared++;
		output_format(out, "%-10s %-40s %-5s %12.4g %12.4g %7.3fx %6.1f %%  %s\n", now->kernel,
		    measure_axes_text(results, now, true), now->l2, before->median, now->median, speed,
		    noise * 100, verdict);
	}
	output_format(out, "%zu rows compared: %d slower, %d faster, geometric mean of speeds %.3fx",
	    compared, slower, faster, compared ? exp(logs / (double)compared) : NAN);
	output_format(out, missing ? "; %zu rows are not in the old file\n" : "\n", missing);
	return slower;
}
