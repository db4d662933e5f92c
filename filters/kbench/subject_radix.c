/* SPDX-License-Identifier: Apache-2.0 */
/* radix as a subject: two token sequences, equal up to a share of their length. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "base/memory.h"
#include "radix.h"
#include "rows.h"

static const char *const variants[] = { "auto", "portable", "avx2", "avx512", NULL };
static const char *const types[] = { "int32", "int64", NULL };

static const struct axis_rule axes[] = {
	{ "tokens", "of both sequences", NULL, 0, INT64_C(1) << 30, "64:4M:x4", "64:4M:x4" },
	{ "token", "type of a token", types, 0, 0, "int32", "int32" },
	{ "equal", "percent of the tokens before the first difference", NULL, 0, 100, "100",
	    "100" },
	{ "skew", "tokens that the second sequence lies off 256 bytes", NULL, 0, 63, "0", "0" },
	{ "code", "the processor's variant", variants, 0, 0, "auto", "auto" },
	{ "l2", "caches before the call", row_cache_states, 0, 0, "hot,cold", "hot,cold" },
	{ 0 },
};

struct job {
	struct bench *bench;
	unsigned char *a, *b, *b_start;
	size_t tokens, size, wanted, got;
	bool automatic;
	enum radix_variant variant;
};

static void
close_job(void *context)
{
	struct job *job = context;
	struct backend *backend = job->bench->backend;

	backend->release(backend, job->a);
	backend->release(backend, job->b_start);
	free(job);
}

static void *
open_job(struct bench *bench, const struct point *point, const char **why)
{
	struct job *job = memory_alloc_zero(1, sizeof(*job));
	struct backend *backend = bench->backend;
	const char *code = point_text(point, "code");
	size_t skew = (size_t)point_number(point, "skew"), bytes;
	uint64_t seed = bench->seed;

	job->bench = bench;
	job->tokens = (size_t)point_number(point, "tokens");
	job->size = strcmp(point_text(point, "token"), "int64") == 0 ? 8 : 4;
	job->wanted = job->tokens / 100 * (size_t)point_number(point, "equal") +
	    job->tokens % 100 * (size_t)point_number(point, "equal") / 100;
	job->automatic = strcmp(code, "auto") == 0;
	job->variant = radix_best();
	for (int i = 0; !job->automatic && i < RADIX_VARIANTS; i++)
		if (strcmp(code, radix_variant_name((enum radix_variant)i)) == 0)
			job->variant = (enum radix_variant)i;
	bytes = job->tokens * job->size;
	job->a = backend->alloc(backend, bytes);
	job->b_start = backend->alloc(backend, bytes + skew * job->size);
	*why = radix_has(job->variant) ? "not enough memory" : "this processor has no such code";
	if (job->a == NULL || job->b_start == NULL || !radix_has(job->variant)) {
		close_job(job);
		return NULL;
	}
	job->b = job->b_start + skew * job->size;
	bench_fill(&seed, job->a, bytes);
	if (bytes > 0)
		memcpy(job->b, job->a, bytes);
	if (job->wanted < job->tokens)
		job->b[job->wanted * job->size] ^= 1;
	return job;
}

static enum kernel_status
call_job(void *context, unsigned calls)
{
	struct job *job = context;
	size_t got = 0;

	for (unsigned i = 0; i < calls; i++) {
		if (!job->automatic)
			got = radix_match_by(job->variant, job->a, job->b, job->tokens * job->size) /
			    job->size;
		else if (job->size == 8)
			got = radix_match_int64((const int64_t *)(const void *)job->a, job->tokens,
			    (const int64_t *)(const void *)job->b, job->tokens);
		else
			got = radix_match_int32((const int32_t *)(const void *)job->a, job->tokens,
			    (const int32_t *)(const void *)job->b, job->tokens);
		/* Each call is made, though all give the same. */
		__asm__ volatile("" : : "r"(got) : "memory");
	}
	job->got = got;
	return KERNEL_OK;
}

static bool
check_job(void *context)
{
	struct job *job = context;

	job->got = SIZE_MAX;
	call_job(job, 1);
	return job->got == job->wanted;
}

static void
describe_job(void *context, struct measure *measure)
{
	struct job *job = context;
	struct results *results = job->bench->results;
	struct facts *facts = &measure->facts;
	const struct fact *clock = facts_find(&measure->facts, "clock");
	double compared = (double)job->wanted + (job->wanted < job->tokens);
	double each = (double)(job->tokens * job->size);
	const struct ceiling *memcmp_rate = NULL;

	measure->bytes = 2 * compared * (double)job->size;
	measure->ceiling = "read";
	if (measure->bytes > 0)
		memcmp_rate = bench_ceiling(job->bench, "compare", measure->bytes,
		    strcmp(measure->l2, "cold") == 0);
	facts_number(results, facts, "bytes a sequence", each, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "equal tokens", (double)job->wanted, "", ORIGIN_COMPUTED);
	facts_text(results, facts, "code", radix_variant_name(job->variant), ORIGIN_DEVICE);
	facts_text(results, facts, "level", job->bench->backend->level(job->bench->backend,
	    2 * each), ORIGIN_COMPUTED);
	if (memcmp_rate != NULL)
		facts_number(results, facts, "memcmp", memcmp_rate->gbps, "GB/s", ORIGIN_MEASURED);
	if (memcmp_rate != NULL)
		facts_number(results, facts, "times memcmp", measure->bytes / measure->median * 1e-3 /
		    memcmp_rate->gbps, "", ORIGIN_MEASURED);
	if (clock != NULL && measure->bytes > 0)
		facts_number(results, facts, "cycles", measure->median * clock->number * 1e3, "",
		    ORIGIN_COMPUTED);
	if (measure->bytes > 0)
		facts_number(results, facts, "tokens a ns", compared / measure->median / 1e3, "",
		    ORIGIN_COMPUTED);
}

const struct subject subject_radix = {
	.name = "radix",
	.sentence = "prefix compare of token sequences: how many leading tokens are equal",
	.size_axis = "tokens",
	.axes = axes,
	.cpu_only = true,
	.open = open_job,
	.call = call_job,
	.check = check_job,
	.describe = describe_job,
	.close = close_job,
};
