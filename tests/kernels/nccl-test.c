/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the NCCL communicator of kernels/nccl.c in host memory and tells what happened:
 *
 *     nccl-test WORLD BUFFER-BYTES      WORLD processes reduce and gather; prints each step
 *
 * LD_LIBRARY_PATH chooses the library: the double, the old double, or none. COPY_FAIL=N
 * makes the N-th copy fail, SYNC_FAIL=1 the synchronisation. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allreduce.h"
#include "check.h"

enum { COUNT = 1000, WHY = 200 };

static int
copy_async(void *target, const void *source, size_t bytes, void *stream)
{
	static int calls;
	const char *fail = getenv("COPY_FAIL");

	/* what ranks agree on first goes over the default stream */
	CHECK(stream == (void *)0x5712 || (stream == NULL && bytes == sizeof(float)),
	    "the stream is not handed on");
	if (stream != NULL && fail != NULL && ++calls == atoi(fail))
		return 700;
	memcpy(target, source, bytes);
	return 0;
}

static int
synchronize(void *stream)
{
	CHECK(stream == (void *)0x5712 || stream == NULL, "the stream is not handed on");
	return stream != NULL && getenv("SYNC_FAIL") ? 719 : 0;
}

static int
alloc(void **memory, size_t bytes)
{
	*memory = malloc(bytes);
	return *memory == NULL;
}

static int
release(void *memory)
{
	free(memory);
	return 0;
}

static const char *
error_text(int error)
{
	return error == 700 ? "an illegal memory access was encountered" : "unspecified failure";
}

static void
report(int rank, const char *step, enum kernel_status status, const char *why)
{
	if (status == KERNEL_OK)
		printf("%d %s ok\n", rank, step);
	else
		printf("%d %s: %s: %s\n", rank, step, kernel_status_text(status), why);
	fflush(stdout);
}

static void
reduce(struct allreduce_comm *comm, int rank, int world, float *data, size_t count,
    const char *step)
{
	enum allreduce_path path = allreduce_path_choose(comm, data, count * sizeof(*data));
	enum kernel_status status;
	char why[WHY] = "", name[64];

	for (size_t i = 0; i < count; i++)
		data[i] = (float)(i % 100) + (float)rank;
	snprintf(name, sizeof(name), "%s %s", step, allreduce_path_name(path));
	status = allreduce_nccl(comm, data, count, ELEMENT_FP32, REDUCE_SUM, (void *)0x5712, why,
	    sizeof(why));
	if (status == KERNEL_OK)
		status = allreduce_finish(comm, (void *)0x5712, why, sizeof(why));
	report(rank, name, status, why);
	if (status != KERNEL_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		float wanted = (float)(i % 100) * (float)world + (float)(world * (world - 1) / 2);

		CHECK(!(data[i] < wanted || data[i] > wanted), "element %zu: %g", i, (double)data[i]);
	}
}

static void
gather(struct allreduce_comm *comm, int rank, int world)
{
	float *all = calloc((size_t)world * COUNT, sizeof(*all)), mine[COUNT];
	enum kernel_status status;
	char why[WHY] = "";

	CHECK(all != NULL, "out of memory");
	for (size_t i = 0; i < COUNT; i++)
		mine[i] = (float)rank * 10000 + (float)i;
	status = allgather_nccl(comm, all, mine, COUNT, ELEMENT_FP32, (void *)0x5712, why,
	    sizeof(why));
	report(rank, "gather", status, why);
	for (size_t i = 0; status == KERNEL_OK && i < (size_t)world * COUNT; i++)
		CHECK((size_t)all[i] == i / COUNT * 10000 + i % COUNT, "element %zu", i);
	free(all);
}

/* Part i of a rank is 100 * rank + i, each of its elements one more. */
static void
scatter(struct allreduce_comm *comm, int rank, int world)
{
	size_t count = COUNT / 8;
	float *mine = calloc((size_t)world * count, sizeof(*mine));
	float *out = calloc((size_t)world * count, sizeof(*out));
	enum kernel_status status;
	char why[WHY] = "";

	CHECK(mine != NULL && out != NULL, "out of memory");
	for (size_t i = 0; i < (size_t)world * count; i++)
		mine[i] = (float)(1000 * (size_t)rank + 100 * (i / count) + i % count);
	status = reduce_scatter_nccl(comm, out, mine, count, ELEMENT_FP32, REDUCE_SUM,
	    (void *)0x5712, why, sizeof(why));
	report(rank, "scatter", status, why);
	for (size_t i = 0; status == KERNEL_OK && i < count; i++)
		CHECK((size_t)out[i] == 1000 * (size_t)(world * (world - 1) / 2) +
		    (size_t)world * (100 * (size_t)rank + i), "element %zu", i);
	status = alltoall_nccl(comm, out, mine, count, ELEMENT_FP32, (void *)0x5712, why,
	    sizeof(why));
	report(rank, "exchange", status, why);
	for (size_t i = 0; status == KERNEL_OK && i < (size_t)world * count; i++)
		CHECK((size_t)out[i] == 1000 * (i / count) + 100 * (size_t)rank + i % count,
		    "element %zu", i);
	free(mine);
	free(out);
}

static int
run_rank(int rank, int world, size_t buffer_bytes, const unsigned char *id)
{
	struct allreduce_options options = { rank, world, buffer_bytes, id,
		{ copy_async, synchronize, error_text, alloc, release } };
	struct allreduce_comm *comm;
	char why[WHY] = "";
	enum kernel_status status = allreduce_comm_open(&comm, &options, why, sizeof(why));
	float data[COUNT], *buffer;

	report(rank, "open", status, why);
	if (status != KERNEL_OK)
		return 1;
	printf("%d version %d note '%s'\n", rank, allreduce_version(comm), allreduce_note(comm));
	reduce(comm, rank, world, data, 0, "empty");
	reduce(comm, rank, world, data, 100, "small");
	reduce(comm, rank, world, data, COUNT, "large");
	buffer = allreduce_buffer(comm);
	if (buffer != NULL)
		reduce(comm, rank, world, buffer, 50, "own");
	gather(comm, rank, world);
	if (getenv("SCATTER") != NULL)
		scatter(comm, rank, world);
	status = allreduce_comm_close(comm, why, sizeof(why));
	report(rank, "close", status, why);
	return 0;
}

int
main(int argc, char *argv[])
{
	unsigned char id[ALLREDUCE_ID_BYTES];
	char why[WHY] = "";
	enum kernel_status status;
	int world, failed = 0;

	CHECK(argc == 3, "usage: nccl-test WORLD BUFFER-BYTES");
	world = atoi(argv[1]);
	status = allreduce_unique_id(id, why, sizeof(why));
	report(-1, "id", status, why);
	if (status != KERNEL_OK)
		return 1;
	for (int rank = 0; rank < world; rank++)
		if (fork() == 0)
			exit(run_rank(rank, world, (size_t)atol(argv[2]), id));
	for (int rank = 0; rank < world; rank++) {
		int wait_status;

		CHECK(wait(&wait_status) > 0, "wait");
		failed |= wait_status;
	}
	return failed != 0;
}
