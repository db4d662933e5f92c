/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks on GPUs: all GPUs of this machine with a thread each, or this process's GPU as one
 * rank of many (--rank, --world, --id-file). */
#include <cuda_runtime_api.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collective.h"
#include "cpu.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/text.h"

enum { WHY_SIZE = 200 };

/* How long the ranks wait for rank 0's id file, seconds. */
static const double id_patience = 60;

enum order { ORDER_OPEN, ORDER_CALL, ORDER_CLOSE };

struct nccl_ranks {
	struct collective collective;
	unsigned char id[ALLREDUCE_ID_BYTES];
	pthread_barrier_t barrier;
	enum order order;
	unsigned calls;
	bool armed;            /* the ranks are awake and wait for `go` */
	atomic_bool go;
	double open_seconds;
	char why[WHY_SIZE];    /* of the last failure; only local rank 0's is read */
	struct nccl_rank {
		struct nccl_ranks *ranks;
		pthread_t thread;
		int rank, device;
		cudaStream_t stream;
		struct allreduce_comm *comm;
		void *data, *gathered;
		bool lent; /* data is the communicator's buffer */
		enum kernel_status status;
		char why[WHY_SIZE];
	} *each; /* by local rank */
};

static void
open_rank(struct nccl_rank *rank)
{
	struct collective *job = &rank->ranks->collective;
	size_t bytes = job->count * element_size(job->type);
	struct allreduce_options options = { rank->rank, job->world, job->buffer_bytes,
		rank->ranks->id, allreduce_cuda() };
	cudaError_t error = cudaSetDevice(rank->device);

	/* Local rank 0 works on the backend's stream, between the events that time it. */
	if (error == cudaSuccess && rank->stream == NULL)
		error = cudaStreamCreateWithFlags(&rank->stream, cudaStreamNonBlocking);
	if (error == cudaSuccess)
		error = cudaMalloc(&rank->data, bytes + 1);
	if (error == cudaSuccess && job->kind != COLLECTIVE_ALL_REDUCE)
		error = cudaMalloc(&rank->gathered, collective_result(job) + 1);
	if (error == cudaSuccess)
		error = cudaMemset(rank->data, 0, bytes);
	if (error != cudaSuccess) {
		snprintf(rank->why, WHY_SIZE, "%s", cudaGetErrorString(error));
		rank->status = KERNEL_FAILED;
		return;
	}
	rank->status = allreduce_comm_open(&rank->comm, &options, rank->why, WHY_SIZE);
	if (rank->status != KERNEL_OK || !job->in_buffer || job->kind != COLLECTIVE_ALL_REDUCE)
		return;
	if (allreduce_buffer(rank->comm) == NULL || bytes > job->buffer_bytes) {
		snprintf(rank->why, WHY_SIZE, "in_buffer: %s", allreduce_buffer(rank->comm) == NULL
		    ? allreduce_note(rank->comm) : "the message is larger than the buffer");
		rank->status = KERNEL_UNAVAILABLE;
		return;
	}
	cudaFree(rank->data);
	rank->data = allreduce_buffer(rank->comm);
	rank->lent = true;
	error = cudaMemset(rank->data, 0, bytes);
	if (error != cudaSuccess) {
		snprintf(rank->why, WHY_SIZE, "%s", cudaGetErrorString(error));
		rank->status = KERNEL_FAILED;
	}
}

static enum kernel_status
call_once(struct nccl_rank *rank)
{
	struct collective *job = &rank->ranks->collective;
	size_t part = job->count / (size_t)job->world;

	switch (job->kind) {
	case COLLECTIVE_ALL_GATHER:
		return allgather_nccl(rank->comm, rank->gathered, rank->data, job->count, job->type,
		    rank->stream, rank->why, WHY_SIZE);
	case COLLECTIVE_REDUCE_SCATTER:
		return reduce_scatter_nccl(rank->comm, rank->gathered, rank->data, part, job->type,
		    job->op, rank->stream, rank->why, WHY_SIZE);
	case COLLECTIVE_ALL_TO_ALL:
		return alltoall_nccl(rank->comm, rank->gathered, rank->data, part, job->type,
		    rank->stream, rank->why, WHY_SIZE);
	default:
		return allreduce_nccl(rank->comm, rank->data, job->count, job->type, job->op,
		    rank->stream, rank->why, WHY_SIZE);
	}
}

static void
call_rank(struct nccl_rank *rank, unsigned calls)
{
	for (unsigned i = 0; i < calls && rank->status == KERNEL_OK; i++)
		rank->status = call_once(rank);
}

static void
close_rank(struct nccl_rank *rank)
{
	if (rank->stream != NULL)
		cudaStreamSynchronize(rank->stream);
	if (allreduce_comm_close(rank->comm, rank->why, WHY_SIZE) != KERNEL_OK)
		rank->status = KERNEL_FAILED;
	if (!rank->lent)
		cudaFree(rank->data);
	cudaFree(rank->gathered);
	if (rank->stream != NULL && rank->stream != rank->ranks->collective.bench->backend->stream)
		cudaStreamDestroy(rank->stream);
}

