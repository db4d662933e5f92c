/* SPDX-License-Identifier: Apache-2.0 */
/* all_reduce, all_gather, reduce_scatter and all_to_all: between threads on the CPU (the
 * reference), and through NCCL on GPUs, all_reduce with a registered symmetric buffer. */
#ifndef KERNELS_ALLREDUCE_H
#define KERNELS_ALLREDUCE_H

#include <stdbool.h>
#include <stddef.h>

#include "element.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum reduce_op { REDUCE_SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_AVG, REDUCE_OPS };

const char *reduce_name(enum reduce_op op);

/* ---- CPU: ranks are threads of one process ---- */

/* A meeting point of `world` threads; made by one, used by all, freed by one. NULL when
 * world is 0 or memory is short. */
struct allreduce_group;

struct allreduce_group *allreduce_group_open(int world);
void allreduce_group_close(struct allreduce_group *group);

/* Collective calls: every rank's thread makes the same call with its own data, aligned to
 * its element, and returns when the result is in place.
 *
 * all_reduce: data[0 .. count) becomes the reduction over ranks. Floats are accumulated in
 * fp32 in rank order and rounded once, so that all ranks hold the same bits; integers wrap;
 * avg of integers rounds towards zero. fp8 is KERNEL_BAD_ARGUMENT. NaN wins max and min. */
enum kernel_status allreduce_cpu(struct allreduce_group *group, int rank, void *data,
    size_t count, enum element_type type, enum reduce_op op);

/* The same in one step: every rank adds up all messages itself, into `output`, which is no message. The
 * ranks give the messages back together. What oneshot.cu does for GPUs. */
enum kernel_status oneshot_cpu(struct allreduce_group *group, int rank, void *output,
    const void *input, size_t count, enum element_type type, enum reduce_op op);

/* all_gather: every rank's `input` (bytes) lies in rank order in everybody's `output`
 * (world * bytes); `input` may be the rank's own place within `output`. */
enum kernel_status allgather_cpu(struct allreduce_group *group, int rank, void *output,
    const void *input, size_t bytes);

/* reduce_scatter: output[0 .. count) becomes the reduction over ranks of their
 * input[rank * count .. (rank + 1) * count), by the rules of all_reduce. */
enum kernel_status reduce_scatter_cpu(struct allreduce_group *group, int rank, void *output,
    const void *input, size_t count, enum element_type type, enum reduce_op op);

/* all_to_all: part i of every rank's `input` (world parts of `bytes`) becomes part `rank` of rank
 * i's `output`. They do not overlap. */
enum kernel_status alltoall_cpu(struct allreduce_group *group, int rank, void *output,
    const void *input, size_t bytes);

/* The arithmetic alone: output[0 .. count) from inputs[0 .. world), all in one thread. */
enum kernel_status allreduce_reference(const void *const *inputs, int world, void *output,
    size_t count, enum element_type type, enum reduce_op op);

/* ---- GPU: NCCL, opened at run time ---- */

enum { ALLREDUCE_ID_BYTES = 128 };

/* The calls of the CUDA runtime that a communicator needs; 0 is success; copies go to, from and
 * within the device. `allreduce_cuda`
 * fills it from the runtime (CUDA builds only); tests bring their own. */
struct allreduce_device {
	int (*copy_async)(void *target, const void *source, size_t bytes, void *stream);
	int (*synchronize)(void *stream);
	const char *(*error_text)(int error);
	int (*alloc)(void **memory, size_t bytes);
	int (*release)(void *memory);
};

struct allreduce_options {
	int rank, world;
	size_t buffer_bytes; /* of the symmetric buffer; 0: none, always direct */
	const unsigned char *id; /* ALLREDUCE_ID_BYTES from allreduce_unique_id on one rank */
	struct allreduce_device device;
};

/* How a message travels. */
enum allreduce_path {
	ALLREDUCE_STAGED,    /* copied into the registered buffer, reduced there, copied back */
	ALLREDUCE_IN_BUFFER, /* the caller's data is the buffer: no copies */
	ALLREDUCE_DIRECT,    /* on the caller's memory: larger than the buffer, or no buffer */
};

const char *allreduce_path_name(enum allreduce_path path);

/* A communicator with its buffer and window. */
struct allreduce_comm;

/* 128 bytes that rank 0 makes and hands to the others. `why` (at least 160 bytes) gets the
 * reason of a failure, here and below. */
enum kernel_status allreduce_unique_id(unsigned char *id, char *why, size_t why_size);

/* Joins the communicator; blocks until all ranks have. A library without windows, or one
 * that cannot allocate or register the buffer on every rank, gives a communicator that works
 * without: allreduce_note then says why. Free with allreduce_comm_close. */
enum kernel_status allreduce_comm_open(struct allreduce_comm **comm,
    const struct allreduce_options *options, char *why, size_t why_size);

/* Deregisters the window, frees the buffer, leaves the communicator (aborts it after an
 * error), in that order; the first failure is reported. NULL is fine. */
enum kernel_status allreduce_comm_close(struct allreduce_comm *comm, char *why,
    size_t why_size);

/* Why there is no symmetric buffer; "" when there is one. */
const char *allreduce_note(const struct allreduce_comm *comm);

/* NCCL's version as it reports it (22809 is 2.28.9), 0 when it does not. */
int allreduce_version(const struct allreduce_comm *comm);

/* The registered buffer for callers that produce into it; NULL when there is none. */
void *allreduce_buffer(const struct allreduce_comm *comm);

enum allreduce_path allreduce_path_choose(const struct allreduce_comm *comm, const void *data,
    size_t bytes);

/* In place on device memory, queued on `stream`; 0 elements queue nothing. */
enum kernel_status allreduce_nccl(struct allreduce_comm *comm, void *data, size_t count,
    enum element_type type, enum reduce_op op, void *stream, char *why, size_t why_size);

/* output: world * count elements; input: count elements. Never staged: the output would
 * have to be copied as a whole. */
enum kernel_status allgather_nccl(struct allreduce_comm *comm, void *output, const void *input,
    size_t count, enum element_type type, void *stream, char *why, size_t why_size);

/* As the CPU's; input: world * count elements, output: count of them (reduce_scatter) or as many.
 * KERNEL_UNAVAILABLE where the library has no such call. */
enum kernel_status reduce_scatter_nccl(struct allreduce_comm *comm, void *output,
    const void *input, size_t count, enum element_type type, enum reduce_op op, void *stream,
    char *why, size_t why_size);
enum kernel_status alltoall_nccl(struct allreduce_comm *comm, void *output, const void *input,
    size_t count, enum element_type type, void *stream, char *why, size_t why_size);

/* Waits for the stream, then asks NCCL for errors that came up behind our back. */
enum kernel_status allreduce_finish(struct allreduce_comm *comm, void *stream, char *why,
    size_t why_size);

/* In allreduce.cu. */
struct allreduce_device allreduce_cuda(void);

#ifdef __cplusplus
}
#endif

#endif
