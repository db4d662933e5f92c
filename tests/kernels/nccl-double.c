/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libnccl.so.2: checks order and arguments of the calls, writes each to
 * $NCCL_DOUBLE_LOG, reduces over ranks in host memory, and fails where it is told to.
 *
 * NCCL_DOUBLE_FAIL=CALL[:N] makes the N-th (first) such call fail; the call NoWindow makes
 * registration succeed without a window, AsyncError raises an error behind the caller's
 * back. Ranks of one world are processes: they meet in the file named by the unique id.
 * Built with -DWITHOUT_WINDOWS it is an NCCL of before 2.27. */
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RANKS = 8, SLOT = 1 << 20, ID_BYTES = 128 };

enum { OK = 0, SYSTEM_ERROR = 2, INVALID_ARGUMENT = 4, INVALID_USAGE = 5 };

struct id {
	char bytes[ID_BYTES];
};

/* Shared by all ranks of a world. */
struct meeting {
	atomic_int arrived, turn;
	unsigned char data[RANKS][SLOT];
};

struct comm {
	int rank, world, windows;
	struct meeting *meeting;
	int broken;
};

struct window {
	struct comm *comm;
	void *memory;
	size_t bytes;
};

int ncclGetVersion(int *version);
int ncclGetUniqueId(struct id *id);
int ncclCommInitRank(struct comm **comm, int world, struct id id, int rank);
int ncclCommDestroy(struct comm *comm);
int ncclCommAbort(struct comm *comm);
int ncclAllReduce(const void *input, void *output, size_t count, int type, int op,
    struct comm *comm, void *stream);
int ncclAllGather(const void *input, void *output, size_t count, int type, struct comm *comm,
    void *stream);
int ncclReduceScatter(const void *input, void *output, size_t count, int type, int op,
    struct comm *comm, void *stream);
int ncclSend(const void *input, size_t count, int type, int peer, struct comm *comm,
    void *stream);
int ncclRecv(void *output, size_t count, int type, int peer, struct comm *comm, void *stream);
int ncclGroupStart(void);
int ncclGroupEnd(void);
int ncclCommGetAsyncError(struct comm *comm, int *error);
const char *ncclGetErrorString(int error);

/* Memory of ncclMemAlloc that is not freed yet; a rank is a thread or a process. */
static _Thread_local struct {
	void *memory;
	size_t bytes;
	int registered;
} allocations[4];

__attribute__((__format__(__printf__, 1, 2))) static void
note(const char *format, ...)
{
	const char *path = getenv("NCCL_DOUBLE_LOG");
	FILE *log = path ? fopen(path, "a") : NULL;
	__builtin_va_list arguments;

	if (log == NULL)
		return;
	__builtin_va_start(arguments, format);
	vfprintf(log, format, arguments);
	__builtin_va_end(arguments);
	fputc('\n', log);
	fclose(log);
}

/* The last communicator of this thread. */
static _Thread_local int own_rank;

/* Whether this call is the one that NCCL_DOUBLE_FAIL names, on the rank NCCL_DOUBLE_FAIL_RANK or on all. */
static int
must_fail(const char *call)
{
	static int calls;
	const char *wanted = getenv("NCCL_DOUBLE_FAIL"), *rank = getenv("NCCL_DOUBLE_FAIL_RANK");
	size_t length = strlen(call);

	if (wanted == NULL || strncmp(wanted, call, length) != 0 ||
	    (rank != NULL && atoi(rank) != own_rank))
		return 0;
	if (wanted[length] == '\0')
		return 1;
	return wanted[length] == ':' && ++calls == atoi(wanted + length + 1);
}

static void
meet(struct comm *comm)
{
	struct meeting *meeting = comm->meeting;
	int turn = atomic_load(&meeting->turn);

	if (atomic_fetch_add(&meeting->arrived, 1) + 1 == comm->world) {
		atomic_store(&meeting->arrived, 0);
		atomic_fetch_add(&meeting->turn, 1);
		return;
	}
	while (atomic_load(&meeting->turn) == turn)
		sched_yield();
}

int
ncclGetVersion(int *version)
{
	if (must_fail("ncclGetVersion"))
		return SYSTEM_ERROR;
	*version = 22809;
	return OK;
}

int
ncclGetUniqueId(struct id *id)
{
	int file;

	if (must_fail("ncclGetUniqueId"))
		return SYSTEM_ERROR;
	memset(id, 0, sizeof(*id));
	snprintf(id->bytes, sizeof(id->bytes), "/tmp/nccl-double.XXXXXX");
	file = mkstemp(id->bytes);
	if (file < 0 || ftruncate(file, sizeof(struct meeting)) != 0)
		return SYSTEM_ERROR;
	close(file);
	note("ncclGetUniqueId");
	return OK;
}