static void
obey(struct nccl_rank *rank)
{
	switch (rank->ranks->order) {
	case ORDER_OPEN:
		open_rank(rank);
		break;
	case ORDER_CALL:
		/* awake already when the first event is recorded: the way here is no part of a sample */
		while (!atomic_load(&rank->ranks->go))
			sched_yield();
		call_rank(rank, rank->ranks->calls);
		break;
	case ORDER_CLOSE:
		close_rank(rank);
		break;
	}
}

static void *
run_thread(void *context)
{
	struct nccl_rank *rank = context;
	enum order order;

	do {
		pthread_barrier_wait(&rank->ranks->barrier);
		order = rank->ranks->order;
		obey(rank);
		pthread_barrier_wait(&rank->ranks->barrier);
	} while (order != ORDER_CLOSE);
	return NULL;
}

static void
ready_ranks(struct collective *collective, unsigned calls)
{
	struct nccl_ranks *ranks = collective->state;

	ranks->order = ORDER_CALL;
	ranks->calls = calls;
	atomic_store(&ranks->go, false);
	pthread_barrier_wait(&ranks->barrier);
	ranks->armed = true;
}

/* All local ranks at once; the worst status. */
static enum kernel_status
give_order(struct nccl_ranks *ranks, enum order order)
{
	enum kernel_status status = KERNEL_OK;

	ranks->order = order;
	if (!ranks->armed)
		pthread_barrier_wait(&ranks->barrier);
	ranks->armed = false;
	atomic_store(&ranks->go, true);
	obey(&ranks->each[0]);
	pthread_barrier_wait(&ranks->barrier);
	for (int i = 0; i < ranks->collective.local; i++) {
		if (ranks->each[i].status == KERNEL_OK)
			continue;
		status = ranks->each[i].status;
		snprintf(ranks->why, WHY_SIZE, "%s", ranks->each[i].why);
	}
	return status;
}

static enum kernel_status
call_ranks(struct collective *collective, unsigned calls)
{
	struct nccl_ranks *ranks = collective->state;

	/* the threads may be awake already, for as many */
	ranks->calls = calls;
	return give_order(ranks, ORDER_CALL);
}

static bool
write_rank(struct collective *collective, int rank, const void *data)
{
	struct nccl_ranks *ranks = collective->state;
	struct nccl_rank *one = &ranks->each[rank - collective->first];

	return cudaSetDevice(one->device) == cudaSuccess &&
	    cudaStreamSynchronize(one->stream) == cudaSuccess &&
	    cudaMemcpy(one->data, data, collective->count * element_size(collective->type),
	        cudaMemcpyHostToDevice) == cudaSuccess &&
	    cudaSetDevice(ranks->each[0].device) == cudaSuccess;
}

static bool
read_rank(struct collective *collective, int rank, void *data, size_t bytes)
{
	struct nccl_ranks *ranks = collective->state;
	struct nccl_rank *one = &ranks->each[rank - collective->first];

	return cudaSetDevice(one->device) == cudaSuccess &&
	    allreduce_finish(one->comm, one->stream, one->why, WHY_SIZE) == KERNEL_OK &&
	    cudaMemcpy(data, collective->kind != COLLECTIVE_ALL_REDUCE ? one->gathered : one->data, bytes,
	        cudaMemcpyDeviceToHost) == cudaSuccess &&
	    cudaSetDevice(ranks->each[0].device) == cudaSuccess;
}

static void
describe_ranks(struct collective *collective, struct measure *measure)
{
	struct nccl_ranks *ranks = collective->state;
	struct allreduce_comm *comm = ranks->each[0].comm;
	struct results *results = collective->bench->results;
	struct facts *facts = &measure->facts;
	double bytes = (double)(collective->count * element_size(collective->type));
	const char *note = allreduce_note(comm);
	int version = allreduce_version(comm);
	const struct ceiling *copy;

	if (collective->world == 1)
		measure_flag(measure, "one GPU: the local path, no link");
	facts_text(results, facts, "NCCL version", results_format(results, "%d.%d.%d",
	    version / 10000, version / 100 % 100, version % 100), ORIGIN_DEVICE);
	facts_number(results, facts, "init", ranks->open_seconds * 1e6, "us", ORIGIN_MEASURED);
	if (note[0] != '\0')
		facts_text(results, facts, "no buffer because", note, ORIGIN_DEVICE);
	else
		facts_number(results, facts, "buffer", (double)collective->buffer_bytes, "B",
		    ORIGIN_STATIC);
	if (collective->kind != COLLECTIVE_ALL_REDUCE ||
	    allreduce_path_choose(comm, ranks->each[0].data, (size_t)bytes) != ALLREDUCE_STAGED)
		return;
	copy = bench_ceiling(collective->bench, "copy", 2 * bytes, false);
	if (copy != NULL)
		facts_number(results, facts, "copies", 2 * copy->us, "us", ORIGIN_MEASURED);
}

