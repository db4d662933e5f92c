/* SPDX-License-Identifier: Apache-2.0 */
/* Shares above 105 % are faults of the input or of an assumption, unless a cache explains them. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "judge.h"

/* Clocks and counting are within this of 1. */
static const double most_share = 1.05;
/* Ends of a range so near to each other are one number. */
static const double same_ends = 1.03;
/* Kernels smaller than this show what starting one takes. */
enum { SMALL_BYTES = 65536, SMALL_LEAST = 5 };
/* Replays of one kernel of one size take about the same time; where those that differ by more
 * hold this part of the time, names and times are not of the same kernels. */
enum { REPLAYS_LEAST = 8 };
static const double spread = 3, spread_part = 0.3;

static bool
is_main(const struct kernels *kernels, size_t at)
{
	return kernels->items[at].owner == (int32_t)at &&
	    kernels->items[at].origin != ORIGIN_NONE;
}

bool
judge_range(const struct item *item, double *low, double *high)
{
	if (!item->has_limit || !(item->op_us > 0))
		return false;
	*low = item->limit.low_us / item->op_us;
	*high = item->limit.us / item->op_us;
	return *high > *low * same_ends;
}

bool
judge_share(const struct item *item, double *share)
{
	double low;

	if (!item->has_limit || item->flag != NULL || !(item->op_us > 0) ||
	    judge_range(item, &low, share))
		return false;
	*share = item->limit.us / item->op_us;
	return true;
}

double
judge_win(const struct item *item, const struct verdicts *verdicts)
{
	double floor = item->limit.us + (verdicts->startup > 0 ? verdicts->startup : 0);

	return item->op_us > floor ? item->op_us - floor : 0;
}

static void
add_times(struct kernels *kernels)
{
	for (size_t i = 0; i < kernels->count; i++)
		kernels->items[i].op_us = 0;
	for (size_t i = 0; i < kernels->count; i++)
		kernels->items[kernels->items[i].owner].op_us += kernels->items[i].us;
}

/* Experts that can have been read in the time. */
static void
note_experts(struct item *item)
{
	double low = item->work.bytes[0], high = item->work.bytes[1], most;
	struct text note = { 0 };

	if (!(item->experts.high > 0) || !(high > low) || !(item->limit.memory_us > 0))
		return;
	most = item->experts.low + (item->op_us * high / item->limit.memory_us - low) / (high - low) *
	    (item->experts.high - item->experts.low);
	if (!(most < item->experts.high))
		return;
	text_add_format(&note, "at most %d experts were read; %s", (int)most, item->note);
	item->note = intern_string(note.bytes);
	text_free(&note);
}

static void
flag(struct item *item, const struct peaks *peaks)
{
	double low, high;
	bool range = judge_range(item, &low, &high);

	if (range)
		note_experts(item);
	if (!item->has_limit || !(item->op_us > 0))
		return;
	if ((range ? low : item->limit.us / item->op_us) <= most_share)
		return;
	if (item->work.engine == ENGINE_LINK)
		item->flag = "above the limit: the message's size or the link is not what was taken";
	else if (item->limit.compute_us <= item->limit.memory_us &&
	    work_fits_cache(&item->work, peaks)) {
		item->flag = "above the limit of the memory: the data fit a cache";
		return;
	} else
		item->flag = "above the limit: the sizes, the type, the device or the time is not "
		    "what was taken";
	item->finding = true;
}

static int
compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

/* Times of one kernel with one set of sizes. */
struct replays {
	double *us;
	size_t count, capacity;
};

static bool
is_steady(const struct item *item)
{
	static const char *const families[] = { "gemm", "norm", "norm_add", "rope", "activation",
		"kv_write", "copy" };

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (strcmp(item->work.family, families[i]) == 0)
			return true;
	return false;
}

static void
gather_replays(const struct kernels *kernels, struct map *groups)
{
	for (size_t i = 0; i < kernels->count; i++) {
		const struct item *item = &kernels->items[i];
		struct replays *replays;
		struct text key = { 0 };
		void **place;

		if (!item->graph || !is_main(kernels, i) || !is_steady(item))
			continue;
		text_add_format(&key, "%s\n%.0f %.0f", item->name, item->work.bytes[1],
		    item->work.flops[1]);
		place = map_put(groups, key.bytes, key.length);
		text_free(&key);
		if (*place == NULL)
			*place = memory_alloc_zero(1, sizeof(*replays));
		replays = *place;
		replays->us = memory_grow(replays->us, replays->count, &replays->capacity,
		    sizeof(*replays->us));
		replays->us[replays->count++] = item->us;
	}
}

