/* SPDX-License-Identifier: Apache-2.0 */
/* The loop around every measurement: warm up, choose how many calls a sample holds, sample
 * until the rule is content, check the result, compare with the ceiling. */
#define _DEFAULT_SOURCE /* getloadavg */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "cpu.h"
#include "base/memory.h"

/* A sample should last long enough for its clock: us, and the most calls in one. */
static const double cpu_sample_us = 20, cuda_sample_us = 200;
enum { MOST_CALLS = 4096 };

/* Calls in a sample where ranks are processes. */
enum { COLLECTIVE_CALLS = 10 };

enum { CEILING_RETRIES = 8 };

/* A clock this much slower afterwards is throttling, not noise. */
static const double slower = 0.9;

const struct subject *const subjects[] = { &subject_index, &subject_store, &subject_kvcache,
	&subject_allreduce, &subject_radix, NULL };

static unsigned
choose_calls(struct bench *bench, const struct work *work, double target)
{
	unsigned calls = 1;
	double us = 0;

	while (calls < MOST_CALLS) {
		if (!bench->backend->prepare(bench->backend, work, calls, false))
			return calls;
		us = bench->backend->sample(bench->backend, work, calls, false).us;
		bench->backend->done(bench->backend);
		if (us * calls >= target)
			break;
		calls *= us * calls < target / 16 ? 8 : 2;
	}
	return calls > MOST_CALLS ? MOST_CALLS : calls;
}

/* Samples until the rule is content. Those during which the system took the processor away say
 * how long that was, not how long the work takes; they count only where there are no others. */
static struct summary
take_samples(struct bench *bench, const struct work *work, unsigned calls, bool cold,
    const struct stop_rule *rule, size_t *count)
{
	struct samples kept = { 0 }, preempted = { 0 }, cpu = { 0 };
	double begin = cpu_seconds(), passed;
	struct summary summary;
	bool enough;

	do {
		struct sample sample = bench->backend->sample(bench->backend, work, calls, cold);
		bool fixed = rule->fixed > 0 && kept.count + preempted.count >= 2 * rule->fixed;

		samples_add(sample.preempted ? &preempted : &kept, sample.us);
		if (!sample.preempted && !isnan(sample.cpu_us))
			samples_add(&cpu, sample.cpu_us);
		passed = cpu_seconds() - begin;
		enough = samples_enough(&kept, rule, passed) || fixed ||
		    (passed >= rule->timeout && rule->fixed == 0 && preempted.count >= 2 &&
		    kept.count < 2);
	} while (!enough);
	summary = samples_summarize(kept.count > 0 ? &kept : &preempted, rule);
	summary.cpu_us = samples_summarize(&cpu, rule).median;
	summary.preempted = kept.count == 0;
	summary.dropped = kept.count > 0 ? preempted.count : 0;
	*count = kept.count > 0 ? kept.count : preempted.count;
	samples_free(&kept);
	samples_free(&preempted);
	samples_free(&cpu);
	return summary;
}

bool
bench_time(struct bench *bench, const struct work *work, bool cold,
    const struct stop_rule *rule, struct summary *summary, size_t *count, unsigned *calls,
    const char **why)
{
	struct backend *backend = bench->backend;

	for (unsigned i = 0; i < bench->warmups; i++)
		if (work->call(work->context, 1) != KERNEL_OK) {
			*why = "the kernel reported an error";
			return false;
		}
	if (!backend->finish(backend, why))
		return false;
	*calls = cold ? 1
	    : work->calls ? work->calls
	    : choose_calls(bench, work, backend->is_cuda ? cuda_sample_us : cpu_sample_us);
	if (!backend->prepare(backend, work, *calls, cold)) {
		*why = "it could not be prepared for timing";
		return false;
	}
	*summary = take_samples(bench, work, *calls, cold, rule, count);
	backend->done(backend);
	return backend->finish(backend, why);
}