static void
close_ranks(struct collective *collective)
{
	struct nccl_ranks *ranks = collective->state;

	give_order(ranks, ORDER_CLOSE);
	for (int i = 1; i < collective->local; i++)
		pthread_join(ranks->each[i].thread, NULL);
	pthread_barrier_destroy(&ranks->barrier);
	free(ranks->each);
	free(ranks);
}

/* Rank 0 writes the id under its name only when it is whole; the others wait for it. */
static bool
share_id(struct bench *bench, unsigned char *id, char *why)
{
	struct text path = { 0 };
	double begin = cpu_seconds();
	bool shared = false;

	/* Each communicator has a file of its own: a slow rank must not find the next one's. */
	text_add_format(&path, "%s.%u", bench->id_file, bench->communicators++);
	if (bench->rank == 0) {
		struct output *out;

		shared = allreduce_unique_id(id, why, WHY_SIZE) == KERNEL_OK;
		if (shared) {
			out = output_file(path.bytes);
			output_bytes(out, (const char *)id, ALLREDUCE_ID_BYTES);
			output_close(out);
		}
	} else {
		const struct timespec pause = { .tv_nsec = 20000000 };

		while (!shared && cpu_seconds() - begin < id_patience) {
			int file = open(path.bytes, O_RDONLY);

			shared = file >= 0 && read(file, id, ALLREDUCE_ID_BYTES) == ALLREDUCE_ID_BYTES;
			if (file >= 0)
				close(file);
			if (!shared)
				nanosleep(&pause, NULL);
		}
		if (!shared)
			snprintf(why, WHY_SIZE, "rank 0 wrote no %s within %.0f s", path.bytes,
			    id_patience);
	}
	text_free(&path);
	return shared;
}

/* Which ranks are here and on which GPUs. */
static bool
place_ranks(struct nccl_ranks *ranks)
{
	struct collective *job = &ranks->collective;
	struct bench *bench = job->bench;
	int devices = 0;

	if (bench->world > 0) {
		job->world = bench->world;
		job->first = bench->rank;
		job->local = 1;
		return share_id(bench, ranks->id, ranks->why);
	}
	if (cudaGetDeviceCount(&devices) != cudaSuccess)
		devices = 1;
	/* This process's GPU is local rank 0; the others follow in order. */
	if (job->world == 0)
		job->world = devices;
	job->local = job->world;
	if (job->world > devices) {
		snprintf(ranks->why, WHY_SIZE, "%d ranks need as many GPUs, here are %d", job->world,
		    devices);
		return false;
	}
	return allreduce_unique_id(ranks->id, ranks->why, WHY_SIZE) == KERNEL_OK;
}

/* A thread for each local rank but the first. */
static bool
start_threads(struct nccl_ranks *ranks)
{
	struct collective *job = &ranks->collective;
	int devices = 1, started = 1;

	cudaGetDeviceCount(&devices);
	ranks->each = memory_alloc_zero((size_t)job->local, sizeof(*ranks->each));
	pthread_barrier_init(&ranks->barrier, NULL, (unsigned)job->local);
	for (int i = 0; i < job->local; i++) {
		ranks->each[i].ranks = ranks;
		ranks->each[i].rank = job->first + i;
		ranks->each[i].device = (job->bench->backend->number + i) % devices;
	}
	ranks->each[0].stream = job->bench->backend->stream;
	while (started < job->local && pthread_create(&ranks->each[started].thread, NULL,
	    run_thread, &ranks->each[started]) == 0)
		started++;
	if (started < job->local)
		snprintf(ranks->why, WHY_SIZE, "no thread for rank %d", started);
	return started == job->local;
}

static bool
open_ranks(struct nccl_ranks *ranks)
{
	double begin = cpu_seconds();
	bool opened = give_order(ranks, ORDER_OPEN) == KERNEL_OK;

	ranks->open_seconds = cpu_seconds() - begin;
	return opened;
}

struct collective *
collective_open_nccl(const struct collective *wanted, const char **why)
{
	struct nccl_ranks *ranks = memory_alloc_zero(1, sizeof(*ranks));
	struct collective *collective = &ranks->collective;
	size_t bytes = wanted->count * element_size(wanted->type);

	*collective = *wanted;
	collective->state = ranks;
	collective->call = call_ranks;
	collective->ready = ready_ranks;
	collective->write = write_rank;
	collective->read = read_rank;
	collective->describe = describe_ranks;
	collective->close = close_ranks;
	if (!place_ranks(ranks)) {
		*why = results_keep(wanted->bench->results, ranks->why);
		free(ranks);
		return NULL;
	}
	collective_round(collective);
	if (!start_threads(ranks)) {
		/* Threads that wait for one that never came cannot be told to stop. */
		*why = results_keep(wanted->bench->results, ranks->why);
		return NULL;
	}
	if (!open_ranks(ranks)) {
		*why = results_keep(wanted->bench->results, ranks->why);
		close_ranks(collective);
		return NULL;
	}
	collective->path = collective->kind != COLLECTIVE_ALL_REDUCE ? allreduce_path_name(ALLREDUCE_DIRECT)
	    : allreduce_path_name(allreduce_path_choose(ranks->each[0].comm, ranks->each[0].data,
	          bytes));
	return collective;
}
