/* SPDX-License-Identifier: Apache-2.0 */
/* Where passes end. What stands after the last layer of a pass (final norm, logits, sampler)
 * and before the first of the next (embedding) stands nowhere between two layers. */
#include <stdlib.h>

#include "base/memory.h"
#include "sequence.h"

enum { MOST_RUNS = 16 };

/* The most frequent number of norm runs before a block of each kind; the smaller of two
 * that are as frequent, because the ends of passes only add to it. */
static uint16_t *
count_usual_norms(struct sequence *sequence)
{
	size_t classes = sequence->class_count, i, j;
	uint32_t (*counts)[MOST_RUNS] = memory_alloc_zero(classes, sizeof(*counts));
	uint16_t *usual = memory_alloc_zero(classes, sizeof(*usual));

	for (i = 0; i < sequence->block_count; i++) {
		struct gap gap = gap_after(sequence, i);
		uint32_t runs = norm_runs(sequence, gap.begin, gap.end, NULL, 0);

		sequence->blocks[i].norms = (uint16_t)(runs < UINT16_MAX ? runs : UINT16_MAX);
		if (i + 1 < sequence->block_count && runs < MOST_RUNS)
			counts[anchor_class(sequence, i + 1)][runs]++;
	}
	for (i = 0; i < classes; i++)
		for (j = 1; j < MOST_RUNS; j++)
			if (counts[i][j] > counts[i][usual[i]])
				usual[i] = (uint16_t)j;
	free(counts);
	return usual;
}

/* Both blocks are part of runs of blocks that one graph launch replays, and not the same. */
static bool
graph_changes(const struct sequence *sequence, size_t block)
{
	const struct block *blocks = sequence->blocks;
	const struct kernel *kernels = sequence->trace->kernels;
	int64_t here = kernels[sequence->kernel[blocks[block].first]].correlation;
	int64_t next = kernels[sequence->kernel[blocks[block + 1].first]].correlation;

	return here != next && here != NO_CORRELATION && next != NO_CORRELATION && block > 0 &&
	    block + 2 < sequence->block_count &&
	    kernels[sequence->kernel[blocks[block - 1].first]].correlation == here &&
	    kernels[sequence->kernel[blocks[block + 2].first]].correlation == next;
}

/* In which rounds, from one block's first anchor to the next one's, a class occurs. */
struct occurrence {
	uint32_t inner; /* rounds within a pass, as far as is known yet */
	uint32_t all;
	uint32_t first, last, step; /* rounds in whose gaps it occurs, and from one to the next */
	uint32_t gaps;
	bool irregular; /* not always the same step */
	uint32_t seen, seen_gap; /* stamps: the last round that was counted */
};

struct census {
	struct occurrence *classes;
	uint32_t inner_rounds, rounds;
};

static void
count_round(const struct sequence *sequence, struct census *census, uint32_t round, bool inner)
{
	struct gap gap = gap_after(sequence, round);
	uint32_t at;

	for (at = sequence->blocks[round].first; at < gap.end; at++) {
		struct occurrence *it = &census->classes[sequence_class(sequence, at)];

		if (it->seen != round + 1) {
			it->all++;
			it->inner += inner;
			it->seen = round + 1;
		}
		if (at < gap.begin || it->seen_gap == round + 1)
			continue;
		if (it->gaps == 0)
			it->first = round;
		else if (it->gaps == 1)
			it->step = round - it->last;
		else if (round - it->last != it->step)
			it->irregular = true;
		it->gaps++;
		it->last = round;
		it->seen_gap = round + 1;
	}
	census->rounds++;
	census->inner_rounds += inner;
}

/* Hardly any round within a pass has it. */
static bool
is_novel(const struct census *census, const struct occurrence *it)
{
	return it->inner <= 1 || (uint64_t)it->inner * 10 < census->inner_rounds;
}

/* It comes again and again with the same number of layers between, as passes do; before the
 * first time and after the last there are no more than that. */
static bool
is_regular(const struct census *census, const struct occurrence *it)
{
	return it->gaps >= 2 && !it->irregular && it->step >= 2 && it->first < it->step &&
	    (it->gaps > 2 || it->first + 1 == it->step) &&
	    census->rounds - it->last <= it->step;
}

/* Whether the gap is the end of a pass. `candidate`: it has more norms than usual, or the
 * graph changes after it. */
static bool
ends_pass(const struct sequence *sequence, size_t block, const struct census *census,
    bool candidate)
{
	struct gap gap = gap_after(sequence, block);
	uint32_t novel = 0, signs = 0, at;

	for (at = gap.begin; at < gap.end; at++) {
		const struct occurrence *it = &census->classes[sequence_class(sequence, at)];
		unsigned roles = sequence_roles(sequence, at);

		if (roles & ROLE_SAMPLER || (roles & ROLE_EMBEDDING &&
		    (uint64_t)it->all * 2 <= census->rounds + 1)) {
			/* One that comes in every round is no stray. */
			signs += (uint64_t)it->gaps * 10 >= (uint64_t)census->rounds * 9 ? 2 : 1;
			continue;
		}
		if (!is_novel(census, it))
			continue;
		/* Ranks of a pipeline neither embed nor sample: they receive and send. */
		if (is_regular(census, it))
			return true;
		if (roles & ROLE_COMMUNICATION)
			signs++;
		novel++;
	}
	return signs + novel >= (candidate ? 1 : signs > 0 ? 2 : 3);
}

/* Where every gap before a kind of block ends a pass, as with a draft of one layer, the gap
 * at the beginning of the trace shows the norms of the head alone. */
static void
correct_usual(const struct sequence *sequence, uint16_t *usual)
{
	struct gap gap = gap_before(sequence, 0);
	uint32_t kind = anchor_class(sequence, 0), runs;
	size_t i;

	for (i = 1; i < sequence->block_count; i++)
		if (anchor_class(sequence, i) == kind && !sequence->blocks[i - 1].breaks)
			return;
	runs = norm_runs(sequence, gap.begin, gap.end, NULL, 0);
	if (runs > 0 && runs < usual[kind])
		usual[kind] = (uint16_t)runs;
}

uint16_t *
passes_find(struct sequence *sequence)
{
	size_t count = sequence->block_count, i;
	bool *candidate = memory_alloc_zero(count, sizeof(*candidate));
	struct census census = { .classes = memory_alloc_zero(sequence->class_count,
		sizeof(*census.classes)) };
	uint16_t *usual = count_usual_norms(sequence);

	for (i = 0; i + 1 < count; i++) {
		candidate[i] = sequence->blocks[i].norms > usual[anchor_class(sequence, i + 1)] ||
		    graph_changes(sequence, i);
		count_round(sequence, &census, (uint32_t)i, !candidate[i]);
	}
	for (i = 0; i + 1 < count; i++)
		sequence->blocks[i].breaks = ends_pass(sequence, i, &census, candidate[i]);
	if (count > 0) {
		sequence->blocks[count - 1].breaks = true;
		correct_usual(sequence, usual);
	}
	free(census.classes);
	free(candidate);
	return usual;
}
