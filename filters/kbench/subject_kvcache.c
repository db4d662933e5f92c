/* SPDX-License-Identifier: Apache-2.0 */
/* kvcache as a subject: keys and values into pages, as heads of elements, with scales or padding. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "element.h"
#include "base/memory.h"
#include "kvcache.h"
#include "rows.h"

static const char *const layouts[] = { "NHD", "HND", "MLA", NULL };
static const char *const from_types[] = { "fp32", "fp16", "bf16", NULL };
static const char *const to_types[] = { "same", "fp8", NULL };
static const char *const scales[] = { "tensor", "head", NULL };

static const struct axis_rule axes[] = {
	{ "rows", "tokens stored by one call", NULL, 0, INT64_C(1) << 24, "1:4096:x16",
	    "1:65536:x4" },
	{ "heads", "KV heads; MLA has one", NULL, 1, 1 << 12, "8", "8" },
	{ "head_dim", "elements of a head; of MLA's latent row", NULL, 1, 1 << 16, "128", "128" },
	{ "rope_dim", "of MLA: elements beside the latent row", NULL, 1, 1 << 16, "64", "64" },
	{ "layout", "of a page: tokens or heads outermost, or rows of MLA", layouts, 0, 0, "NHD",
	    "NHD" },
	{ "page", "slots a page", NULL, 1, 1 << 20, "16", "16" },
	{ "dtype", "element type of the input", from_types, 0, 0, "bf16", "bf16" },
	{ "cache", "the cache's: the same, or divided by a scale", to_types, 0, 0, "same,fp8",
	    "same,fp8" },
	{ "scale", "of fp8: one, or one a head", scales, 0, 0, "tensor", "tensor" },
	{ "padding", "percent of the tokens whose slot is -1", NULL, 0, 100, "0", "0" },
	{ "slots", "of the cache, at least rows", NULL, 1, INT64_C(1) << 28, "16384", "262144" },
	{ "index", "type of a slot number", row_index_types, 0, 0, "int32", "int32" },
	{ "pdl", "1: programmatic dependent launch", NULL, 0, 1, NULL, "0" },
	{ "l2", "caches before the call", row_cache_states, 0, 0, "hot", "hot,cold" },
	{ 0 },
};

struct job {
	struct bench *bench;
	struct kvcache_args args;
	struct row_launch launch;
	size_t cache_bytes, input_bytes[2], stored;
	unsigned char *input[2]; /* the host's copies of k and v */
	float *scale;            /* the host's: of heads, k's then v's */
	int64_t *numbers;
	void *device_input[2], *device_slots, *device_scale, *cache[2];
};

static void
close_job(void *context)
{
	struct job *job = context;
	struct backend *backend = job->bench->backend;

	for (int i = 0; i < 2; i++) {
		backend->release(backend, job->cache[i]);
		backend->release(backend, job->device_input[i]);
		free(job->input[i]);
	}
	backend->release(backend, job->device_slots);
	backend->release(backend, job->device_scale);
	free(job->scale);
	free(job->numbers);
	free(job);
}

/* Strides of a side of `heads` heads in a cache of its own. */
static void
set_side(struct kvcache_side *side, const struct kvcache_args *args, unsigned heads, unsigned dim,
    bool heads_first)
{
	size_t head = dim * element_size(args->to), in = dim * element_size(args->from);

	*side = (struct kvcache_side){ .heads = heads, .dim = dim, .input_stride = heads * in,
		.input_head_stride = in, .page_stride = args->page * heads * head,
		.head_stride = heads_first ? args->page * head : head,
		.token_stride = heads_first ? head : heads * head };
}

/* Latent part and rope part lie in one row. */
static void
set_latent(struct kvcache_args *args, unsigned latent, unsigned rope)
{
	size_t row = (latent + rope) * element_size(args->to);

	set_side(&args->k, args, 1, latent, false);
	set_side(&args->v, args, 1, rope, false);
	args->k.page_stride = args->v.page_stride = args->page * row;
	args->k.token_stride = args->v.token_stride = row;
}

static void
set_shape(struct job *job, const struct point *point)
{
	struct kvcache_args *args = &job->args;
	const char *layout = point_text(point, "layout");
	unsigned heads = (unsigned)point_number(point, "heads");
	unsigned dim = (unsigned)point_number(point, "head_dim");
	size_t slots = (size_t)point_number(point, "slots"), pages;

	args->tokens = (size_t)point_number(point, "rows");
	args->from = row_dtype(point);
	args->to = strcmp(point_text(point, "cache"), "fp8") == 0 ? ELEMENT_FP8 : args->from;
	args->page = (size_t)point_number(point, "page");
	pages = ((slots > args->tokens ? slots : args->tokens) + args->page - 1) / args->page;
	args->slots = pages * args->page;
	args->index_type = row_index_type(point);
	args->skip_negative = true;
	if (strcmp(layout, "MLA") == 0)
		set_latent(args, dim, (unsigned)point_number(point, "rope_dim"));
	else {
		set_side(&args->k, args, heads, dim, strcmp(layout, "HND") == 0);
		args->v = args->k;
	}
	if (args->to != args->from && strcmp(point_text(point, "scale"), "head") == 0)
		args->k.scale_stride = args->v.scale_stride = 1;
	job->cache_bytes = pages * args->k.page_stride;
}