/* One that its row beats was itself disturbed: it is measured again. */
static const struct ceiling *
ceiling_above(struct bench *bench, const char *what, const struct measure *measure, bool cold)
{
	const struct ceiling *ceiling = bench_ceiling(bench, what, measure->bytes, cold);

	for (int again = 0; ceiling != NULL && again < CEILING_RETRIES &&
	    measure->gbps > ceiling->gbps; again++)
		bench_ceiling_again(bench, ceiling, cold);
	return ceiling;
}

static void
set_ceiling(struct bench *bench, struct measure *measure, bool cold)
{
	const struct ceiling *ceiling, *plateau;

	if (measure->ceiling[0] == '\0' || !(measure->bytes > 0) || bench->no_ceilings)
		return;
	ceiling = ceiling_above(bench, measure->ceiling, measure, cold);
	/* Two arrays can be read faster than one: more is under way. */
	if (ceiling != NULL && measure->gbps > ceiling->gbps && !bench->backend->is_cuda &&
	    strcmp(measure->ceiling, "read") == 0) {
		const struct ceiling *compare = ceiling_above(bench, "compare", measure, cold);

		if (compare != NULL && compare->gbps > ceiling->gbps) {
			ceiling = compare;
			measure->ceiling = "compare";
		}
	}
	if (ceiling != NULL) {
		measure->ceiling_gbps = ceiling->gbps;
		measure->ceiling_pct = measure->gbps / ceiling->gbps * 100;
	}
	if (measure->ceiling_pct > 100)
		measure_flag(measure, "above-ceiling");
	plateau = results_plateau(bench->results, measure->ceiling);
	if (plateau != NULL)
		measure->peak_pct = measure->gbps / plateau->gbps * 100;
	measure->datasheet_pct = measure->gbps / bench->datasheet_gbps * 100;
	if (measure->peak_pct > 100 || measure->datasheet_pct > 100)
		measure_flag(measure, "cache-resident");
}

/* Whether others keep more than half of the processors at work: they share caches, memory and, where
 * a core runs two threads, the core itself, which no clock shows. */
static bool
is_busy(const struct bench *bench)
{
	const struct fact *cores = facts_find(&bench->results->device.facts, "cores");
	double load;

	/* One of those that run is this one. */
	return !bench->backend->is_cuda && cores != NULL && getloadavg(&load, 1) == 1 &&
	    load - 1 > cores->number / 2;
}

/* What the machine did meanwhile. */
static void
note_run(struct bench *bench, struct measure *measure, const struct summary *summary,
    double before, double after)
{
	struct results *results = bench->results;

	if (!bench->backend->is_cuda) {
		facts_number(results, &measure->facts, "clock", after, "GHz", ORIGIN_MEASURED);
		facts_number(results, &measure->facts, "dropped samples", (double)summary->dropped,
		    "", ORIGIN_MEASURED);
	}
	if (!isnan(summary->cpu_us))
		facts_number(results, &measure->facts, "CPU time", summary->cpu_us, "us",
		    ORIGIN_MEASURED);
	if (is_busy(bench))
		measure_flag(measure, "busy");
	if (after < before * slower)
		measure_flag(measure, "throttled");
	else if (before < after * slower)
		measure_flag(measure, "clock changed");
}