int
ncclCommInitRank(struct comm **comm, int world, struct id id, int rank)
{
	struct comm *made;
	int file;

	note("ncclCommInitRank world=%d rank=%d", world, rank);
	if (must_fail("ncclCommInitRank"))
		return SYSTEM_ERROR;
	if (world < 1 || world > RANKS || rank < 0 || rank >= world)
		return INVALID_ARGUMENT;
	file = open(id.bytes, O_RDWR);
	if (file < 0)
		return SYSTEM_ERROR;
	made = calloc(1, sizeof(*made));
	made->rank = own_rank = rank;
	made->world = world;
	made->meeting = mmap(NULL, sizeof(struct meeting), PROT_READ | PROT_WRITE, MAP_SHARED,
	    file, 0);
	close(file);
	meet(made);
	if (rank == 0)
		unlink(id.bytes);
	*comm = made;
	return OK;
}

static int
leave(struct comm *comm, const char *call)
{
	int status = comm->windows > 0 ? INVALID_USAGE : OK;

	for (size_t i = 0; i < 4; i++)
		if (allocations[i].memory != NULL)
			status = INVALID_USAGE;
	note("%s%s", call, status == OK ? "" : " with a window or buffer left");
	munmap(comm->meeting, sizeof(struct meeting));
	free(comm);
	return must_fail(call) ? SYSTEM_ERROR : status;
}

int
ncclCommDestroy(struct comm *comm)
{
	return leave(comm, "ncclCommDestroy");
}

int
ncclCommAbort(struct comm *comm)
{
	return leave(comm, "ncclCommAbort");
}

/* Where data lies, for the log: in a registered window or anywhere. */
static const char *
place(const void *data)
{
	for (size_t i = 0; i < 4; i++)
		if (allocations[i].registered && data == allocations[i].memory)
			return "window";
	return "memory";
}

/* Only fp32 (7), and sum (0) or max (2): what the tests reduce. */
int
ncclAllReduce(const void *input, void *output, size_t count, int type, int op,
    struct comm *comm, void *stream)
{
	float *out = output;

	(void)stream;
	note("ncclAllReduce count=%zu type=%d op=%d %s", count, type, op, place(input));
	if (must_fail("ncclAllReduce"))
		return SYSTEM_ERROR;
	if (type != 7 || (op != 0 && op != 2) || count * 4 > SLOT || count == 0)
		return INVALID_ARGUMENT;
	memcpy(comm->meeting->data[comm->rank], input, count * 4);
	meet(comm);
	for (size_t i = 0; i < count; i++) {
		float total = ((float *)(void *)comm->meeting->data[0])[i];

		for (int rank = 1; rank < comm->world; rank++) {
			float other = ((float *)(void *)comm->meeting->data[rank])[i];

			total = op == 0 ? total + other : total > other ? total : other;
		}
		out[i] = total;
	}
	meet(comm);
	return OK;
}

int
ncclAllGather(const void *input, void *output, size_t count, int type, struct comm *comm,
    void *stream)
{
	(void)stream;
	note("ncclAllGather count=%zu type=%d %s", count, type, place(input));
	if (must_fail("ncclAllGather"))
		return SYSTEM_ERROR;
	if (type != 7 || count * 4 > SLOT || count == 0)
		return INVALID_ARGUMENT;
	memcpy(comm->meeting->data[comm->rank], input, count * 4);
	meet(comm);
	for (int rank = 0; rank < comm->world; rank++)
		memcpy((char *)output + (size_t)rank * count * 4, comm->meeting->data[rank], count * 4);
	meet(comm);
	return OK;
}

int
ncclReduceScatter(const void *input, void *output, size_t count, int type, int op,
    struct comm *comm, void *stream)
{
	float *out = output;
	size_t begin = (size_t)comm->rank * count;

	(void)stream;
	note("ncclReduceScatter count=%zu type=%d op=%d", count, type, op);
	if (must_fail("ncclReduceScatter"))
		return SYSTEM_ERROR;
	if (type != 7 || op != 0 || count * 4 * (size_t)comm->world > SLOT || count == 0)
		return INVALID_ARGUMENT;
	memcpy(comm->meeting->data[comm->rank], input, count * 4 * (size_t)comm->world);
	meet(comm);
	for (size_t i = 0; i < count; i++) {
		out[i] = 0;
		for (int rank = 0; rank < comm->world; rank++)
			out[i] += ((float *)(void *)comm->meeting->data[rank])[begin + i];
	}
	meet(comm);
	return OK;
}

/* Sends and receives of a group, one a peer at most; what is sent lies at the peer's place. */
static _Thread_local struct {
	struct comm *comm;
	int open;
	struct {
		void *output;
		size_t bytes;
	} from[RANKS];
} group;

int
ncclGroupStart(void)
{
	note("ncclGroupStart");
	memset(&group, 0, sizeof(group));
	group.open = 1;
	return must_fail("ncclGroupStart") ? SYSTEM_ERROR : OK;
}

