/* SPDX-License-Identifier: Apache-2.0 */
/* allreduce as a subject: threads of this process on the CPU; NCCL is in collective_nccl.c. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "allreduce.h"
#include "bench.h"
#include "collective.h"
#include "base/memory.h"
#include "rows.h"

static const char *const dtypes[] = { "fp32", "fp16", "bf16", "int8", "int32", "int64", NULL };
static const char *const ops[] = { "sum", "prod", "max", "min", "avg", NULL };
static const char *const collectives[] = { "all_reduce", "all_gather", "reduce_scatter",
	"all_to_all", "one_shot", NULL };

static const struct axis_rule axes[] = {
	{ "bytes", "of one rank's message", NULL, 0, INT64_C(1) << 34, "8K:32M:x8", "8:512M:x4" },
	{ "dtype", "element type", dtypes, 0, 0, "fp16", "fp16" },
	{ "op", "reduction", ops, 0, 0, "sum", "sum" },
	{ "collective", "what is done", collectives, 0, 0, "all_reduce", "all_reduce" },
	{ "world", "ranks; 0: cores, GPUs or --world", NULL, 0, 64, "2", "0" },
	{ "buffer", "bytes of the symmetric buffer", NULL, 0, INT64_C(1) << 34, NULL, "64M" },
	{ "in_buffer", "1: the message lies in it, no copies", NULL, 0, 1, NULL, "0" },
	{ 0 },
};

/* The ranks are threads that wait for orders; the caller's thread is rank 0. */
struct thread_ranks {
	struct collective collective;
	struct allreduce_group *group;
	pthread_barrier_t order;
	struct thread_rank {
		struct thread_ranks *ranks;
		pthread_t thread;
		int rank;
		void *data, *gathered;
	} *each;
	int started;
	unsigned calls; /* 0: stop */
};

size_t
collective_result(const struct collective *collective)
{
	size_t bytes = collective->count * element_size(collective->type);

	return collective->kind == COLLECTIVE_ALL_GATHER ? bytes * (size_t)collective->world
	    : collective->kind == COLLECTIVE_REDUCE_SCATTER ? bytes / (size_t)collective->world
	    : bytes;
}

void
collective_round(struct collective *collective)
{
	if (collective->kind == COLLECTIVE_REDUCE_SCATTER ||
	    collective->kind == COLLECTIVE_ALL_TO_ALL)
		collective->count -= collective->count % (size_t)collective->world;
}

static void
run_call(struct thread_rank *rank)
{
	struct allreduce_group *group = rank->ranks->group;
	struct collective *job = &rank->ranks->collective;
	size_t size = element_size(job->type), part = job->count / (size_t)job->world;

	switch (job->kind) {
	case COLLECTIVE_ALL_GATHER:
		allgather_cpu(group, rank->rank, rank->gathered, rank->data, job->count * size);
		break;
	case COLLECTIVE_REDUCE_SCATTER:
		reduce_scatter_cpu(group, rank->rank, rank->gathered, rank->data, part, job->type,
		    job->op);
		break;
	case COLLECTIVE_ALL_TO_ALL:
		alltoall_cpu(group, rank->rank, rank->gathered, rank->data, part * size);
		break;
	case COLLECTIVE_ONE_SHOT:
		oneshot_cpu(group, rank->rank, rank->gathered, rank->data, job->count, job->type,
		    job->op);
		break;
	default:
		allreduce_cpu(group, rank->rank, rank->data, job->count, job->type, job->op);
	}
}

static void
run_calls(struct thread_rank *rank, unsigned calls)
{
	for (unsigned i = 0; i < calls; i++)
		run_call(rank);
}

static void *
run_thread(void *context)
{
	struct thread_rank *rank = context;

	for (;;) {
		unsigned calls;

		pthread_barrier_wait(&rank->ranks->order);
		calls = rank->ranks->calls;
		if (calls == 0)
			return NULL;
		run_calls(rank, calls);
		pthread_barrier_wait(&rank->ranks->order);
	}
}

static enum kernel_status
call_threads(struct collective *collective, unsigned calls)
{
	struct thread_ranks *ranks = collective->state;

	ranks->calls = calls;
	pthread_barrier_wait(&ranks->order);
	run_calls(&ranks->each[0], calls);
	pthread_barrier_wait(&ranks->order);
	return KERNEL_OK;
}

