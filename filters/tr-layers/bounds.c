/* SPDX-License-Identifier: Apache-2.0 */
/* Where layers begin and end. A layer begins at the norm that opens it. Which of the norms
 * between two blocks that is follows from how many there usually are, and from what stands
 * before the first layer of a pass, where the end of a layer does not stand. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sequence.h"

enum { MOST_RUNS = 16 };

struct bounds {
	struct sequence *sequence;
	uint16_t *usual;       /* by class of the next anchor: the usual number of norm runs */
	uint32_t *extension;   /* classes before the opening norm that belong to it, backwards */
	uint32_t extension_count;
	uint32_t head_norms;   /* norms that open a layer, 0 when no pass begins in the trace */
	uint32_t tail;         /* kernels after the MLP that still are the layer's */
	size_t first;          /* the block that begins the current pass */
	bool post_norm;        /* the norm between two layers closes the first */
	bool takes_collective; /* the collective before a norm is the next layer's */
};

static bool
begins_pass(const struct sequence *sequence, size_t block)
{
	return block == 0 || sequence->blocks[block - 1].breaks;
}

/* The first block after this one that begins a pass; `block` itself when none does. */
static size_t
next_pass(const struct sequence *sequence, size_t block)
{
	size_t i;

	for (i = block + 1; i < sequence->block_count; i++)
		if (begins_pass(sequence, i))
			return i;
	return block;
}

/* The norm run that opens the layer after the gap: as many from the end as is usual. */
static bool
opening_run(const struct bounds *bounds, struct gap gap, size_t next, struct norm_run *run)
{
	const struct sequence *sequence = bounds->sequence;
	uint32_t usual = bounds->usual[anchor_class(sequence, next)];
	uint32_t found = norm_runs(sequence, gap.begin, gap.end, NULL, 0);
	struct norm_run *runs;

	if (usual == 0 || found < usual)
		return false;
	runs = memory_alloc(found * sizeof(*runs));
	norm_runs(sequence, gap.begin, gap.end, runs, found);
	*run = runs[found - usual];
	free(runs);
	return true;
}

/* Kernels from after the run to the next matrix product. */
static uint32_t
kernels_to_linear(const struct sequence *sequence, struct norm_run run, uint32_t end)
{
	uint32_t at = run.last + 1;

	while (at < end && !(sequence_roles(sequence, at) & ROLE_LINEAR))
		at++;
	return at - run.last - 1;
}

/* The most frequent of small numbers. */
struct usual {
	uint32_t counts[MOST_RUNS];
};

static void
usual_add(struct usual *usual, uint32_t number)
{
	if (number < MOST_RUNS)
		usual->counts[number]++;
}

static uint32_t
usual_number(const struct usual *usual)
{
	uint32_t best = 0, i;

	for (i = 1; i < MOST_RUNS; i++)
		if (usual->counts[i] > usual->counts[best])
			best = i;
	return best;
}

/* What the beginnings of passes tell: how many norms open a layer, and whether the run
 * before the first layer is an embedding's norm, with other kernels after it. An
 * embedding's norm may also stand directly before the one that opens the first layer. */
static void
learn_from_first_layers(struct bounds *bounds)
{
	const struct sequence *sequence = bounds->sequence;
	struct usual distances = { { 0 } }, norms = { { 0 } }, first_norms = { { 0 } };
	size_t firsts = 0, apart = 0, i;
	struct norm_run run;
	uint32_t distance;

	for (i = 0; i < sequence->block_count; i++) {
		struct gap gap = gap_before(sequence, i);

		if (!opening_run(bounds, gap, i, &run))
			continue;
		usual_add(begins_pass(sequence, i) ? &first_norms : &norms, run.count);
		if (!begins_pass(sequence, i))
			usual_add(&distances, kernels_to_linear(sequence, run, gap.end));
	}
	for (i = 0; i < sequence->block_count; i++) {
		struct gap gap = gap_before(sequence, i);

		if (!begins_pass(sequence, i) || !opening_run(bounds, gap, i, &run))
			continue;
		distance = kernels_to_linear(sequence, run, gap.end);
		/* Where the product is lost, nothing tells how far away it was. */
		if (run.last + 1 + distance == gap.end)
			continue;
		firsts++;
		apart += distance > usual_number(&distances) + 1;
	}
	bounds->head_norms = usual_number(&first_norms);
	if (usual_number(&norms) > 0 && usual_number(&norms) < bounds->head_norms)
		bounds->head_norms = usual_number(&norms);
	bounds->post_norm = firsts > 0 && firsts < sequence->block_count && apart == firsts;
}