/* True when names and times of replayed kernels do not belong together. */
static bool
replays_disagree(const struct kernels *kernels)
{
	struct map groups = { 0 };
	double sum = 0, apart = 0;

	gather_replays(kernels, &groups);
	for (size_t i = 0; i < groups.count; i++) {
		struct replays *replays = groups.entries[i].value;
		double own = 0;

		for (size_t j = 0; j < replays->count; j++)
			own += replays->us[j];
		qsort(replays->us, replays->count, sizeof(*replays->us), compare_doubles);
		sum += own;
		if (replays->count >= REPLAYS_LEAST && replays->us[replays->count * 9 / 10] >
		    spread * replays->us[replays->count / 10])
			apart += own;
		free(replays->us);
		free(replays);
	}
	map_free(&groups);
	return sum > 0 && apart > spread_part * sum;
}

static void
withhold_replays(struct kernels *kernels)
{
	for (size_t i = 0; i < kernels->count; i++) {
		struct item *item = &kernels->items[i];

		if (!item->graph || item->kind != TRACE_KERNEL)
			continue;
		item->origin = ORIGIN_NONE;
		item->owner = (int32_t)i;
		item->why = "withheld: replayed kernels of one size differ more than three times in "
		    "time, so names and times do not belong together";
	}
}

static void
limit(struct kernels *kernels, const struct verdicts *verdicts)
{
	for (size_t i = 0; i < kernels->count; i++) {
		struct item *item = &kernels->items[i];

		if (!is_main(kernels, i))
			continue;
		if (!verdicts->has_peaks)
			item->why = verdicts->no_peaks;
		else if (limit_make(&item->limit, &item->work, &verdicts->peaks, &item->why)) {
			item->has_limit = true;
			flag(item, &verdicts->peaks);
		}
	}
}

static double
startup(const struct kernels *kernels)
{
	static const char *const families[] = { "elementwise", "copy", "fill", "kv_write", "norm",
		"norm_add", "gather" };
	double *us = memory_alloc((kernels->count + 1) * sizeof(*us)), shortest = -1;
	size_t count = 0;

	for (size_t i = 0; i < kernels->count; i++) {
		const struct item *item = &kernels->items[i];

		if (!item->has_limit || item->kind != TRACE_KERNEL ||
		    !(item->work.bytes[1] < SMALL_BYTES) || item->work.engine > ENGINE_MEMORY)
			continue;
		for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
			if (strcmp(item->work.family, families[f]) == 0)
				us[count++] = item->us;
	}
	qsort(us, count, sizeof(*us), compare_doubles);
	if (count >= SMALL_LEAST)
		shortest = us[count / 10];
	free(us);
	return shortest;
}

static void
add_up(const struct kernels *kernels, struct verdicts *verdicts)
{
	for (size_t i = 0; i < kernels->count; i++) {
		const struct item *item = &kernels->items[i];
		const struct item *main = &kernels->items[item->owner];
		double low, high, share;

		verdicts->sum += item->us;
		if (!main->has_limit)
			verdicts->none += item->us;
		else if (main->finding)
			verdicts->over += item->us;
		else if (main->assumed)
			verdicts->assumed += item->us;
		else if (judge_range(main, &low, &high))
			verdicts->range += item->us;
		else
			verdicts->computed += item->us;
		if (main->has_limit && main->flag != NULL && !main->finding)
			verdicts->cache += item->us;
		if (item == main && judge_share(item, &share)) {
			verdicts->limit += item->limit.us;
			verdicts->limited += item->op_us;
		}
	}
}

void
judge(struct kernels *kernels, struct verdicts *verdicts)
{
	add_times(kernels);
	if (replays_disagree(kernels)) {
		withhold_replays(kernels);
		add_times(kernels);
	}
	limit(kernels, verdicts);
	verdicts->startup = startup(kernels);
	add_up(kernels, verdicts);
}