/* Numbers that fp8 can hold once they are divided by their scale, and some that it cannot. */
static void
fill_input(struct job *job, uint64_t *seed, int side)
{
	size_t size = element_size(job->args.from), count = job->input_bytes[side] / size;

	for (size_t i = 0; i < count; i++) {
		float number = (float)((double)(bench_random(seed) % 20001) - 10000) / 64;
		uint16_t half = job->args.from == ELEMENT_FP16 ? fp16_from_float(number)
		    : bf16_from_float(number);

		memcpy(job->input[side] + i * size, size == 4 ? (void *)&number : (void *)&half, size);
	}
}

static void
fill_slots(struct job *job, const struct point *point, uint64_t *seed, void *slots)
{
	uint64_t padding = (uint64_t)point_number(point, "padding");
	bool wide = job->args.index_type == INDEX_INT64;

	bench_indices(seed, "distinct", job->args.tokens, job->args.slots, wide, slots, job->numbers);
	for (size_t i = 0; i < job->args.tokens; i++) {
		job->stored++;
		if (i * padding / 100 == (i + 1) * padding / 100)
			continue;
		job->stored--;
		job->numbers[i] = -1;
		if (wide)
			((int64_t *)slots)[i] = -1;
		else
			((int32_t *)slots)[i] = -1;
	}
}

static bool
place(struct job *job, void **target, const void *source, size_t bytes)
{
	struct backend *backend = job->bench->backend;

	*target = backend->alloc(backend, bytes);
	return *target != NULL && backend->upload(backend, *target, source, bytes);
}

/* All on the device; k and v of MLA share one cache. */
static bool
fill_memory(struct job *job, const struct point *point)
{
	struct backend *backend = job->bench->backend;
	struct kvcache_side *sides[] = { &job->args.k, &job->args.v };
	uint64_t seed = job->bench->seed;
	size_t slot_bytes = job->args.tokens * (job->args.index_type == INDEX_INT64 ? 8 : 4);
	bool latent = strcmp(point_text(point, "layout"), "MLA") == 0, done = true;
	size_t heads = sides[0]->heads + sides[1]->heads;
	void *slots = memory_alloc(slot_bytes + 1);

	fill_slots(job, point, &seed, slots);
	done = place(job, &job->device_slots, slots, slot_bytes);
	free(slots);
	job->args.indices = job->device_slots;
	job->scale = memory_alloc(heads * sizeof(*job->scale));
	for (size_t i = 0; i < heads; i++)
		job->scale[i] = 0.25f + (float)(i % 5) / 8;
	done = done && place(job, &job->device_scale, job->scale, heads * sizeof(*job->scale));
	for (int i = 0; i < 2 && done; i++) {
		job->input_bytes[i] = job->args.tokens * sides[i]->input_stride;
		job->input[i] = memory_alloc(job->input_bytes[i] + 1);
		fill_input(job, &seed, i);
		done = place(job, &job->device_input[i], job->input[i], job->input_bytes[i]);
		sides[i]->input = job->device_input[i];
		if (job->args.to != job->args.from)
			sides[i]->scale = (float *)job->device_scale + (i == 0 ? 0 : sides[0]->heads);
		if (i == 0 || !latent)
			job->cache[i] = backend->alloc(backend, job->cache_bytes);
		sides[i]->cache = i == 0 || !latent ? job->cache[i] : (unsigned char *)job->cache[0] +
		    sides[0]->dim * element_size(job->args.to);
		done = done && job->cache[i == 1 && latent ? 0 : i] != NULL;
	}
	return done;
}