static uint32_t
common_suffix(const struct sequence *sequence, struct gap left, struct gap right)
{
	uint32_t length = 0;

	while (length < left.end - left.begin && length < right.end - right.begin &&
	    sequence_class(sequence, left.end - length - 1) ==
	        sequence_class(sequence, right.end - length - 1))
		length++;
	return length;
}

/* The run's first norm that belongs to the layer after it. A model with a norm after the
 * MLP, too, has more of them between two layers than before the first. */
static uint32_t
opening_norm(const struct bounds *bounds, struct norm_run run)
{
	const struct sequence *sequence = bounds->sequence;
	uint32_t keep = bounds->head_norms, at;

	if (keep == 0)
		keep = run.count > 1 && sequence_class(sequence, run.first) ==
		    sequence_class(sequence, run.last) ? 1 : run.count;
	if (run.count <= keep)
		return run.first;
	for (at = run.last; at > run.first; at--)
		if (sequence_roles(sequence, at) & ROLE_NORM && --keep == 0)
			break;
	return at;
}

/* Back over the kernels that precede every opening norm (the parts of a norm that eager
 * code writes as several kernels). */
static uint32_t
extend_norm(const struct bounds *bounds, uint32_t norm, uint32_t begin)
{
	uint32_t i = 0;

	while (i < bounds->extension_count && norm > begin &&
	    sequence_class(bounds->sequence, norm - 1) == bounds->extension[i]) {
		norm--;
		i++;
	}
	return norm;
}

/* The reference analyzer lets a layer begin with the all-reduce before its start norm. */
static uint32_t
take_collective(struct bounds *bounds, uint32_t norm, uint32_t begin)
{
	const struct sequence *sequence = bounds->sequence;
	uint32_t at = norm;

	if (!(sequence_roles(sequence, norm) & ROLE_START))
		return norm;
	while (at > begin) {
		unsigned roles = sequence_roles(sequence, --at);

		if (roles & ROLE_COMMUNICATION) {
			bounds->takes_collective = true;
			return at;
		}
		if (roles != 0)
			break;
	}
	return norm;
}

/* Where the layer after a gap begins when no norm is known: at what the gap has in common
 * with the one that begins the pass, or for that one, with the one after it. Failing that,
 * after the MLP's last matrix product. */
static uint32_t
begin_without_norms(const struct bounds *bounds, struct gap gap, size_t next)
{
	const struct sequence *sequence = bounds->sequence;
	size_t other = next == bounds->first ? next + 1 : bounds->first;
	uint32_t common = 0, at;

	if (other < sequence->block_count)
		common = common_suffix(sequence, gap, gap_before(sequence, other));
	while (common > 0 && sequence_roles(sequence, gap.end - common) & ROLE_COMMUNICATION)
		common--;
	if (common > 0)
		return gap.end - common;
	for (at = gap.begin; at < gap.end; at++)
		if (sequence_roles(sequence, at) & ROLE_LINEAR)
			break;
	while (at < gap.end && sequence_roles(sequence, at) & (ROLE_LINEAR | ROLE_COMMUNICATION))
		at++;
	return at;
}

static uint32_t
layer_begin(struct bounds *bounds, struct gap gap, size_t next)
{
	struct norm_run run;

	if (!opening_run(bounds, gap, next, &run) ||
	    (bounds->post_norm && begins_pass(bounds->sequence, next)))
		return begin_without_norms(bounds, gap, next);
	if (bounds->post_norm)
		return run.last + 1;
	return take_collective(bounds, extend_norm(bounds, opening_norm(bounds, run), gap.begin),
	    gap.begin);
}

/* Compare the first gap of a pass with the one after it: kernels that both have before the
 * opening norm belong to it. One alone may be chance (a residual add, an embedding's add). */
