/* SPDX-License-Identifier: Apache-2.0 */
/* Collectives through NCCL, which is opened with dlopen: no program needs it
 * to build or to start. The few types and constants of its ABI are given here. */
#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allreduce.h"

enum { NCCL_SUCCESS = 0, NCCL_WINDOW_SYMMETRIC = 1 };

/* Passed by value to ncclCommInitRank. */
struct nccl_id {
	char bytes[ALLREDUCE_ID_BYTES];
};

/* The functions used. Those below `get_version` may be missing (NULL) in older libraries. */
struct nccl_calls {
	int (*get_unique_id)(struct nccl_id *id);
	int (*init_rank)(void **comm, int world, struct nccl_id id, int rank);
	int (*destroy)(void *comm);
	int (*abort)(void *comm);
	int (*all_reduce)(const void *input, void *output, size_t count, int type, int op,
	    void *comm, void *stream);
	int (*all_gather)(const void *input, void *output, size_t count, int type, void *comm,
	    void *stream);
	int (*async_error)(void *comm, int *error);
	const char *(*error_text)(int error);
	int (*get_version)(int *version);
	int (*reduce_scatter)(const void *input, void *output, size_t count, int type, int op,
	    void *comm, void *stream);
	int (*send)(const void *input, size_t count, int type, int peer, void *comm, void *stream);
	int (*receive)(void *output, size_t count, int type, int peer, void *comm, void *stream);
	int (*group_start)(void);
	int (*group_end)(void);
	int (*mem_alloc)(void **memory, size_t bytes);
	int (*mem_free)(void *memory);
	int (*window_register)(void *comm, void *memory, size_t bytes, void **window, int flags);
	int (*window_deregister)(void *comm, void *window);
};

enum { NOTE_SIZE = 160 };

struct allreduce_comm {
	struct nccl_calls calls;
	struct allreduce_device device;
	void *handle;
	void *buffer;
	void *window;
	size_t buffer_bytes;
	int version, world;
	bool failed;
	char note[NOTE_SIZE];
};

static const struct {
	const char *name;
	size_t offset;
	bool needed;
} symbols[] = {
	{ "ncclGetUniqueId", offsetof(struct nccl_calls, get_unique_id), true },
	{ "ncclCommInitRank", offsetof(struct nccl_calls, init_rank), true },
	{ "ncclCommDestroy", offsetof(struct nccl_calls, destroy), true },
	{ "ncclCommAbort", offsetof(struct nccl_calls, abort), true },
	{ "ncclAllReduce", offsetof(struct nccl_calls, all_reduce), true },
	{ "ncclAllGather", offsetof(struct nccl_calls, all_gather), true },
	{ "ncclCommGetAsyncError", offsetof(struct nccl_calls, async_error), true },
	{ "ncclGetErrorString", offsetof(struct nccl_calls, error_text), true },
	{ "ncclGetVersion", offsetof(struct nccl_calls, get_version), false },
	{ "ncclReduceScatter", offsetof(struct nccl_calls, reduce_scatter), false },
	{ "ncclSend", offsetof(struct nccl_calls, send), false },
	{ "ncclRecv", offsetof(struct nccl_calls, receive), false },
	{ "ncclGroupStart", offsetof(struct nccl_calls, group_start), false },
	{ "ncclGroupEnd", offsetof(struct nccl_calls, group_end), false },
	{ "ncclMemAlloc", offsetof(struct nccl_calls, mem_alloc), false },
	{ "ncclMemFree", offsetof(struct nccl_calls, mem_free), false },
	{ "ncclCommWindowRegister", offsetof(struct nccl_calls, window_register), false },
	{ "ncclCommWindowDeregister", offsetof(struct nccl_calls, window_deregister), false },
};

__attribute__((__format__(__printf__, 3, 4))) static void
say(char *why, size_t why_size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, why_size, format, arguments);
	va_end(arguments);
}

/* Finds the library and its functions; false, with `why`, when it is absent or not NCCL. */
static bool
open_library(struct nccl_calls *calls, char *why, size_t why_size)
{
	/* Never unloaded: ncclGetUniqueId leaves a thread behind that waits for the ranks. */
	void *library = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (library == NULL) {
		say(why, why_size, "no NCCL: %s", dlerror());
		return false;
	}
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (symbol == NULL && symbols[i].needed) {
			say(why, why_size, "libnccl.so.2 has no %s", symbols[i].name);
			return false;
		}
		/* ISO C has no conversion from object to function pointers; POSIX has dlsym. */
		memcpy((char *)calls + symbols[i].offset, &symbol, sizeof(symbol));
	}
	return true;
}

