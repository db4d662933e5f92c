/* SPDX-License-Identifier: Apache-2.0 */
/* index as a subject: a table, ids by pattern, plain or one rank of a vocabulary split. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "element.h"
#include "base/memory.h"
#include "rows.h"

static const char *const patterns[] = { "random", "sequential", "same", NULL };

static const struct axis_rule axes[] = {
	{ "rows", "rows gathered by one call", NULL, 0, INT64_C(1) << 26, "1:4096:x4",
	    "1:131072:x2" },
	{ "dim", "elements of a row", NULL, 1, 1 << 22, "4096", "4096" },
	{ "dtype", "element type", row_dtypes, 0, 0, "fp16", "fp16" },
	{ "vocab", "rows of the table", NULL, 1, INT64_C(1) << 31, "16384", "131072" },
	{ "index", "type of an id", row_index_types, 0, 0, "int32", "int32" },
	{ "pattern", "which rows", patterns, 0, 0, "random", "random" },
	{ "tp", "1: plain; N: masked, the table is one rank's Nth", NULL, 1, 1024, "1", "1" },
	{ "pad", "bytes between rows of the table", NULL, 0, 1 << 20, "0", "0" },
	{ "offset", "bytes that the table lies off 256", NULL, 0, 255, "0", "0" },
	{ "variant", "of the GPU kernel", row_variants, 0, 0, NULL, "auto" },
	{ "unroll", "words a thread, 0: by size", NULL, 0, 8, NULL, "0" },
	{ "pdl", "1: programmatic dependent launch", NULL, 0, 1, NULL, "0" },
	{ "l2", "caches before the call", row_cache_states, 0, 0, "hot,cold", "hot,cold" },
	{ 0 },
};

struct job {
	struct bench *bench;
	struct index_args args;     /* of the backend's memory */
	struct row_launch launch;
	unsigned char *table;       /* the host's copy, from the first row on */
	int64_t *ids;
	size_t table_bytes, offset, hits, distinct;
	unsigned char *device_table; /* as allocated */
	void *device_ids;
};

static void
close_job(void *context)
{
	struct job *job = context;
	struct backend *backend = job->bench->backend;

	backend->release(backend, job->device_table);
	backend->release(backend, job->args.output);
	backend->release(backend, job->device_ids);
	free(job->table);
	free(job->ids);
	free(job);
}

/* Rows that are read, and how many different ones. */
static void
count_hits(struct job *job)
{
	unsigned char *seen = memory_alloc_zero(job->args.vocab, 1);

	for (size_t i = 0; i < job->args.rows; i++) {
		int64_t place = job->ids[i] - job->args.start;

		if (place < 0 || (uint64_t)place >= job->args.vocab)
			continue;
		job->hits++;
		job->distinct += !seen[place];
		seen[place] = 1;
	}
	free(seen);
}

static bool
fill_memory(struct job *job, uint64_t *seed, const char *pattern, size_t all_ids)
{
	struct backend *backend = job->bench->backend;
	struct index_args *args = &job->args;
	bool wide = args->index_type == INDEX_INT64, done;
	size_t id_bytes = args->rows * (wide ? 8 : 4);
	void *ids = memory_alloc(id_bytes + 1);

	bench_indices(seed, pattern, args->rows, all_ids, wide, ids, job->ids);
	bench_fill(seed, job->table, job->table_bytes);
	job->device_table = backend->alloc(backend, job->table_bytes + job->offset);
	args->output = backend->alloc(backend, args->rows * args->output_stride);
	job->device_ids = backend->alloc(backend, id_bytes);
	done = job->device_table != NULL && args->output != NULL && job->device_ids != NULL &&
	    backend->upload(backend, job->device_table + job->offset, job->table,
	        job->table_bytes) &&
	    backend->upload(backend, job->device_ids, ids, id_bytes);
	args->weights = job->device_table + job->offset;
	args->indices = job->device_ids;
	free(ids);
	return done;
}

