/* SPDX-License-Identifier: Apache-2.0 */
/* Ceilings measured in the same run: what this machine can do with so many bytes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "cores.h"

/* Enough for a limit: it need not be as quiet as a result. */
static const struct stop_rule ceiling_rule = { .min_samples = 9, .min_seconds = 0.005,
	.max_noise = 0.02, .timeout = 0.3 };

/* The largest that a ceiling is measured with; beyond the caches nothing changes. */
static const double largest = 1 << 30;

/* Arrays that begin at the same place of their pages hinder each other: each try has the second one
 * elsewhere. A multiple of 256 bytes, as CUDA's memory has it. */
enum { SHIFTS = 4, SHIFT = 1280 };

/* Ceilings that are the same but for noise differ by so much. */
static const double order_slack = 0.05;

/* Up to two arrays, for something to be done with. */
struct exercise {
	struct backend *backend;
	void *a, *b;
	size_t bytes; /* of each */
};

static enum kernel_status
call_copy(void *context, unsigned calls)
{
	struct exercise *exercise = context;
	enum kernel_status status = KERNEL_OK;

	for (unsigned i = 0; i < calls && status == KERNEL_OK; i++)
		status = exercise->backend->copy(exercise->backend, exercise->b, exercise->a,
		    exercise->bytes);
	return status;
}

static enum kernel_status
call_read(void *context, unsigned calls)
{
	struct exercise *exercise = context;
	enum kernel_status status = KERNEL_OK;

	for (unsigned i = 0; i < calls && status == KERNEL_OK; i++)
		status = exercise->backend->read(exercise->backend, exercise->a, exercise->bytes);
	return status;
}

/* Two equal arrays: memcmp reads both to the end. */
static enum kernel_status
call_compare(void *context, unsigned calls)
{
	struct exercise *exercise = context;

	for (unsigned i = 0; i < calls; i++) {
		int order = memcmp(exercise->a, exercise->b, exercise->bytes);

		__asm__ volatile("" : : "r"(order) : "memory");
	}
	return KERNEL_OK;
}

static enum kernel_status
call_nothing(void *context, unsigned calls)
{
	struct exercise *exercise = context;
	enum kernel_status status = KERNEL_OK;

	for (unsigned i = 0; i < calls && status == KERNEL_OK; i++)
		status = exercise->backend->nothing(exercise->backend);
	return status;
}

/* The ceilings by name, and the arrays that each needs. */
static const struct kind {
	const char *what;
	enum kernel_status (*call)(void *context, unsigned calls);
	int arrays;
} kinds[] = {
	{ "copy", call_copy, 2 },
	{ "read", call_read, 1 },
	{ "compare", call_compare, 2 },
	{ "call", call_nothing, 0 },
};

static const struct kind *
find_kind(const char *what)
{
	const struct kind *kind = kinds;

	while (strcmp(kind->what, what) != 0)
		kind++;
	return kind;
}

/* Times one exercise over `bytes` bytes in all; false when it cannot be. */
static bool
time_exercise(struct bench *bench, const char *what, double bytes, bool cold,
    struct summary *summary, size_t *samples)
{
	const struct kind *kind = find_kind(what);
	struct backend *backend = bench->backend;
	struct exercise exercise = { .backend = backend,
		.bytes = kind->arrays ? (size_t)bytes / (size_t)kind->arrays : 0 };
	struct work work = { .call = kind->call, .context = &exercise };
	unsigned calls;
	const char *why;
	bool timed = false;

	size_t shift = bench->ceiling_tries++ % SHIFTS * SHIFT;
	unsigned char *second;

	exercise.a = kind->arrays > 0 ? backend->alloc(backend, exercise.bytes) : NULL;
	second = kind->arrays > 1 ? backend->alloc(backend, exercise.bytes + shift) : NULL;
	exercise.b = second != NULL ? second + shift : NULL;
	if ((kind->arrays < 1 || exercise.a != NULL) && (kind->arrays < 2 || exercise.b != NULL))
		timed = bench_time(bench, &work, cold, &ceiling_rule, summary, samples, &calls, &why);
	backend->release(backend, exercise.a);
	backend->release(backend, second);
	return timed;
}

/* What the machine can do is what it did at best: whatever disturbs a sample makes it slower. */
static void
fill(struct ceiling *ceiling, const struct summary *summary, size_t samples)
{
	ceiling->us = summary->min;
	ceiling->noise = summary->noise;
	ceiling->samples = (int64_t)samples;
	ceiling->gbps = ceiling->bytes / summary->min * 1e-3;
}

static struct ceiling *
add_ceiling(struct bench *bench, const char *what, const char *level, double bytes, bool cold,
    const char *how)
{
	struct ceiling *ceiling;
	struct summary summary;
	size_t samples;

	if (!time_exercise(bench, what, bytes, cold, &summary, &samples))
		return NULL;
	ceiling = results_ceiling(bench->results);
	ceiling->what = what;
	ceiling->level = level;
	ceiling->l2 = cold ? "cold" : "hot";
	ceiling->bytes = bytes;
	ceiling->origin = ORIGIN_MEASURED;
	ceiling->how = how;
	fill(ceiling, &summary, samples);
	return ceiling;
}

void
bench_ceiling_again(struct bench *bench, const struct ceiling *ceiling, bool cold)
{
	/* The bench owns the results that its ceilings are in. */
	struct ceiling *known = bench->results->ceilings + (ceiling - bench->results->ceilings);
	struct summary summary;
	size_t samples;

	if (time_exercise(bench, known->what, known->bytes, cold, &summary, &samples) &&
	    summary.min < known->us)
		fill(known, &summary, samples);
}