static const int nccl_types[ELEMENT_TYPES] = {
	[ELEMENT_FP32] = 7,
	[ELEMENT_FP16] = 6,
	[ELEMENT_BF16] = 9,
	[ELEMENT_FP8] = 10,
	[ELEMENT_INT8] = 0,
	[ELEMENT_INT32] = 2,
	[ELEMENT_INT64] = 4,
};

static const int nccl_ops[REDUCE_OPS] = {
	[REDUCE_SUM] = 0,
	[REDUCE_PROD] = 1,
	[REDUCE_MAX] = 2,
	[REDUCE_MIN] = 3,
	[REDUCE_AVG] = 4,
};

const char *
allreduce_path_name(enum allreduce_path path)
{
	static const char *const names[] = { "staged", "in-buffer", "direct" };

	return names[path];
}

enum kernel_status
allreduce_unique_id(unsigned char *id, char *why, size_t why_size)
{
	struct nccl_calls calls;
	struct nccl_id made;
	int error;

	if (!open_library(&calls, why, why_size))
		return KERNEL_UNAVAILABLE;
	error = calls.get_unique_id(&made);
	if (error != NCCL_SUCCESS)
		say(why, why_size, "ncclGetUniqueId: %s", calls.error_text(error));
	else
		memcpy(id, made.bytes, sizeof(made.bytes));
	return error == NCCL_SUCCESS ? KERNEL_OK : KERNEL_FAILED;
}

/* Whether every rank has its part; false, too, where that cannot be found out. */
static bool
all_have(struct allreduce_comm *comm, bool have)
{
	const struct allreduce_device *device = &comm->device;
	float lacks = have ? 0 : 1;
	void *there = NULL;
	bool agreed;

	if (comm->world == 1)
		return have;
	agreed = device->alloc(&there, sizeof(lacks)) == 0 &&
	    device->copy_async(there, &lacks, sizeof(lacks), NULL) == 0 &&
	    comm->calls.all_reduce(there, there, 1, nccl_types[ELEMENT_FP32],
	    nccl_ops[REDUCE_MAX], comm->handle, NULL) == NCCL_SUCCESS &&
	    device->copy_async(&lacks, there, sizeof(lacks), NULL) == 0 &&
	    device->synchronize(NULL) == 0;
	if (there != NULL)
		device->release(there);
	return agreed && !(lacks > 0);
}

static void
drop_buffer(struct allreduce_comm *comm)
{
	comm->calls.mem_free(comm->buffer);
	comm->buffer = NULL;
}

static bool
alloc_buffer(struct allreduce_comm *comm, size_t bytes)
{
	struct nccl_calls *calls = &comm->calls;
	int error;

	if (calls->mem_alloc == NULL || calls->mem_free == NULL ||
	    calls->window_register == NULL || calls->window_deregister == NULL) {
		say(comm->note, NOTE_SIZE, "this NCCL has no windows (2.27 brought them)");
		return false;
	}
	error = calls->mem_alloc(&comm->buffer, bytes);
	if (error == NCCL_SUCCESS)
		return true;
	comm->buffer = NULL;
	say(comm->note, NOTE_SIZE, "ncclMemAlloc of %zu bytes: %s", bytes,
	    calls->error_text(error));
	return false;
}

/* Allocate and register the buffer; every failure leaves a communicator without one. */
static void
open_buffer(struct allreduce_comm *comm, size_t bytes)
{
	struct nccl_calls *calls = &comm->calls;
	bool have;
	int error;

	if (bytes == 0) {
		say(comm->note, NOTE_SIZE, "no symmetric buffer was asked for");
		return;
	}
	have = alloc_buffer(comm, bytes);
	/* Registration waits for all ranks: none may enter it that another will not. */
	if (!all_have(comm, have)) {
		if (have) {
			drop_buffer(comm);
			say(comm->note, NOTE_SIZE, "another rank has no memory for the buffer");
		}
		return;
	}
	error = calls->window_register(comm->handle, comm->buffer, bytes, &comm->window,
	    NCCL_WINDOW_SYMMETRIC);
	/* Where symmetric memory is not supported NCCL succeeds and gives no window. */
	if (error == NCCL_SUCCESS && comm->window != NULL) {
		comm->buffer_bytes = bytes;
		return;
	}
	say(comm->note, NOTE_SIZE, "ncclCommWindowRegister: %s",
	    error == NCCL_SUCCESS ? "not supported here (no window)" : calls->error_text(error));
	comm->window = NULL;
	drop_buffer(comm);
}