static void *
open_job(struct bench *bench, const struct point *point, const char **why)
{
	struct job *job = memory_alloc_zero(1, sizeof(*job));

	job->bench = bench;
	set_shape(job, point);
	job->numbers = memory_alloc((job->args.tokens + 1) * sizeof(*job->numbers));
	job->launch = (struct row_launch){ .device = bench->backend->chip,
		.stream = bench->backend->stream, .dependent = point_number(point, "pdl") != 0 };
	*why = "not enough memory";
	if (!fill_memory(job, point)) {
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
		status = backend->kvcache(backend, &job->args, &job->launch);
	return status;
}

/* What one element of the cache must be, in `to`. */
static void
want_element(const struct job *job, const unsigned char *from, float scale, unsigned char *to)
{
	uint16_t half;
	float number;

	if (job->args.to == job->args.from) {
		memcpy(to, from, element_size(job->args.from));
		return;
	}
	memcpy(&half, from, sizeof(half));
	memcpy(&number, from, job->args.from == ELEMENT_FP32 ? sizeof(number) : 0);
	if (job->args.from != ELEMENT_FP32)
		number = job->args.from == ELEMENT_FP16 ? fp16_to_float(half) : bf16_to_float(half);
	*to = fp8_from_float(number / scale);
}

/* The place of each element worked out from the layout's words, not from the strides. */
static void
want_side(const struct job *job, const struct kvcache_side *side, int which, bool heads_first,
    size_t row_at, size_t row_elements, unsigned char *wanted)
{
	size_t size = element_size(job->args.from), to = element_size(job->args.to);
	size_t page = job->args.page;

	for (size_t token = 0; token < job->args.tokens; token++) {
		size_t slot = (size_t)job->numbers[token];

		for (size_t head = 0; job->numbers[token] >= 0 && head < side->heads; head++)
			for (size_t i = 0; i < side->dim; i++) {
				size_t at = heads_first
				    ? ((slot / page * side->heads + head) * page + slot % page) *
				    side->dim + i
				    : slot * row_elements + row_at + head * side->dim + i;
				float scale = side->scale_stride == 0
				    ? job->scale[which == 0 ? 0 : job->args.k.heads]
				    : job->scale[(which == 0 ? 0 : job->args.k.heads) + head];

				want_element(job, job->input[which] +
				    ((token * side->heads + head) * side->dim + i) * size, scale,
				    wanted + at * to);
			}
	}
}

static bool
download_equal(struct job *job, void *cache, const unsigned char *wanted)
{
	struct backend *backend = job->bench->backend;
	unsigned char *got = memory_alloc(job->cache_bytes + 1);
	bool equal = backend->download(backend, got, cache, job->cache_bytes) &&
	    memcmp(got, wanted, job->cache_bytes) == 0;

	free(got);
	return equal;
}

static bool
check_job(void *context)
{
	struct job *job = context;
	struct backend *backend = job->bench->backend;
	const struct kvcache_args *args = &job->args;
	unsigned char *wanted = memory_alloc(job->cache_bytes + 1);
	bool latent = job->cache[1] == NULL, good = true;
	bool heads_first = !latent && args->k.token_stride < args->k.head_stride && args->page > 1;
	size_t row = latent ? args->k.dim + args->v.dim : (size_t)args->k.heads * args->k.dim;
	const char *why;

	memset(wanted, 0xa5, job->cache_bytes);
	for (int i = 0; i < 2; i++)
		if (job->cache[i] != NULL)
			good = good && backend->upload(backend, job->cache[i], wanted, job->cache_bytes);
	good = good && call_job(job, 1) == KERNEL_OK && backend->finish(backend, &why);
	want_side(job, &args->k, 0, heads_first, 0, row, wanted);
	if (latent)
		want_side(job, &args->v, 1, heads_first, args->k.dim, row, wanted);
	good = good && download_equal(job, job->cache[0], wanted);
	if (!latent) {
		memset(wanted, 0xa5, job->cache_bytes);
		want_side(job, &args->v, 1, heads_first, 0, row, wanted);
		good = good && download_equal(job, job->cache[1], wanted);
	}
	free(wanted);
	return good;
}

static void
describe_job(void *context, struct measure *measure)
{
	struct job *job = context;
	struct results *results = job->bench->results;
	struct facts *facts = &measure->facts;
	struct kvcache_args stored = job->args;
	double slots = (double)(job->args.tokens - job->stored) *
	    (job->args.index_type == INDEX_INT64 ? 8 : 4);

	/* of padding only the slot is read */
	stored.tokens = job->stored;
	measure->bytes = kvcache_bytes(&stored) + slots;
	measure->ceiling = "copy";
	facts_number(results, facts, "tokens stored", (double)job->stored, "", ORIGIN_COMPUTED);
	facts_number(results, facts, "bytes a token", job->stored > 0
	    ? kvcache_bytes(&stored) / (double)job->stored : 0, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "each cache", (double)job->cache_bytes, "B", ORIGIN_COMPUTED);
	if (job->bench->backend->is_cuda) {
		facts_number(results, facts, "blocks", (double)kvcache_blocks(&job->args) *
		    (job->args.v.heads > 0 ? 2 : 1), "", ORIGIN_COMPUTED);
		facts_number(results, facts, "threads a block", KVCACHE_BLOCK, "", ORIGIN_COMPUTED);
		facts_number(results, facts, "threads a head", kvcache_lanes(&job->args), "",
		    ORIGIN_COMPUTED);
		facts_text(results, facts, "words", kvcache_is_aligned(&job->args) ? "whole" : "elements",
		    ORIGIN_COMPUTED);
	}
}

const struct subject subject_kvcache = {
	.name = "kvcache",
	.sentence = "paged KV-cache write: NHD, HND or MLA pages, fp8 with scales, padding slots",
	.size_axis = "rows",
	.axes = axes,
	.open = open_job,
	.call = call_job,
	.check = check_job,
	.describe = describe_job,
	.close = close_job,
};