const struct ceiling *
bench_ceiling(struct bench *bench, const char *what, double bytes, bool cold)
{
	const char *level = cold ? bench->backend->level(bench->backend, 1e18)
	                         : bench->backend->level(bench->backend, bytes);

	/* Sizes within a 64th share a ceiling; an even number of bytes splits in two. */
	bytes = bytes > largest ? largest : bytes;
	bytes = bytes < 2 ? 2 : bytes;
	for (size_t i = 0; i < bench->results->ceiling_count; i++) {
		const struct ceiling *known = &bench->results->ceilings[i];

		if (strcmp(known->what, what) == 0 && strcmp(known->how, "same size") == 0 &&
		    (strcmp(known->l2, "cold") == 0) == cold &&
		    fabs(known->bytes - bytes) <= bytes / 64)
			return known;
	}
	return add_ceiling(bench, what, level, bytes, cold, "same size");
}

/* A read has one half of a copy's traffic at least, and a comparison is reads and work beside
 * them: read >= compare >= half a copy. One that breaks this was disturbed. */
static const struct order {
	const char *faster, *slower, *flag;
	double part;
} orders[] = { { "compare", "copy", "slower than half a copy", 0.5 },
	{ "read", "compare", "slower than a comparison", 1 },
	{ "read", "copy", "slower than half a copy", 0.5 } };

enum { ORDERS = sizeof(orders) / sizeof(orders[0]) };

/* The ceiling of `what` that is measured as `like` is: the same bytes, for the same end. */
static struct ceiling *
find_beside(struct results *results, const struct ceiling *like, const char *what)
{
	for (size_t i = 0; i < results->ceiling_count; i++) {
		struct ceiling *found = &results->ceilings[i];

		if (strcmp(found->what, what) == 0 && strcmp(found->how, like->how) == 0 &&
		    strcmp(found->level, like->level) == 0 && strcmp(found->l2, like->l2) == 0 &&
		    fabs(found->bytes - like->bytes) <= like->bytes / 64)
			return found;
	}
	return NULL;
}

/* Measures again what breaks the order among the ceilings of `like`'s kind. */
static void
mend_order(struct bench *bench, const struct ceiling *like)
{
	for (size_t o = 0; o < ORDERS; o++) {
		const struct ceiling *faster = find_beside(bench->results, like, orders[o].faster);
		const struct ceiling *slower = find_beside(bench->results, like, orders[o].slower);

		for (int again = 0; again < 3 && faster != NULL && slower != NULL &&
		    faster->gbps < slower->gbps * orders[o].part; again++)
			bench_ceiling_again(bench, faster, false);
	}
}

void
bench_ceilings_judge(struct bench *bench)
{
	struct results *results = bench->results;

	for (size_t i = 0; i < results->ceiling_count; i++)
		for (size_t o = 0; o < ORDERS; o++) {
			struct ceiling *faster = &results->ceilings[i];
			const struct ceiling *slower = find_beside(results, faster, orders[o].slower);

			if (strcmp(faster->what, orders[o].faster) == 0 && slower != NULL &&
			    faster->gbps < slower->gbps * orders[o].part * (1 - order_slack))
				faster->flag = orders[o].flag;
		}
}

/* All ceilings of one number of bytes. */
static void
add_ceilings(struct bench *bench, const char *level, double bytes, const char *how)
{
	static const char *const whats[] = { "copy", "read", "compare" };
	size_t count = bench->backend->is_cuda ? 2 : 3;
	const struct ceiling *added;

	for (size_t i = 0; i < count; i++) {
		added = add_ceiling(bench, whats[i], level, bytes, false, how);
		if (added != NULL && i + 1 == count)
			mend_order(bench, added);
	}
}

static void
add_call(struct bench *bench)
{
	struct ceiling *call;
	struct summary summary;
	size_t samples;

	if (!time_exercise(bench, "call", 0, false, &summary, &samples))
		return;
	call = results_ceiling(bench->results);
	call->what = "call";
	call->us = summary.median;
	call->noise = summary.noise;
	call->samples = (int64_t)samples;
	call->l2 = "hot";
	call->origin = ORIGIN_MEASURED;
	call->how = bench->backend->is_cuda ? "an empty kernel in a CUDA graph"
	    : "an empty function";
}

void
bench_ceilings(struct bench *bench)
{
	struct backend *backend = bench->backend;
	double far = (double)backend->cache_bytes * (backend->is_cuda ? 16 : 4);
	const char *last = "";

	add_call(bench);
	/* Half of each level's cache, found by doubling; then the memory behind all. */
	/* NOLINTNEXTLINE(*FloatLoopCounter,cert-flp30-c): doubling is exact */
	for (double bytes = 4096; bytes < far; bytes *= 2) {
		const char *level = backend->level(backend, bytes);
		bool largest_of_level = strcmp(level, backend->level(backend, bytes * 4)) != 0;

		if (!largest_of_level || strcmp(level, last) == 0 || strcmp(level,
		    backend->level(backend, far)) == 0)
			continue;
		last = level;
		add_ceilings(bench, level, bytes, "level");
	}
	far = far > largest ? largest : far;
	add_ceilings(bench, backend->level(backend, far), far, "plateau");
	if (!backend->is_cuda)
		cores_ceiling(bench, far);
}