enum kernel_status
allreduce_comm_open(struct allreduce_comm **opened, const struct allreduce_options *options,
    char *why, size_t why_size)
{
	struct allreduce_comm *comm;
	struct nccl_id id;
	int error;

	*opened = NULL;
	if (options->world < 1 || options->rank < 0 || options->rank >= options->world) {
		say(why, why_size, "rank %d of %d makes no sense", options->rank, options->world);
		return KERNEL_BAD_ARGUMENT;
	}
	comm = calloc(1, sizeof(*comm));
	if (comm == NULL) {
		say(why, why_size, "out of memory");
		return KERNEL_FAILED;
	}
	comm->device = options->device;
	comm->world = options->world;
	if (!open_library(&comm->calls, why, why_size)) {
		free(comm);
		return KERNEL_UNAVAILABLE;
	}
	if (comm->calls.get_version == NULL ||
	    comm->calls.get_version(&comm->version) != NCCL_SUCCESS)
		comm->version = 0;
	memcpy(id.bytes, options->id, sizeof(id.bytes));
	error = comm->calls.init_rank(&comm->handle, options->world, id, options->rank);
	if (error != NCCL_SUCCESS) {
		say(why, why_size, "ncclCommInitRank: %s", comm->calls.error_text(error));
		free(comm);
		return KERNEL_FAILED;
	}
	open_buffer(comm, options->buffer_bytes);
	*opened = comm;
	return KERNEL_OK;
}

/* Keeps the first failure's message. */
static void
note_failure(struct allreduce_comm *comm, enum kernel_status *status, const char *call,
    int error, char *why, size_t why_size)
{
	if (error == NCCL_SUCCESS)
		return;
	if (*status == KERNEL_OK)
		say(why, why_size, "%s: %s", call, comm->calls.error_text(error));
	*status = KERNEL_FAILED;
}

enum kernel_status
allreduce_comm_close(struct allreduce_comm *comm, char *why, size_t why_size)
{
	enum kernel_status status = KERNEL_OK;

	if (comm == NULL)
		return KERNEL_OK;
	if (comm->window != NULL)
		note_failure(comm, &status, "ncclCommWindowDeregister",
		    comm->calls.window_deregister(comm->handle, comm->window), why, why_size);
	if (comm->buffer != NULL)
		note_failure(comm, &status, "ncclMemFree", comm->calls.mem_free(comm->buffer), why,
		    why_size);
	/* After an error the others may be gone: destroy would wait for them. */
	if (comm->failed)
		note_failure(comm, &status, "ncclCommAbort", comm->calls.abort(comm->handle), why,
		    why_size);
	else
		note_failure(comm, &status, "ncclCommDestroy", comm->calls.destroy(comm->handle),
		    why, why_size);
	free(comm);
	return status;
}

const char *
allreduce_note(const struct allreduce_comm *comm)
{
	return comm->note;
}

int
allreduce_version(const struct allreduce_comm *comm)
{
	return comm->version;
}

void *
allreduce_buffer(const struct allreduce_comm *comm)
{
	return comm->buffer;
}

enum allreduce_path
allreduce_path_choose(const struct allreduce_comm *comm, const void *data, size_t bytes)
{
	if (comm->buffer == NULL || bytes > comm->buffer_bytes)
		return ALLREDUCE_DIRECT;
	return data == comm->buffer ? ALLREDUCE_IN_BUFFER : ALLREDUCE_STAGED;
}

static enum kernel_status
nccl_failed(struct allreduce_comm *comm, const char *call, int error, char *why,
    size_t why_size)
{
	comm->failed = true;
	say(why, why_size, "%s: %s", call, comm->calls.error_text(error));
	return KERNEL_FAILED;
}

static enum kernel_status
copy(struct allreduce_comm *comm, void *target, const void *source, size_t bytes, void *stream,
    char *why, size_t why_size)
{
	int error = comm->device.copy_async(target, source, bytes, stream);

	if (error == 0)
		return KERNEL_OK;
	comm->failed = true;
	say(why, why_size, "cudaMemcpyAsync: %s", comm->device.error_text(error));
	return KERNEL_FAILED;
}

enum kernel_status
allreduce_nccl(struct allreduce_comm *comm, void *data, size_t count, enum element_type type,
    enum reduce_op op, void *stream, char *why, size_t why_size)
{
	size_t size = element_size(type), bytes = count * size;
	enum allreduce_path path = allreduce_path_choose(comm, data, bytes);
	void *where = path == ALLREDUCE_STAGED ? comm->buffer : data;
	enum kernel_status status = KERNEL_OK;
	int error;