static void
close_threads(struct collective *collective)
{
	struct thread_ranks *ranks = collective->state;

	if (ranks->started == collective->world && ranks->started > 0) {
		ranks->calls = 0;
		pthread_barrier_wait(&ranks->order);
	}
	for (int i = 1; i < ranks->started; i++)
		pthread_join(ranks->each[i].thread, NULL);
	for (int i = 0; i < collective->world; i++) {
		free(ranks->each[i].data);
		free(ranks->each[i].gathered);
	}
	pthread_barrier_destroy(&ranks->order);
	allreduce_group_close(ranks->group);
	free(ranks->each);
	free(ranks);
}

static bool
write_threads(struct collective *collective, int rank, const void *data)
{
	struct thread_ranks *ranks = collective->state;

	memcpy(ranks->each[rank].data, data, collective->count * element_size(collective->type));
	return true;
}

static bool
read_threads(struct collective *collective, int rank, void *data, size_t bytes)
{
	struct thread_ranks *ranks = collective->state;

	memcpy(data, collective->kind != COLLECTIVE_ALL_REDUCE ? ranks->each[rank].gathered
	    : ranks->each[rank].data, bytes);
	return true;
}

static struct collective *
open_threads(struct bench *bench, const struct collective *wanted, const char **why)
{
	struct thread_ranks *ranks = memory_alloc_zero(1, sizeof(*ranks));
	size_t bytes = wanted->count * element_size(wanted->type);
	struct collective *collective = &ranks->collective;

	*collective = *wanted;
	if (collective->world == 0)
		collective->world = (int)facts_find(&bench->results->device.facts, "cores")->number;
	collective_round(collective);
	collective->first = 0;
	collective->local = collective->world;
	collective->state = ranks;
	collective->call = call_threads;
	collective->write = write_threads;
	collective->read = read_threads;
	collective->close = close_threads;
	collective->path = "cpu backend, not NCCL";
	ranks->each = memory_alloc_zero((size_t)collective->world, sizeof(*ranks->each));
	ranks->group = allreduce_group_open(collective->world);
	pthread_barrier_init(&ranks->order, NULL, (unsigned)collective->world);
	ranks->started = ranks->group != NULL;
	for (int i = 0; i < collective->world; i++) {
		ranks->each[i] = (struct thread_rank){ .ranks = ranks, .rank = i,
			.data = memory_alloc(bytes + 1),
			.gathered = memory_alloc(collective_result(collective) + 1) };
		memset(ranks->each[i].data, 0, bytes);
	}
	while (ranks->started > 0 && ranks->started < collective->world &&
	    pthread_create(&ranks->each[ranks->started].thread, NULL, run_thread,
	        &ranks->each[ranks->started]) == 0)
		ranks->started++;
	/* Threads that wait for one that never came cannot be told to stop. */
	if (ranks->started < collective->world) {
		*why = "not enough memory or threads";
		return NULL;
	}
	return collective;
}

static void *
open_job(struct bench *bench, const struct point *point, const char **why)
{
	struct collective wanted = { .bench = bench, .type = row_dtype(point),
		.world = (int)point_number(point, "world"),
		.buffer_bytes = (size_t)point_number(point, "buffer"),
		.in_buffer = point_number(point, "in_buffer") != 0 };
	size_t bytes = (size_t)point_number(point, "bytes");

	for (int i = 0; ops[i] != NULL; i++)
		if (strcmp(point_text(point, "op"), ops[i]) == 0)
			wanted.op = (enum reduce_op)i;
	for (int i = 0; collectives[i] != NULL; i++)
		if (strcmp(point_text(point, "collective"), collectives[i]) == 0)
			wanted.kind = (enum collective_kind)i;
	wanted.count = bytes / element_size(wanted.type);
	if (bench->backend->is_cuda && wanted.kind == COLLECTIVE_ONE_SHOT) {
		*why = "one_shot is none of NCCL's: it needs GPUs that reach each other's memory, which "
		    "kbench does not join; -d cpu shows its steps";
		return NULL;
	}
	if (bench->backend->is_cuda)
		return collective_open_nccl(&wanted, why);
	return open_threads(bench, &wanted, why);
}

