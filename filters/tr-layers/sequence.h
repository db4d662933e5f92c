/* SPDX-License-Identifier: Apache-2.0 */
/* One stream's kernels in time order, cut into blocks by what they do. A block begins with
 * the kernels that mix tokens (attention) and holds the MLP or MoE after them; a layer is
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
	bool breaks;          /* a pass ends after it */
	bool partial;
};

struct sequence {
	struct trace *trace;
	uint32_t *kernel; /* position to kernel index */
	uint32_t *class;  /* position to class; numbered anew, for these kernels alone */
	uint32_t count;
	unsigned *roles;  /* by class */
	uint32_t class_count;
	size_t role_capacity;
	bool *anchors;    /* by class: it stands for the token mixing of a layer */
	bool by_repetition; /* anchors were chosen without knowing what they do */
	const char *refused; /* why what repeats is not taken for layers; or NULL */
	size_t repeats, repeated; /* then: how often it comes, and how many kernels it is */
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
	return sequence->class[position];
}

static inline unsigned
sequence_roles(const struct sequence *sequence, uint32_t position)
{
	return sequence->roles[sequence->class[position]];
}

/* Between the MLP of one block and the first anchor of the next. */
struct gap {
	uint32_t begin, end;
};

static inline struct gap
gap_after(const struct sequence *sequence, size_t block)
{
	const struct block *it = &sequence->blocks[block];

	return (struct gap){ (it->mixer == NOWHERE ? it->last : it->mixer) + 1,
		block + 1 < sequence->block_count ? sequence->blocks[block + 1].first
		                                  : sequence->count };
}

static inline struct gap
gap_before(const struct sequence *sequence, size_t block)
{
	return block > 0 ? gap_after(sequence, block - 1)
	                 : (struct gap){ 0, sequence->blocks[0].first };
}

/* Blocks whose first anchors are of one class are of one kind. */
static inline uint32_t
anchor_class(const struct sequence *sequence, size_t block)
{
	return sequence_class(sequence, sequence->blocks[block].first);
}

/* Find the blocks: by the attention role where there is one, else by the class that
 * repeats like a layer does. */
void blocks_find(struct sequence *sequence);

/* Find where passes end (block.breaks). Returns, by anchor class, how many norm runs usually
 * precede a block of that kind; the caller's to free. */
uint16_t *passes_find(struct sequence *sequence);

/* Find the layers' bounds, and the passes. */
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
