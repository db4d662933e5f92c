/* SPDX-License-Identifier: Apache-2.0 */
/* One stream's kernels in time order, cut into blocks by what they do. A block begins with
 * the kernels that mix tokens (attention) and holds the MLP or MoE behind them; a layer is
 * a block with its head (norm, projections) moved in from the end of the block before. */
#ifndef TR_LAYERS_SEQUENCE_H
#define TR_LAYERS_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

#define NOWHERE UINT32_MAX

/* All members are positions in the sequence. */
struct block {
	uint32_t first, last; /* its first and last anchor */
	uint32_t mixer;       /* last kernel of its MLP or MoE; NOWHERE when none was seen */
	uint32_t begin, end;  /* the layer; end exclusive */
	uint16_t norms;       /* groups of norms between its mixer and the next block */
	bool breaks;          /* a pass ends behind it */
	bool partial;
};

struct sequence {
	struct trace *trace;
	uint32_t *kernel; /* position to kernel index */
	uint32_t count;
	bool *anchors;    /* by class: it stands for the token mixing of a layer */
	bool by_repetition; /* anchors were chosen without knowing what they do */
	struct block *blocks;
	size_t block_count, block_capacity;
};

/* The kernels of one stream that have no layer yet: those of the tail, or all others. */
void sequence_open(struct sequence *sequence, struct trace *trace, uint32_t stream,
    bool tail);
void sequence_close(struct sequence *sequence);

static inline uint32_t
sequence_class(const struct sequence *sequence, uint32_t position)
{
	return sequence->trace->kernels[sequence->kernel[position]].class;
}

static inline unsigned
sequence_roles(const struct sequence *sequence, uint32_t position)
{
	return sequence->trace->classes[sequence_class(sequence, position)].roles;
}

/* Find the blocks: by the attention role where there is one, else by the class that
 * repeats like a layer does. */
void blocks_find(struct sequence *sequence);

/* Find the layers' bounds and the passes. */
void bounds_find(struct sequence *sequence);

/* A run of norms that no matrix product, expert or anchor interrupts. */
struct norm_run {
	uint32_t first, last; /* positions of norms */
	uint32_t count;
};

/* The norm runs in [begin, end). Returns how many there are; the first `size` are stored. */
uint32_t norm_runs(const struct sequence *sequence, uint32_t begin, uint32_t end,
    struct norm_run *runs, uint32_t size);

#endif