static enum kernel_status
call_job(void *context, unsigned calls)
{
	struct collective *collective = context;

	return collective->call(collective, calls);
}

static void
ready_job(void *context, unsigned calls)
{
	struct collective *collective = context;

	if (collective->ready != NULL)
		collective->ready(collective, calls);
}

/* Small numbers, so that sums of 16-bit floats are exact to one rounding. */
static void
fill_rank(const struct collective *job, int rank, void *data)
{
	uint64_t seed = job->bench->seed + (uint64_t)rank * 1000003;

	for (size_t i = 0; i < job->count; i++) {
		int value = (int)(bench_random(&seed) % 9) - 4;

		switch (job->type) {
		case ELEMENT_FP32:
			((float *)data)[i] = (float)value / 4;
			break;
		case ELEMENT_FP16:
			((uint16_t *)data)[i] = fp16_from_float((float)value / 4);
			break;
		case ELEMENT_BF16:
			((uint16_t *)data)[i] = bf16_from_float((float)value / 4);
			break;
		case ELEMENT_INT8:
			((int8_t *)data)[i] = (int8_t)value;
			break;
		case ELEMENT_INT32:
			((int32_t *)data)[i] = value;
			break;
		default:
			((int64_t *)data)[i] = value;
			break;
		}
	}
}

static double
element_value(const void *data, size_t i, enum element_type type)
{
	switch (type) {
	case ELEMENT_FP32:
		return (double)((const float *)data)[i];
	case ELEMENT_FP16:
		return (double)fp16_to_float(((const uint16_t *)data)[i]);
	case ELEMENT_BF16:
		return (double)bf16_to_float(((const uint16_t *)data)[i]);
	case ELEMENT_INT8:
		return ((const int8_t *)data)[i];
	case ELEMENT_INT32:
		return ((const int32_t *)data)[i];
	default:
		return (double)((const int64_t *)data)[i];
	}
}

/* Half a unit in the last place for each of the world - 1 roundings a ring may make. */
static double
tolerance(const struct collective *job, double magnitude)
{
	double unit = job->type == ELEMENT_FP32 ? 0x1p-24
	    : job->type == ELEMENT_FP16 ? 0x1p-11
	    : job->type == ELEMENT_BF16 ? 0x1p-8 : 0;

	return unit * job->world * magnitude;
}

/* `output` against the reduction of elements [begin, end) of the messages. */
static bool
check_reduced(const struct collective *job, void **inputs, const void *output, size_t begin,
    size_t end)
{
	for (size_t i = begin; i < end; i++) {
		double total = element_value(inputs[0], i, job->type), magnitude = fabs(total), value;

		for (int rank = 1; rank < job->world; rank++) {
			value = element_value(inputs[rank], i, job->type);
			switch (job->op) {
			case REDUCE_PROD:
				total *= value;
				break;
			case REDUCE_MAX:
				total = fmax(total, value);
				break;
			case REDUCE_MIN:
				total = fmin(total, value);
				break;
			default:
				total += value;
			}
			magnitude = fmax(magnitude + fabs(value), fabs(total));
		}
		if (job->op == REDUCE_AVG) {
			total /= job->world;
			total = job->type >= ELEMENT_INT8 ? trunc(total) : total;
		}
		value = element_value(output, i - begin, job->type);
		if (!(fabs(value - total) <= tolerance(job, magnitude)))
			return false;
	}
	return true;
}

static bool
check_gathered(const struct collective *job, void **inputs, const void *output)
{
	size_t bytes = job->count * element_size(job->type);

	for (int rank = 0; rank < job->world; rank++)
		if (memcmp((const char *)output + (size_t)rank * bytes, inputs[rank], bytes) != 0)
			return false;
	return true;
}

/* Part `rank` of each message, in the order of ranks. */
static bool
check_exchanged(const struct collective *job, void **inputs, const void *output, int rank)
{
	size_t part = job->count / (size_t)job->world * element_size(job->type);

	for (int from = 0; from < job->world; from++)
		if (memcmp((const char *)output + (size_t)from * part,
		    (const char *)inputs[from] + (size_t)rank * part, part) != 0)
			return false;
	return true;
}