/* Time one l2 mode of an open job. */
static void
measure_mode(struct bench *bench, const struct subject *subject, void *job,
    const struct point *point, bool cold, int correct)
{
	/* Ranks in other processes must make the same calls: none may depend on the clock. */
	struct work work = { subject->call, job, subject->collective,
		subject->collective && bench->world > 0 ? COLLECTIVE_CALLS : 0,
		subject->told_us != NULL ? subject->told_us(job) : NULL,
		subject->ready };
	double before = bench->backend->speed(bench->backend);
	struct measure *measure;
	struct summary summary;
	size_t samples;
	unsigned calls;
	const char *why;

	if (!bench_time(bench, &work, cold, &bench->rule, &summary, &samples, &calls, &why)) {
		results_skip(bench->results, subject->name, why);
		return;
	}
	measure = results_measure(bench->results);
	measure->kernel = subject->name;
	measure->backend = bench->backend->name;
	measure->size_axis = subject->size_axis;
	/* The state of the caches has a field of its own. */
	for (size_t i = 0; i < point->axis_count; i++)
		if (strcmp(point->axes[i].name, "l2") != 0)
			settings_add(bench->results, &measure->axes, point->axes[i].name,
			    point->axes[i].values[point->at[i]]);
	measure->median = summary.median;
	measure->min = summary.min;
	measure->p99 = summary.p99;
	measure->noise = summary.noise;
	results_keep_values(bench->results, measure, summary.values, summary.value_count);
	measure->samples = (int64_t)samples;
	measure->calls = calls;
	measure->l2 = cold ? "cold" : "hot";
	measure->correct = correct;
	note_run(bench, measure, &summary, before, bench->backend->speed(bench->backend));
	subject->describe(job, measure);
	measure->gbps = measure->bytes / measure->median * 1e-3;
	set_ceiling(bench, measure, cold);
	if (correct == 0)
		measure_flag(measure, "wrong");
	if (isnan(summary.noise))
		measure_flag(measure, "too few samples");
	else if (!summary.settled)
		measure_flag(measure, "noisy");
	if (summary.preempted)
		measure_flag(measure, "preempted");
}

void
bench_point(struct bench *bench, const struct subject *subject, const struct point *point)
{
	const char *l2 = point_text(point, "l2"), *why = "";
	void *job = subject->open(bench, point, &why);
	int correct = -1;

	if (job == NULL) {
		results_skip(bench->results, subject->name, why);
		return;
	}
	if (bench->check)
		correct = subject->check_known != NULL ? subject->check_known(job) : subject->check(job);
	measure_mode(bench, subject, job, point, l2 != NULL && strcmp(l2, "cold") == 0, correct);
	subject->close(job);
}

uint64_t
bench_random(uint64_t *state)
{
	/* splitmix64: any state is good, also 0. */
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
bench_fill(uint64_t *state, void *bytes, size_t length)
{
	unsigned char *at = bytes;

	for (; length >= 8; length -= 8, at += 8) {
		uint64_t word = bench_random(state);

		memcpy(at, &word, 8);
	}
	for (; length > 0; length--)
		*at++ = (unsigned char)bench_random(state);
}

/* A permutation's first `count` values: Fisher and Yates' shuffle, stopped early. */
static void
draw_distinct(uint64_t *state, size_t count, size_t limit, int64_t *numbers)
{
	int64_t *all = memory_alloc(limit * sizeof(*all));

	for (size_t i = 0; i < limit; i++)
		all[i] = (int64_t)i;
	for (size_t i = 0; i < count && i < limit; i++) {
		size_t other = i + bench_random(state) % (limit - i);
		int64_t kept = all[i];

		all[i] = all[other];
		all[other] = kept;
		numbers[i] = all[i];
	}
	free(all);
}

void
bench_indices(uint64_t *state, const char *pattern, size_t count, size_t limit, bool wide,
    void *indices, int64_t *numbers)
{
	if (strcmp(pattern, "distinct") == 0)
		draw_distinct(state, count, limit, numbers);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(pattern, "sequential") == 0)
			numbers[i] = (int64_t)(i % limit);
		else if (strcmp(pattern, "same") == 0)
			numbers[i] = (int64_t)(limit / 2);
		else if (strcmp(pattern, "random") == 0)
			numbers[i] = (int64_t)(bench_random(state) % limit);
		if (wide)
			((int64_t *)indices)[i] = numbers[i];
		else
			((int32_t *)indices)[i] = (int32_t)numbers[i];
	}
}