	if (count > SIZE_MAX / size) {
		say(why, why_size, "%zu elements are too many", count);
		return KERNEL_BAD_ARGUMENT;
	}
	if (count == 0)
		return KERNEL_OK;
	if (path == ALLREDUCE_STAGED)
		status = copy(comm, where, data, bytes, stream, why, why_size);
	if (status != KERNEL_OK)
		return status;
	error = comm->calls.all_reduce(where, where, count, nccl_types[type], nccl_ops[op],
	    comm->handle, stream);
	if (error != NCCL_SUCCESS)
		return nccl_failed(comm, "ncclAllReduce", error, why, why_size);
	if (path == ALLREDUCE_STAGED)
		status = copy(comm, data, where, bytes, stream, why, why_size);
	return status;
}

enum kernel_status
allgather_nccl(struct allreduce_comm *comm, void *output, const void *input, size_t count,
    enum element_type type, void *stream, char *why, size_t why_size)
{
	int error;

	if (count == 0)
		return KERNEL_OK;
	error = comm->calls.all_gather(input, output, count, nccl_types[type], comm->handle, stream);
	if (error != NCCL_SUCCESS)
		return nccl_failed(comm, "ncclAllGather", error, why, why_size);
	return KERNEL_OK;
}

enum kernel_status
reduce_scatter_nccl(struct allreduce_comm *comm, void *output, const void *input, size_t count,
    enum element_type type, enum reduce_op op, void *stream, char *why, size_t why_size)
{
	int error;

	if (comm->calls.reduce_scatter == NULL) {
		say(why, why_size, "libnccl.so.2 has no ncclReduceScatter");
		return KERNEL_UNAVAILABLE;
	}
	if (count == 0)
		return KERNEL_OK;
	error = comm->calls.reduce_scatter(input, output, count, nccl_types[type], nccl_ops[op],
	    comm->handle, stream);
	if (error != NCCL_SUCCESS)
		return nccl_failed(comm, "ncclReduceScatter", error, why, why_size);
	return KERNEL_OK;
}

/* A part to each rank and one from each, as one group: they are under way at once. */
static int
exchange(struct allreduce_comm *comm, char *output, const char *input, size_t count, int type,
    size_t bytes, void *stream)
{
	int error = comm->calls.group_start(), ended;

	for (int rank = 0; rank < comm->world && error == NCCL_SUCCESS; rank++) {
		error = comm->calls.send(input + (size_t)rank * bytes, count, type, rank,
		    comm->handle, stream);
		if (error == NCCL_SUCCESS)
			error = comm->calls.receive(output + (size_t)rank * bytes, count, type,
			    rank, comm->handle, stream);
	}
	ended = comm->calls.group_end();
	return error != NCCL_SUCCESS ? error : ended;
}

enum kernel_status
alltoall_nccl(struct allreduce_comm *comm, void *output, const void *input, size_t count,
    enum element_type type, void *stream, char *why, size_t why_size)
{
	const struct nccl_calls *calls = &comm->calls;
	int error;

	if (calls->send == NULL || calls->receive == NULL || calls->group_start == NULL ||
	    calls->group_end == NULL) {
		say(why, why_size, "libnccl.so.2 cannot send and receive (2.7 brought it)");
		return KERNEL_UNAVAILABLE;
	}
	if (count == 0)
		return KERNEL_OK;
	error = exchange(comm, output, input, count, nccl_types[type], count * element_size(type),
	    stream);
	if (error != NCCL_SUCCESS)
		return nccl_failed(comm, "ncclSend and ncclRecv", error, why, why_size);
	return KERNEL_OK;
}

enum kernel_status
allreduce_finish(struct allreduce_comm *comm, void *stream, char *why, size_t why_size)
{
	int error = comm->device.synchronize(stream), hidden = NCCL_SUCCESS;

	if (error != 0) {
		comm->failed = true;
		say(why, why_size, "cudaStreamSynchronize: %s", comm->device.error_text(error));
		return KERNEL_FAILED;
	}
	error = comm->calls.async_error(comm->handle, &hidden);
	if (error != NCCL_SUCCESS)
		return nccl_failed(comm, "ncclCommGetAsyncError", error, why, why_size);
	if (hidden != NCCL_SUCCESS)
		return nccl_failed(comm, "NCCL, asynchronously", hidden, why, why_size);
	return KERNEL_OK;
}
