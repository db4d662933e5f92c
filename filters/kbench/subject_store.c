/* SPDX-License-Identifier: Apache-2.0 */
/* store as a subject: a K and a V cache, tokens packed or as slices of fused qkv rows. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "element.h"
#include "base/memory.h"
#include "rows.h"

static const char *const patterns[] = { "random", "sequential", NULL };
static const char *const layouts[] = { "packed", "qkv", NULL };

static const struct axis_rule axes[] = {
	{ "rows", "tokens stored by one call", NULL, 0, INT64_C(1) << 26, "1:4096:x4",
	    "1:131072:x2" },
	{ "heads", "KV heads", NULL, 1, 1 << 12, "8", "8" },
	{ "head_dim", "elements of a head", NULL, 1, 1 << 16, "128", "128" },
	{ "dtype", "element type", row_dtypes, 0, 0, "fp16", "fp16" },
	{ "slots", "rows of each cache, at least rows", NULL, 1, INT64_C(1) << 31, "16384",
	    "262144" },
	{ "index", "type of a slot number", row_index_types, 0, 0, "int32", "int32" },
	{ "pattern", "which slots; none twice", patterns, 0, 0, "random", "random" },
	{ "layout", "of k and v: packed, or slices of qkv rows", layouts, 0, 0, "packed",
	    "packed" },
	{ "variant", "of the GPU kernel", row_variants, 0, 0, NULL, "auto" },
	{ "unroll", "words a thread, 0: by size", NULL, 0, 8, NULL, "0" },
	{ "pdl", "1: programmatic dependent launch", NULL, 0, 1, NULL, "0" },
	{ "l2", "caches before the call", row_cache_states, 0, 0, "hot,cold", "hot,cold" },
	{ 0 },
};

/* Query heads for one KV head in layout qkv. */
enum { QUERY_GROUP = 4 };

struct job {
	struct bench *bench;
	struct store_args args;
	struct row_launch launch;
	unsigned char *input;  /* the host's copy of what k and v are slices of */
	size_t input_bytes, v_offset;
	int64_t *numbers;
	void *device_input, *device_slots;
};

static void
close_job(void *context)
{
	struct job *job = context;
	struct backend *backend = job->bench->backend;

	backend->release(backend, job->args.k.cache);
	backend->release(backend, job->args.v.cache);
	backend->release(backend, job->device_input);
	backend->release(backend, job->device_slots);
	free(job->input);
	free(job->numbers);
	free(job);
}

static bool
fill_memory(struct job *job, uint64_t *seed, const char *pattern, size_t k_offset)
{
	struct backend *backend = job->bench->backend;
	struct store_args *args = &job->args;
	bool wide = args->index_type == INDEX_INT64, done;
	size_t slot_bytes = args->tokens * (wide ? 8 : 4), cache = args->slots * args->k.bytes;
	void *slots = memory_alloc(slot_bytes + 1);

	bench_indices(seed, strcmp(pattern, "random") == 0 ? "distinct" : pattern, args->tokens,
	    args->slots, wide, slots, job->numbers);
	bench_fill(seed, job->input, job->input_bytes);
	args->k.cache = backend->alloc(backend, cache);
	args->v.cache = backend->alloc(backend, cache);
	job->device_input = backend->alloc(backend, job->input_bytes);
	job->device_slots = backend->alloc(backend, slot_bytes);
	done = args->k.cache != NULL && args->v.cache != NULL && job->device_input != NULL &&
	    job->device_slots != NULL &&
	    backend->upload(backend, job->device_input, job->input, job->input_bytes) &&
	    backend->upload(backend, job->device_slots, slots, slot_bytes);
	args->indices = job->device_slots;
	args->k.input = (unsigned char *)job->device_input + k_offset;
	args->v.input = (unsigned char *)job->device_input + job->v_offset;
	free(slots);
	return done;
}

