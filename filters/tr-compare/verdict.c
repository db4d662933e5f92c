/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what a comparison comes to, and says it in a sentence. */
#include <math.h>
#include <string.h>

#include "verdict.h"

const char *const verdict_names[] = { "too-few-passes", "no-change", "slower", "faster" };

/* Traces that share less of their kernels' time than this are not two of one thing. */
static const double LEAST_COMMON = 0.01;

static void
say_stage(struct text *says, const struct stage_change *change)
{
	double percent = change_percent(change);

	text_add_format(says, "%s%s%s is %.1f %% %s (%.3f to %.3f ms", says->length > 0 ? "; " : "",
	    change->stage == STAGE_UNKNOWN ? "a pass of stage " : "",
	    stage_names[change->stage], fabs(percent), percent < 0 ? "faster" : "slower",
	    (double)change->median[0] / 1e6, (double)change->median[1] / 1e6);
	if (change->verdict == CHANGE_TOO_FEW)
		text_add_format(says, ", %zu and %zu passes: too few for a test)",
		    change->passes[0], change->passes[1]);
	else
		text_add_format(says, ", p = %.2g)", change->statistics.p);
}

/* Microseconds of a type in the mean pass of a stage. */
static double
time_of_type(const struct report *report, const struct stage_change *change, int type, bool after)
{
	const char *name = type_names[type];
	double sum = 0;

	for (size_t i = 0; i < change->row_count; i++)
		if (strcmp(report->rows->rows[change->rows[i].row].type, name) == 0)
			sum += after ? change->rows[i].after : change->rows[i].before;
	return sum;
}

/* Types beyond their limit in one stage; says each. */
static bool
types_breach(const struct report *report, const struct stage_change *change, struct text *says)
{
	bool breach = false;

	for (int type = 0; type < TYPE_COUNT; type++) {
		double before = time_of_type(report, change, type, false);
		double after = time_of_type(report, change, type, true);
		double percent = before > 0 ? 100 * (after - before) / before : 0;

		if (isnan(report->threshold.type[type]) || !(after > before) ||
		    (before > 0 && percent <= report->threshold.type[type]))
			continue;
		breach = true;
		text_add_format(says, "%s%s of %s takes %.3f us a pass where it took %.3f",
		    says->length > 0 ? "; " : "", type_names[type],
		    stage_names[change->stage], after, before);
	}
	return breach;
}

static bool
has_type_limit(const struct threshold *threshold)
{
	for (int type = 0; type < TYPE_COUNT; type++)
		if (!isnan(threshold->type[type]))
			return true;
	return false;
}

/* With limits the answer is breach or pass. A stage with too few passes for a test counts by
 * its median all the same: a limit that is passed over would be no limit. */
static const char *
by_limits(const struct report *report, struct text *says)
{
	bool breach = false;

	for (size_t i = 0; i < report->count; i++) {
		const struct stage_change *change = &report->changes[i];

		if (!isnan(report->threshold.pass) && change->verdict != CHANGE_NONE &&
		    change_percent(change) > report->threshold.pass) {
			say_stage(says, change);
			breach = true;
		}
		breach = types_breach(report, change, says) || breach;
	}
	if (!breach)
		text_add_string(says, "within the limits");
	return breach ? "breach" : "pass";
}

static const char *
by_tests(const struct report *report, struct text *says)
{
	size_t slower = 0, faster = 0, judged = 0;

	for (size_t i = 0; i < report->count; i++) {
		const struct stage_change *change = &report->changes[i];

		slower += change->verdict == CHANGE_SLOWER;
		faster += change->verdict == CHANGE_FASTER;
		judged += change->verdict != CHANGE_TOO_FEW;
		if (change->verdict != CHANGE_NONE)
			say_stage(says, change);
	}
	if (judged == 0)
		return "incomparable";
	if (says->length == 0)
		text_add_string(says, "no change");
	return slower > 0 ? "slower" : faster > 0 ? "faster" : "no-change";
}

const char *
verdict_find(const struct report *report, struct text *says)
{
	if (report->count == 0) {
		text_add_string(says, "the traces have no stage in common");
		return "incomparable";
	}
	if (change_common(report->sides, report->rows) < LEAST_COMMON) {
		text_add_string(says, "the traces have no kernels in common");
		return "incomparable";
	}
	if (!isnan(report->threshold.pass) || has_type_limit(&report->threshold))
		return by_limits(report, says);
	return by_tests(report, says);
}
