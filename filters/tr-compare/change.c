/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the passes of one stage: times as a whole by a test, rows by their means. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "change.h"
#include "replace.h"

static bool
counts(const struct pass *pass, enum stage stage)
{
	return pass->stage == stage && pass->warm;
}

/* The own times of a side's warm passes, in a new array. */
static int64_t *
times_of(const struct side *side, enum stage stage, size_t *count, size_t *warm_up)
{
	int64_t *times = memory_alloc((side->pass_count + 1) * sizeof(*times));

	*count = *warm_up = 0;
	for (size_t i = 0; i < side->pass_count; i++)
		if (counts(&side->passes[i], stage))
			times[(*count)++] = side->passes[i].own;
		else
			*warm_up += side->passes[i].stage == stage &&
			    side->passes[i].event_count > 0;
	return times;
}

/* Microseconds a pass by row, in a new array. */
static double *
means_of(const struct side *side, enum stage stage, size_t rows, size_t passes)
{
	int64_t *sums = memory_alloc_zero(rows + 1, sizeof(*sums));
	double *means = memory_alloc((rows + 1) * sizeof(*means));

	for (size_t i = 0; i < side->pass_count; i++)
		for (size_t j = 0; counts(&side->passes[i], stage) &&
		    j < side->passes[i].share_count; j++)
			sums[side->passes[i].shares[j].row] += side->passes[i].shares[j].ns;
	for (size_t row = 0; row < rows; row++)
		means[row] = (double)sums[row] / 1e3 / (double)passes;
	free(sums);
	return means;
}

static int
by_change(const void *a, const void *b)
{
	const struct contribution *first = a, *second = b;
	double first_size = fabs(first->after - first->before);
	double second_size = fabs(second->after - second->before);

	if (first_size > second_size || first_size < second_size)
		return first_size < second_size ? 1 : -1;
	return (first->row > second->row) - (first->row < second->row);
}

static void
find_rows(struct stage_change *change, const struct side sides[2], const struct rows *rows)
{
	double *before = means_of(&sides[0], change->stage, rows->count, change->passes[0]);
	double *after = means_of(&sides[1], change->stage, rows->count, change->passes[1]);
	int64_t *replaced = replace_find(sides, rows, change->stage, before, after);

	change->rows = memory_alloc((rows->count + 1) * sizeof(*change->rows));
	for (uint32_t row = 0; row < rows->count; row++) {
		struct contribution one = { row, replaced[row], before[row], after[row] };

		if (replaced[row] >= 0)
			one.before = before[replaced[row]];
		/* A row that is replaced is told by the one that replaces it. */
		if (replaced[row] != REPLACE_GONE && (one.before > 0 || one.after > 0))
			change->rows[change->row_count++] = one;
	}
	qsort(change->rows, change->row_count, sizeof(*change->rows), by_change);
	free(before);
	free(after);
	free(replaced);
}

static double
mean(const int64_t *times, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)times[i];
	return sum / 1e3 / (double)count;
}

static enum change_verdict
verdict_of(const struct stage_change *change)
{
	const struct statistics *statistics = &change->statistics;

	if (change->passes[0] < STATISTICS_FEWEST || change->passes[1] < STATISTICS_FEWEST)
		return CHANGE_TOO_FEW;
	if (!(statistics->p <= 0.05) ||
	    fabs((double)statistics->difference) * 100 < (double)change->median[0])
		return CHANGE_NONE;
	return statistics->difference > 0 ? CHANGE_SLOWER : CHANGE_FASTER;
}

bool
change_find(struct stage_change *change, const struct side sides[2], const struct rows *rows,
    enum stage stage)
{
	int64_t *times[2];
	bool both;

	*change = (struct stage_change){ .stage = stage };
	for (int i = 0; i < 2; i++)
		times[i] = times_of(&sides[i], stage, &change->passes[i], &change->warm_up[i]);
	both = change->passes[0] > 0 && change->passes[1] > 0;
	if (both) {
		for (int i = 0; i < 2; i++) {
			change->median[i] = statistics_median_of(times[i], change->passes[i]);
			change->mean[i] = mean(times[i], change->passes[i]);
		}
		change->statistics = statistics_compare(times[0], change->passes[0], times[1],
		    change->passes[1]);
		change->verdict = verdict_of(change);
		find_rows(change, sides, rows);
	}
	free(times[0]);
	free(times[1]);
	return both;
}

void
change_free(struct stage_change *change)
{
	free(change->rows);
}

double
change_percent(const struct stage_change *change)
{
	return change->median[0] > 0
	    ? 100 * (double)change->statistics.difference / (double)change->median[0] : 0;
}

double
change_common(const struct side sides[2], const struct rows *rows)
{
	bool *known = memory_alloc_zero(rows->count + 1, sizeof(*known));
	double whole = 0, common = 0;

	for (size_t i = 0; i < sides[1].event_count; i++)
		known[sides[1].events[i].row] = true;
	for (size_t i = 0; i < sides[0].event_count; i++) {
		const struct event *event = &sides[0].events[i];
		/* A zero-length kernel is there all the same. */
		double time = (double)(event->end - event->start) + 1;

		if (rows->rows[event->row].class != ROW_COMPUTE &&
		    rows->rows[event->row].class != ROW_COMMUNICATION)
			continue;
		whole += time;
		common += known[event->row] ? time : 0;
	}
	free(known);
	return whole > 0 ? common / whole : 0;
}