static void *
open_job(struct bench *bench, const struct point *point, const char **why)
{
	struct job *job = memory_alloc_zero(1, sizeof(*job));
	uint64_t seed = bench->seed;
	size_t side = (size_t)(point_number(point, "heads") * point_number(point, "head_dim")) *
	    element_size(row_dtype(point));
	size_t tokens = (size_t)point_number(point, "rows");
	size_t slots = (size_t)point_number(point, "slots");
	bool fused = strcmp(point_text(point, "layout"), "qkv") == 0;
	size_t stride = fused ? side * (QUERY_GROUP + 2) : side;
	size_t k_offset = fused ? side * QUERY_GROUP : 0;

	job->bench = bench;
	job->v_offset = fused ? k_offset + side : tokens * side;
	job->input_bytes = fused ? tokens * stride : 2 * tokens * side;
	job->args = (struct store_args){ .k = { NULL, side, NULL, stride, side },
		.v = { NULL, side, NULL, stride, side }, .slots = slots > tokens ? slots : tokens,
		.index_type = row_index_type(point), .index_stride = 1, .tokens = tokens };
	job->input = malloc(job->input_bytes + 1);
	job->numbers = memory_alloc((tokens + 1) * sizeof(*job->numbers));
	*why = "not enough memory";
	if (job->input == NULL || !fill_memory(job, &seed, point_text(point, "pattern"), k_offset)) {
		close_job(job);
		return NULL;
	}
	if (!row_launch_open(bench, point, &job->launch, why) || (bench->backend->is_cuda &&
	    !store_choose(bench, &job->args, &job->launch, why))) {
		close_job(job);
		return NULL;
	}
	return job;
}

static enum kernel_status
call_job(void *context, unsigned calls)
{
	struct job *job = context;
	struct backend *backend = job->bench->backend;
	enum kernel_status status = KERNEL_OK;

	for (unsigned i = 0; i < calls && status == KERNEL_OK; i++)
		status = backend->store(backend, &job->args, &job->launch);
	return status;
}

/* The whole cache against the input rows, and against 0xa5 in slots that no token has. */
static bool
check_side(struct job *job, const struct store_side *side, size_t input_offset)
{
	struct backend *backend = job->bench->backend;
	size_t bytes = job->args.slots * side->bytes;
	unsigned char *wanted = memory_alloc(bytes + 1), *cache = memory_alloc(bytes + 1);
	const char *why;
	bool good;

	memset(wanted, 0xa5, bytes);
	good = backend->upload(backend, side->cache, wanted, bytes) &&
	    call_job(job, 1) == KERNEL_OK && backend->finish(backend, &why) &&
	    backend->download(backend, cache, side->cache, bytes);
	for (size_t i = 0; i < job->args.tokens; i++)
		memcpy(wanted + (size_t)job->numbers[i] * side->bytes,
		    job->input + input_offset + i * side->input_stride, side->bytes);
	good = good && memcmp(cache, wanted, bytes) == 0;
	free(wanted);
	free(cache);
	return good;
}

static bool
check_job(void *context)
{
	struct job *job = context;
	size_t k_offset = (size_t)((const unsigned char *)job->args.k.input -
	    (unsigned char *)job->device_input);

	return check_side(job, &job->args.k, k_offset) &&
	    check_side(job, &job->args.v, job->v_offset);
}

static void
describe_job(void *context, struct measure *measure)
{
	struct job *job = context;
	struct results *results = job->bench->results;
	struct facts *facts = &measure->facts;
	double side = (double)job->args.k.bytes, tokens = (double)job->args.tokens;
	double index = job->args.index_type == INDEX_INT64 ? 8 : 4;
	struct row_plan plan;

	measure->bytes = tokens * (4 * side + index);
	measure->ceiling = "copy";
	facts_number(results, facts, "row bytes", side, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "read K", tokens * side, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "read V", tokens * side, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "write K", tokens * side, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "write V", tokens * side, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "indices", tokens * index, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "bytes a token", 4 * side + index, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "each cache", (double)job->args.slots * side, "B",
	    ORIGIN_COMPUTED);
	store_plan(&job->args, &plan);
	row_describe(job->bench, &plan, &job->launch, measure);
}

const struct subject subject_store = {
	.name = "store",
	.sentence = "KV-cache scatter: k_cache[indices[i]] = k[i], v_cache[indices[i]] = v[i]",
	.size_axis = "rows",
	.axes = axes,
	.open = open_job,
	.call = call_job,
	.check = check_job,
	.describe = describe_job,
	.close = close_job,
};
