/* SPDX-License-Identifier: Apache-2.0 */
/* all_reduce in one step for messages of decoding: every GPU reads the messages of all others over
 * the links and adds them up itself. No copies to a buffer, no second trip; each link carries
 * (world - 1) messages, so that beyond some hundred KiB the ring of NCCL wins. */
#ifndef KERNELS_ONESHOT_H
#define KERNELS_ONESHOT_H

#include <stddef.h>
#include <stdint.h>

#include "element.h"
#include "rowmove.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ONESHOT_RANKS = 8, ONESHOT_BLOCK = 256, ONESHOT_BLOCKS = 36 };

/* What the ranks signal each other with, one on each GPU, in memory that all of them can reach;
 * all zero before the first call, then left alone. They hold the number of the round that a peer's
 * block has come to: a rank that is ahead writes a higher one, which ends a late one's wait as well. */
struct oneshot_signals {
	uint32_t begin[ONESHOT_BLOCKS][ONESHOT_RANKS];
	uint32_t end[ONESHOT_BLOCKS][ONESHOT_RANKS];
};

struct oneshot_args {
	int rank, world;                              /* 1 to ONESHOT_RANKS */
	const void *messages[ONESHOT_RANKS];          /* of each rank, as this GPU reaches them */
	struct oneshot_signals *signals[ONESHOT_RANKS]; /* likewise */
	void *output;                                 /* this rank's; not a message */
	size_t count;                                 /* elements of a message */
	enum element_type type;                       /* fp32, fp16 or bf16 */
	uint32_t round;                               /* 1, 2, 3, ...: the same call on all ranks */
};

enum kernel_status oneshot_check(const struct oneshot_args *args);

/* Blocks of ONESHOT_BLOCK threads that a message is dealt out to: the same on all ranks. */
unsigned oneshot_blocks(const struct oneshot_args *args);

/* Queues the call on the launch's stream, of which nothing else counts. Sums are made in fp32 in
 * the order of ranks and rounded once: all ranks have the same bits. Messages may be changed by
 * what is queued after. */
enum kernel_status oneshot_allreduce_cuda(const struct oneshot_args *args,
    const struct row_launch *launch);

#ifdef __cplusplus
}
#endif

#endif