int
ncclSend(const void *input, size_t count, int type, int peer, struct comm *comm, void *stream)
{
	(void)stream;
	if (must_fail("ncclSend"))
		return SYSTEM_ERROR;
	if (!group.open || type != 7 || peer >= comm->world || count * 4 * RANKS > SLOT)
		return INVALID_USAGE;
	group.comm = comm;
	memcpy(comm->meeting->data[comm->rank] + (size_t)peer * count * 4, input, count * 4);
	return OK;
}

int
ncclRecv(void *output, size_t count, int type, int peer, struct comm *comm, void *stream)
{
	(void)stream;
	if (!group.open || type != 7 || peer >= comm->world)
		return INVALID_USAGE;
	group.from[peer].output = output;
	group.from[peer].bytes = count * 4;
	return OK;
}

int
ncclGroupEnd(void)
{
	struct comm *comm = group.comm;

	note("ncclGroupEnd");
	group.open = 0;
	if (must_fail("ncclGroupEnd") || comm == NULL)
		return SYSTEM_ERROR;
	meet(comm);
	for (int peer = 0; peer < comm->world; peer++)
		if (group.from[peer].output != NULL)
			memcpy(group.from[peer].output, comm->meeting->data[peer] +
			    (size_t)comm->rank * group.from[peer].bytes, group.from[peer].bytes);
	meet(comm);
	return OK;
}

int
ncclCommGetAsyncError(struct comm *comm, int *error)
{
	(void)comm;
	if (must_fail("ncclCommGetAsyncError"))
		return SYSTEM_ERROR;
	*error = must_fail("AsyncError") ? SYSTEM_ERROR : OK;
	return OK;
}

const char *
ncclGetErrorString(int error)
{
	return error == OK ? "no error"
	    : error == INVALID_ARGUMENT ? "invalid argument"
	    : error == INVALID_USAGE ? "invalid usage" : "injected failure";
}

#ifndef WITHOUT_WINDOWS

int ncclMemAlloc(void **memory, size_t bytes);
int ncclMemFree(void *memory);
int ncclCommWindowRegister(struct comm *comm, void *memory, size_t bytes,
    struct window **window, int flags);
int ncclCommWindowDeregister(struct comm *comm, struct window *window);

int
ncclMemAlloc(void **memory, size_t bytes)
{
	note("ncclMemAlloc bytes=%zu", bytes);
	if (must_fail("ncclMemAlloc"))
		return SYSTEM_ERROR;
	for (size_t i = 0; i < 4; i++) {
		if (allocations[i].memory == NULL) {
			/* Windows want addresses that are multiples of 4096. */
			if (bytes == 0 || posix_memalign(memory, 4096, bytes) != 0)
				return INVALID_ARGUMENT;
			allocations[i].memory = *memory;
			allocations[i].bytes = bytes;
			return OK;
		}
	}
	return INVALID_USAGE;
}

int
ncclMemFree(void *memory)
{
	for (size_t i = 0; i < 4; i++) {
		if (memory != NULL && allocations[i].memory == memory) {
			int status = allocations[i].registered ? INVALID_USAGE : OK;

			note("ncclMemFree%s", status == OK ? "" : " of a registered buffer");
			free(memory);
			allocations[i].memory = NULL;
			allocations[i].registered = 0;
			return must_fail("ncclMemFree") ? SYSTEM_ERROR : status;
		}
	}
	note("ncclMemFree of something else");
	return INVALID_ARGUMENT;
}

int
ncclCommWindowRegister(struct comm *comm, void *memory, size_t bytes, struct window **window,
    int flags)
{
	note("ncclCommWindowRegister bytes=%zu flags=%d", bytes, flags);
	*window = NULL;
	meet(comm); /* the call waits for all ranks */
	if (must_fail("ncclCommWindowRegister"))
		return SYSTEM_ERROR;
	if (must_fail("NoWindow"))
		return OK;
	for (size_t i = 0; i < 4; i++) {
		if (allocations[i].memory == memory && allocations[i].bytes == bytes && flags == 1) {
			*window = malloc(sizeof(**window));
			**window = (struct window){ comm, memory, bytes };
			allocations[i].registered = 1;
			comm->windows++;
			return OK;
		}
	}
	return INVALID_ARGUMENT;
}

int
ncclCommWindowDeregister(struct comm *comm, struct window *window)
{
	note("ncclCommWindowDeregister");
	if (window == NULL || window->comm != comm)
		return INVALID_ARGUMENT;
	for (size_t i = 0; i < 4; i++)
		if (allocations[i].memory == window->memory)
			allocations[i].registered = 0;
	comm->windows--;
	free(window);
	return must_fail("ncclCommWindowDeregister") ? SYSTEM_ERROR : OK;
}

#endif