static void
learn_extension(struct bounds *bounds)
{
	const struct sequence *sequence = bounds->sequence;
	size_t i;

	for (i = 0; i + 1 < sequence->block_count; i++) {
		struct gap first = gap_before(sequence, i), second = gap_after(sequence, i);
		struct norm_run run;
		uint32_t common, head, k;

		if (!begins_pass(sequence, i) || sequence->blocks[i].breaks ||
		    bounds->post_norm || !opening_run(bounds, second, i + 1, &run))
			continue;
		common = common_suffix(sequence, first, second);
		head = second.end - opening_norm(bounds, run);
		if (common < head + 2)
			continue;
		bounds->extension = memory_alloc((common - head) * sizeof(*bounds->extension));
		for (k = head; k < common; k++) {
			uint32_t at = second.end - k - 1;

			if (sequence_roles(sequence, at) &
			    (ROLE_LINEAR | ROLE_MOE | ROLE_FC | ROLE_COMMUNICATION | ROLE_NORM))
				break;
			bounds->extension[bounds->extension_count++] = sequence_class(sequence, at);
		}
		return;
	}
}

/* The most frequent number of kernels between an MLP and the layer after it. */
static void
learn_tail(struct bounds *bounds)
{
	enum { LONGEST = 256 };
	const struct sequence *sequence = bounds->sequence;
	uint32_t counts[LONGEST] = { 0 }, i;

	for (i = 0; i + 1 < sequence->block_count; i++) {
		uint32_t length = sequence->blocks[i + 1].begin - gap_after(sequence, i).begin;

		if (!sequence->blocks[i].breaks && length < LONGEST)
			counts[length]++;
	}
	for (i = 1; i < LONGEST; i++)
		if (counts[i] > counts[bounds->tail])
			bounds->tail = i;
}

/* Where the last layer of a pass ends: before the final norm, or after the usual tail. */
static uint32_t
layer_end(struct bounds *bounds, size_t block)
{
	const struct sequence *sequence = bounds->sequence;
	struct gap gap = gap_after(sequence, block);
	bool last = block + 1 == sequence->block_count;
	uint32_t limit = last ? sequence->count : sequence->blocks[block + 1].begin;
	struct norm_run run;
	uint32_t end, skip;

	if (sequence->blocks[block].partial && last)
		return limit;
	if (bounds->usual[anchor_class(sequence, block)] > 0 &&
	    norm_runs(sequence, gap.begin, limit, &run, 1) > 0) {
		if (bounds->post_norm)
			return run.last + 1;
		/* A norm after the MLP comes before the final one. */
		for (end = run.first, skip = run.count; end < run.last; end++) {
			if (bounds->head_norms == 0 || skip <= bounds->head_norms)
				break;
			skip -= (sequence_roles(sequence, end) & ROLE_NORM) != 0;
		}
		while (end < run.last && !(sequence_roles(sequence, end) & ROLE_NORM))
			end++;
		end = extend_norm(bounds, end, gap.begin);
		if (bounds->takes_collective && end > gap.begin &&
		    sequence_roles(sequence, end - 1) & ROLE_COMMUNICATION)
			end--;
		if (end - gap.begin <= bounds->tail + 8)
			return end;
	}
	end = gap.begin + bounds->tail;
	return end < limit ? end : limit;
}

/* A trace that begins within a layer: what its first gap shares with the next is part of
 * that layer. */
static void
begin_first_layer(struct bounds *bounds)
{
	struct sequence *sequence = bounds->sequence;
	struct block *block = &sequence->blocks[0];
	struct gap gap = gap_before(sequence, 0);
	struct norm_run run;
	uint32_t common;

	if (sequence->block_count > 1 && !opening_run(bounds, gap, 0, &run)) {
		common = common_suffix(sequence, gap, gap_after(sequence, 0));
		if (common == gap.end - gap.begin) {
			block->begin = 0;
			block->partial = true;
			return;
		}
	}
	block->begin = layer_begin(bounds, gap, 0);
}

void
bounds_find(struct sequence *sequence)
{
	struct bounds bounds = { .sequence = sequence };
	size_t i;

	if (sequence->block_count == 0)
		return;
	bounds.usual = passes_find(sequence);
	learn_from_first_layers(&bounds);
	learn_extension(&bounds);
	begin_first_layer(&bounds);
	/* What begins within a layer cannot show where one begins. */
	bounds.first = sequence->blocks[0].partial ? next_pass(sequence, 0) : 0;
	for (i = 1; i < sequence->block_count; i++) {
		if (sequence->blocks[i - 1].breaks)
			bounds.first = i;
		sequence->blocks[i].begin = layer_begin(&bounds, gap_before(sequence, i), i);
	}
	learn_tail(&bounds);
	for (i = 0; i < sequence->block_count; i++)
		sequence->blocks[i].end = sequence->blocks[i].breaks
		    ? layer_end(&bounds, i) : sequence->blocks[i + 1].begin;
	free(bounds.usual);
	free(bounds.extension);
}