static void *
open_job(struct bench *bench, const struct point *point, const char **why)
{
	struct job *job = memory_alloc_zero(1, sizeof(*job));
	uint64_t seed = bench->seed;
	size_t parts = (size_t)point_number(point, "tp");
	size_t all_ids = (size_t)point_number(point, "vocab");
	size_t row_bytes = (size_t)point_number(point, "dim") *
	    element_size(row_dtype(point));

	job->bench = bench;
	job->offset = (size_t)point_number(point, "offset");
	job->args = (struct index_args){ .vocab = (all_ids + parts - 1) / parts,
		.row_bytes = row_bytes, .output_stride = row_bytes,
		.weight_stride = row_bytes + (size_t)point_number(point, "pad"),
		.index_type = row_index_type(point), .index_stride = 1,
		.rows = (size_t)point_number(point, "rows"), .masked = parts > 1 };
	/* The second rank of the split: ids fall below and above it. */
	job->args.start = parts > 1 ? (int64_t)job->args.vocab : 0;
	job->table_bytes = job->args.vocab * job->args.weight_stride;
	job->table = malloc(job->table_bytes);
	job->ids = memory_alloc((job->args.rows + 1) * sizeof(*job->ids));
	*why = "not enough memory";
	if (job->table == NULL || !fill_memory(job, &seed, point_text(point, "pattern"), all_ids)) {
		close_job(job);
		return NULL;
	}
	count_hits(job);
	if (!row_launch_open(bench, point, &job->launch, why) || (bench->backend->is_cuda &&
	    !index_choose(bench, &job->args, &job->launch, why))) {
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
		status = backend->index(backend, &job->args, &job->launch);
	return status;
}

/* Every output row against the table's row of its id, or against zeros. */
static bool
check_job(void *context)
{
	struct job *job = context;
	struct backend *backend = job->bench->backend;
	size_t stride = job->args.output_stride, bytes = job->args.rows * stride;
	unsigned char *output = memory_alloc(bytes + 1), *zeros = memory_alloc_zero(stride, 1);
	const char *why;
	bool good;

	memset(output, 0xa5, bytes);
	good = backend->upload(backend, job->args.output, output, bytes) &&
	    call_job(job, 1) == KERNEL_OK && backend->finish(backend, &why) &&
	    backend->download(backend, output, job->args.output, bytes);
	for (size_t i = 0; good && i < job->args.rows; i++) {
		int64_t place = job->ids[i] - job->args.start;
		bool hit = place >= 0 && (uint64_t)place < job->args.vocab;
		const unsigned char *wanted = hit
		    ? job->table + (size_t)place * job->args.weight_stride : zeros;

		good = memcmp(output + i * stride, wanted, job->args.row_bytes) == 0;
	}
	free(output);
	free(zeros);
	return good;
}

static void
describe_job(void *context, struct measure *measure)
{
	struct job *job = context;
	struct results *results = job->bench->results;
	struct facts *facts = &measure->facts;
	double row = (double)job->args.row_bytes, rows = (double)job->args.rows;
	double index = job->args.index_type == INDEX_INT64 ? 8 : 4;
	struct row_plan plan;

	measure->bytes = ((double)job->hits + rows) * row + rows * index;
	measure->ceiling = "copy";
	facts_number(results, facts, "row bytes", row, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "read", (double)job->hits * row, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "write", rows * row, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "indices", rows * index, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "rows read", (double)job->hits, "", ORIGIN_COMPUTED);
	facts_number(results, facts, "distinct rows", (double)job->distinct, "", ORIGIN_COMPUTED);
	facts_number(results, facts, "table", (double)job->table_bytes, "B", ORIGIN_COMPUTED);
	index_plan(&job->args, &plan);
	row_describe(job->bench, &plan, &job->launch, measure);
}

const struct subject subject_index = {
	.name = "index",
	.sentence = "row gather: output[i] = weights[indices[i]]",
	.size_axis = "rows",
	.axes = axes,
	.open = open_job,
	.call = call_job,
	.check = check_job,
	.describe = describe_job,
	.close = close_job,
};
