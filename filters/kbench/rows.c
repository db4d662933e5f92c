/* SPDX-License-Identifier: Apache-2.0 */
/* Axes and launches of index and store; on a GPU "auto" is decided by a short race. */
#include <string.h>

#include "rows.h"

const char *const row_dtypes[] = { "fp32", "fp16", "bf16", "fp8", "int8", "int32", "int64", NULL };
const char *const row_index_types[] = { "int32", "int64", NULL };
const char *const row_variants[] = { "auto", "direct", "persistent", "bulk", NULL };
const char *const row_cache_states[] = { "hot", "cold", NULL };

/* A race needs an order, not a figure. */
static const struct stop_rule race_rule = { .min_samples = 6, .min_seconds = 0.001,
	.max_noise = 0.02, .timeout = 0.05 };

enum element_type
row_dtype(const struct point *point)
{
	enum element_type type = ELEMENT_FP16;

	element_parse(point_text(point, "dtype"), &type);
	return type;
}

enum index_type
row_index_type(const struct point *point)
{
	return strcmp(point_text(point, "index"), "int64") == 0 ? INDEX_INT64 : INDEX_INT32;
}

bool
row_launch_open(struct bench *bench, const struct point *point, struct row_launch *launch,
    const char **why)
{
	const char *variant = point_text(point, "variant");

	*launch = (struct row_launch){ .device = bench->backend->chip,
		.stream = bench->backend->stream, .unroll = (unsigned)point_number(point, "unroll"),
		.dependent = point_number(point, "pdl") != 0 };
	for (int i = 0; variant != NULL && row_variants[i] != NULL; i++)
		if (strcmp(variant, row_variants[i]) == 0)
			launch->variant = (enum row_variant)i;
	*why = "unroll is 0, 1, 2, 4 or 8";
	return (launch->unroll & (launch->unroll - 1)) == 0;
}

/* One of index and store. */
struct racer {
	struct bench *bench;
	const struct index_args *index;
	const struct store_args *store;
	struct row_launch launch;
};

static enum kernel_status
call_racer(void *context, unsigned calls)
{
	struct racer *racer = context;
	struct backend *backend = racer->bench->backend;
	enum kernel_status status = KERNEL_OK;

	for (unsigned i = 0; i < calls && status == KERNEL_OK; i++)
		status = racer->index ? backend->index(backend, racer->index, &racer->launch)
		                      : backend->store(backend, racer->store, &racer->launch);
	return status;
}

static bool
choose(struct racer *racer, const struct row_plan *plan, struct row_launch *launch,
    const char **why)
{
	double fastest = 0;

	*why = "bulk needs sm_90 and rows on multiples of 16 bytes";
	if (launch->variant != ROW_AUTO)
		return launch->variant != ROW_BULK || row_plan_can_bulk(plan, launch->device);
	racer->launch = *launch;
	for (int i = ROW_DIRECT; i <= ROW_BULK; i++) {
		struct work work = { .call = call_racer, .context = racer };
		struct summary summary;
		size_t samples;
		unsigned calls;

		racer->launch.variant = (enum row_variant)i;
		if (i == ROW_BULK && !row_plan_can_bulk(plan, launch->device))
			continue;
		if (bench_time(racer->bench, &work, false, &race_rule, &summary, &samples, &calls,
		        why) && (launch->variant == ROW_AUTO || summary.median < fastest)) {
			launch->variant = racer->launch.variant;
			fastest = summary.median;
		}
	}
	return true;
}

bool
index_choose(struct bench *bench, const struct index_args *args, struct row_launch *launch,
    const char **why)
{
	struct racer racer = { .bench = bench, .index = args };
	struct row_plan plan;

	index_plan(args, &plan);
	return choose(&racer, &plan, launch, why);
}

bool
store_choose(struct bench *bench, const struct store_args *args, struct row_launch *launch,
    const char **why)
{
	struct racer racer = { .bench = bench, .store = args };
	struct row_plan plan;

	store_plan(args, &plan);
	return choose(&racer, &plan, launch, why);
}

void
row_describe(struct bench *bench, const struct row_plan *plan, const struct row_launch *launch,
    struct measure *measure)
{
	const struct row_device *chip = bench->backend->chip;
	struct results *results = bench->results;
	struct facts *facts = &measure->facts;
	struct row_shape shape;
	double blocks;

	if (chip == NULL)
		return;
	row_shape_choose(plan, chip->resident_threads, launch->unroll, &shape);
	blocks = (double)shape.blocks * shape.pieces * shape.planes;
	facts_text(results, facts, "variant", row_variant_name(launch->variant), ORIGIN_MEASURED);
	facts_number(results, facts, "blocks", blocks, "", ORIGIN_COMPUTED);
	facts_number(results, facts, "threads a block", shape.threads, "", ORIGIN_COMPUTED);
	facts_number(results, facts, "warps", blocks * shape.threads / 32, "", ORIGIN_COMPUTED);
	facts_number(results, facts, "threads a piece", shape.lanes, "", ORIGIN_COMPUTED);
	facts_number(results, facts, "words in flight a thread", shape.unroll, "", ORIGIN_COMPUTED);
	facts_number(results, facts, "waves", blocks * shape.threads /
	    (double)chip->resident_threads, "", ORIGIN_COMPUTED);
}