static bool
check_result(const struct collective *job, void **inputs, const void *output, int rank)
{
	size_t part = job->count / (size_t)job->world;

	switch (job->kind) {
	case COLLECTIVE_ALL_GATHER:
		return check_gathered(job, inputs, output);
	case COLLECTIVE_REDUCE_SCATTER:
		return check_reduced(job, inputs, output, (size_t)rank * part,
		    (size_t)(rank + 1) * part);
	case COLLECTIVE_ALL_TO_ALL:
		return check_exchanged(job, inputs, output, rank);
	default:
		return check_reduced(job, inputs, output, 0, job->count);
	}
}

/* Every rank of this process; what the others hold follows from the seed. */
static bool
check_job(void *context)
{
	struct collective *job = context;
	size_t bytes = job->count * element_size(job->type);
	size_t out_bytes = collective_result(job);
	void **inputs = memory_alloc_zero((size_t)job->world, sizeof(*inputs));
	void *output = memory_alloc(out_bytes + 1);
	const char *why;
	bool good = true;

	for (int rank = 0; rank < job->world; rank++) {
		inputs[rank] = memory_alloc(bytes + 1);
		fill_rank(job, rank, inputs[rank]);
		if (rank >= job->first && rank < job->first + job->local)
			good = good && job->write(job, rank, inputs[rank]);
	}
	good = good && job->call(job, 1) == KERNEL_OK &&
	    job->bench->backend->finish(job->bench->backend, &why);
	for (int rank = job->first; rank < job->first + job->local; rank++) {
		good = good && job->read(job, rank, output, out_bytes);
		good = good && check_result(job, inputs, output, rank);
	}
	/* Zeros stay what they are however often they are reduced: timing must not meet
	 * infinities or subnormal numbers. */
	for (int rank = 0; rank < job->world; rank++) {
		memset(inputs[rank], 0, bytes);
		if (rank >= job->first && rank < job->first + job->local)
			good = job->write(job, rank, inputs[rank]) && good;
		free(inputs[rank]);
	}
	free(inputs);
	free(output);
	return good;
}

static void
describe_job(void *context, struct measure *measure)
{
	struct collective *job = context;
	struct results *results = job->bench->results;
	struct facts *facts = &measure->facts;
	double ranks = job->world, share = (double)(job->count * element_size(job->type));
	/* nccl-tests: all_gather's size is that of the whole output. */
	double size = job->kind == COLLECTIVE_ALL_GATHER ? share * ranks : share;
	double algbw = size / measure->median * 1e-3;
	bool whole = job->kind == COLLECTIVE_ALL_REDUCE || job->kind == COLLECTIVE_ONE_SHOT;
	double factor = (whole ? 2 : 1) * (ranks - 1) / ranks;
	/* in one step every message crosses to every other rank */
	double crossed = job->kind == COLLECTIVE_ONE_SHOT ? ranks - 1 : factor;

	measure->bytes = size;
	measure->ceiling = "";
	measure_flag(measure, job->bench->backend->is_cuda ? "nccl" : "cpu backend, not NCCL");
	facts_number(results, facts, "world", ranks, "", ORIGIN_DEVICE);
	facts_number(results, facts, "message", share, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "algbw", algbw, "GB/s", ORIGIN_MEASURED);
	facts_number(results, facts, "busbw", algbw * factor, "GB/s", ORIGIN_MEASURED);
	facts_number(results, facts, "busbw factor", factor, "", ORIGIN_COMPUTED);
	facts_number(results, facts, "chunk", share / ranks, "B", ORIGIN_COMPUTED);
	facts_number(results, facts, "bytes a link", size * crossed, "B", ORIGIN_COMPUTED);
	facts_text(results, facts, "path", job->path, ORIGIN_COMPUTED);
	if (job->describe != NULL)
		job->describe(job, measure);
}

static void
close_job(void *context)
{
	struct collective *collective = context;

	collective->close(collective);
}

const struct subject subject_allreduce = {
	.name = "allreduce",
	.sentence = "all_reduce (in one_shot, too), all_gather, reduce_scatter, all_to_all: "
	    "NCCL or threads",
	.size_axis = "bytes",
	.axes = axes,
	.collective = true,
	.open = open_job,
	.call = call_job,
	.ready = ready_job,
	.check = check_job,
	.describe = describe_job,
	.close = close_job,
};
