/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks that reduce or gather together, whatever carries their messages. */
#ifndef KBENCH_COLLECTIVE_H
#define KBENCH_COLLECTIVE_H

#include "allreduce.h"
#include "bench.h"

enum collective_kind { COLLECTIVE_ALL_REDUCE, COLLECTIVE_ALL_GATHER, COLLECTIVE_REDUCE_SCATTER,
	COLLECTIVE_ALL_TO_ALL, COLLECTIVE_ONE_SHOT };

struct collective {
	struct bench *bench;
	size_t count;            /* elements of a rank's message */
	enum element_type type;
	enum reduce_op op;
	enum collective_kind kind; /* all but all_reduce have their result beside the message */
	int world;               /* 0 as wanted: as many as there are */
	int first, local;        /* this process's ranks are [first, first + local) */
	size_t buffer_bytes;     /* of the symmetric buffer */
	bool in_buffer;          /* messages of all_reduce lie in it, as servers' allocators put them */
	const char *path;        /* what carries it, for reports */

	void *state;
	/* `calls` times, by all ranks of this process. */
	enum kernel_status (*call)(struct collective *collective, unsigned calls);
	/* Wakes the ranks' threads for the next call; NULL: nothing to be done before. */
	void (*ready)(struct collective *collective, unsigned calls);
	/* A local rank's message, and its result. */
	bool (*write)(struct collective *collective, int rank, const void *data);
	bool (*read)(struct collective *collective, int rank, void *data, size_t bytes);
	/* More facts; NULL when there are none. */
	void (*describe)(struct collective *collective, struct measure *measure);
	void (*close)(struct collective *collective);
};

/* Bytes of a rank's result, once the world is known. */
size_t collective_result(const struct collective *collective);

/* Makes the message one that can be dealt out to all ranks, once the world is known. */
void collective_round(struct collective *collective);

/* Ranks on GPUs, by NCCL; NULL with `why`. In collective_nccl.c (CUDA builds). */
struct collective *collective_open_nccl(const struct collective *wanted, const char **why);

#endif
