/* SPDX-License-Identifier: Apache-2.0 */
/* Where kernels were lost, doubled or displaced, attention may be missing or stand where it
 * does not belong, and layers are cut wrongly. Most layers of a stream are one of a few
 * sequences of kernels, to the last; what stands between two such layers is set against
 * these sequences, and what fits better is taken. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "repair.h"

enum { MOST_MODELS = 16, LONGEST_MODELS = 4096 };

/* Layers of one sequence of classes. */
struct word {
	uint64_t hash;
	uint32_t block; /* one of them */
	uint32_t count;
};

static uint64_t
hash_block(const struct sequence *sequence, const struct block *block)
{
	uint64_t hash = block->end - block->begin;
	uint32_t at;

	for (at = block->begin; at < block->end; at++) {
		hash = (hash ^ (sequence_class(sequence, at) + 1)) *
		    UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash;
}

static int
compare_hashes(const void *left, const void *right)
{
	const struct word *a = left, *b = right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->block < b->block ? -1 : a->block > b->block;
}

static int
compare_counts(const void *left, const void *right)
{
	const struct word *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->block < b->block ? -1 : a->block > b->block;
}

/* The words that come twice or more, the most frequent first; *hashes: each block's. */
static size_t
find_words(const struct sequence *sequence, struct word **words, uint64_t *hashes)
{
	size_t count = 0, kept = 0, i;

	*words = memory_alloc(sequence->block_count * sizeof(**words));
	for (i = 0; i < sequence->block_count; i++) {
		hashes[i] = hash_block(sequence, &sequence->blocks[i]);
		if (!sequence->blocks[i].partial)
			(*words)[count++] = (struct word){ hashes[i], (uint32_t)i, 1 };
	}
	if (count > 0)
		qsort(*words, count, sizeof(**words), compare_hashes);
	for (i = 0; i < count; i++) {
		if (kept > 0 && (*words)[kept - 1].hash == (*words)[i].hash)
			(*words)[kept - 1].count++;
		else
			(*words)[kept++] = (*words)[i];
	}
	count = kept;
	for (i = kept = 0; i < count; i++)
		if ((*words)[i].count >= 2)
			(*words)[kept++] = (*words)[i];
	if (kept > 0)
		qsort(*words, kept, sizeof(**words), compare_counts);
	return kept;
}

static void
add_model(struct models *models, const struct sequence *sequence, const struct block *block)
{
	uint32_t at;

	for (at = block->begin; at < block->end; at++) {
		models->class[models->length++] = sequence_class(sequence, at);
		models->known[sequence_class(sequence, at)] = true;
	}
	models->begin[++models->count] = models->length;
}

/* Two layers taken for one, as when one's attention is lost, can be as frequent as twice. */
static bool
is_several(const struct sequence *sequence, const struct models *models,
    const struct block *block)
{
	struct alignment alignment;
	uint32_t length = block->end - block->begin;
	bool several;

	if (!align(sequence, models, block->begin, block->end, STRETCH_LAYERS, false, &alignment))
		return false;
	several = alignment.count > 1 && alignment.cost * 3 < (int64_t)length * COST_OTHER;
	free(alignment.pieces);
	return several;
}

/* Nor is a part of a layer one, where a boundary was found within it. */
static bool
is_part(const struct sequence *sequence, const struct models *models, const struct block *block)
{
	struct alignment alignment;
	uint32_t length = block->end - block->begin, longest = 0, i;
	bool part;

	for (i = 0; i < models->count; i++)
		if (models->begin[i + 1] - models->begin[i] > longest)
			longest = models->begin[i + 1] - models->begin[i];
	if (length * 5 > longest * 4 || !align(sequence, models, block->begin, block->end,
	    STRETCH_ONE, true, &alignment))
		return false;
	part = alignment.cost <= COST_OTHER * (1 + (int64_t)length / 10);
	free(alignment.pieces);
	return part;
}

/* A word that hardly ever comes and is nearly a model may be one with the same damage twice. */
static bool
is_damaged(const struct sequence *sequence, const struct models *models,
    const struct block *block)
{
	struct alignment alignment;
	bool damaged;

	if (!align(sequence, models, block->begin, block->end, STRETCH_ONE, false, &alignment))
		return false;
	damaged = alignment.cost <= 3 * COST_EXTRA;
	free(alignment.pieces);
	return damaged;
}

/* Which blocks are just like a model. */
static bool *
find_models(const struct sequence *sequence, struct models *models)
{
	uint64_t *hashes = memory_alloc(sequence->block_count * sizeof(*hashes));
	bool *usual = memory_alloc_zero(sequence->block_count, sizeof(*usual));
	struct word *words;
	size_t count = find_words(sequence, &words, hashes), i, j;

	models->class = memory_alloc(LONGEST_MODELS * sizeof(*models->class));
	models->begin = memory_alloc_zero(MOST_MODELS + 1, sizeof(*models->begin));
	models->known = memory_alloc_zero(sequence->class_count, sizeof(*models->known));
	for (i = 0; i < count && models->count < MOST_MODELS; i++) {
		const struct block *block = &sequence->blocks[words[i].block];

		if (block->end - block->begin > LONGEST_MODELS - models->length ||
		    (models->count > 0 && (is_several(sequence, models, block) ||
		    is_part(sequence, models, block) || (words[i].count * 6 < words[0].count &&
		    is_damaged(sequence, models, block)))))
			continue;
		add_model(models, sequence, block);
		for (j = 0; j < sequence->block_count; j++)
			usual[j] = usual[j] || hashes[j] == words[i].hash;
	}
	free(hashes);
	free(words);
	return usual;
}

/* The blocks that come out. */
struct result {
	struct block *blocks;
	size_t count, capacity;
	bool changed;
	size_t too_long; /* stretches that were not looked at */
};

static void
add_block(struct result *result, struct block block)
{
	result->blocks = memory_grow(result->blocks, result->count, &result->capacity,
	    sizeof(*result->blocks));
	result->blocks[result->count++] = block;
}

static int64_t
cost_outside(const struct sequence *sequence, const struct models *models, uint32_t begin,
    uint32_t end)
{
	int64_t cost = 0;

	for (; begin < end; begin++)
		cost += models->known[sequence_class(sequence, begin)] ? COST_OUTSIDE : 0;
	return cost;
}

/* What the blocks [first, end) cost as they are, with what stands around them in [from, to). */
static int64_t
cost_now(const struct sequence *sequence, const struct models *models, size_t first, size_t end,
    uint32_t from, uint32_t to)
{
	int64_t cost = 0;
	size_t i;

	for (i = first; i < end; i++) {
		const struct block *block = &sequence->blocks[i];
		struct alignment alignment;
		uint32_t length = block->end - block->begin;

		cost += cost_outside(sequence, models, from, block->begin);
		cost += from < block->begin && i > 0 ? COST_PASS : 0;
		from = block->end;
		if (length == 0)
			continue;
		if (!align(sequence, models, block->begin, block->end, STRETCH_ONE,
		    block->partial, &alignment))
			return -1;
		cost += alignment.cost;
		free(alignment.pieces);
	}
	cost += from < to && first > 0 && end < sequence->block_count ? COST_PASS : 0;
	return cost + cost_outside(sequence, models, from, to);
}

static void
take(struct result *result, const struct alignment *alignment, bool breaks_behind,
    const struct sequence *sequence, size_t first, size_t end)
{
	size_t i;

	result->changed = true;
	for (i = 0; i < alignment->count; i++) {
		const struct piece *piece = &alignment->pieces[i];

		if (piece->outside) {
			if (result->count > 0)
				result->blocks[result->count - 1].breaks = true;
			continue;
		}
		add_block(result, (struct block){ .begin = piece->begin, .end = piece->end,
			.partial = (i == 0 && first == 0 && end > 0 &&
			    sequence->blocks[0].partial) ||
			    (i + 1 == alignment->count && end == sequence->block_count &&
			    end > first && sequence->blocks[end - 1].partial) });
	}
	if (breaks_behind && result->count > 0)
		result->blocks[result->count - 1].breaks = true;
}

/* The better of layers alone and layers with a break between passes; false when neither can
 * be looked at. */
static bool
align_between(const struct sequence *sequence, const struct models *models, uint32_t from,
    uint32_t to, struct alignment *best)
{
	struct alignment with;

	if (!align(sequence, models, from, to, STRETCH_LAYERS, false, best))
		return false;
	if (!align(sequence, models, from, to, STRETCH_BREAK, false, &with))
		return true;
	if (with.cost < best->cost) {
		free(best->pieces);
		*best = with;
	} else
		free(with.pieces);
	return true;
}

/* Blocks [first, end) are none of the usual ones; what stands around them is. */
static void
mend(struct sequence *sequence, const struct models *models, size_t first, size_t end,
    struct result *result)
{
	bool head = first == 0, tail = end == sequence->block_count;
	uint32_t from = head ? 0 : sequence->blocks[first - 1].end;
	uint32_t to = tail ? sequence->count : sequence->blocks[end].begin;
	struct alignment found = { 0 };
	int64_t now;
	bool any;
	size_t i;

	if (head)
		any = align(sequence, models, from, to, STRETCH_HEAD,
		    end > 0 && sequence->blocks[0].partial, &found);
	else if (tail)
		any = align(sequence, models, from, to, STRETCH_TAIL,
		    end > first && sequence->blocks[end - 1].partial, &found);
	else
		any = align_between(sequence, models, from, to, &found);
	result->too_long += !any && to > from;
	now = any ? cost_now(sequence, models, first, end, from, to) : -1;
	if (any && now >= 0 && found.cost + COST_OTHER / 2 < now) {

		if (result->count > 0)
			result->blocks[result->count - 1].breaks = false;
		take(result, &found, tail || (found.count > 0 &&
		    found.pieces[found.count - 1].outside), sequence, first, end);
	} else {
		for (i = first; i < end; i++)
			add_block(result, sequence->blocks[i]);
	}
	free(found.pieces);
}

/* Where nothing but one kernel stands between two usual layers, it is no end of a pass. */
static bool
is_false_break(const struct sequence *sequence, const bool *usual, size_t block)
{
	return block + 1 < sequence->block_count && usual[block] && usual[block + 1] &&
	    sequence->blocks[block].breaks &&
	    sequence->blocks[block + 1].begin - sequence->blocks[block].end == 1;
}

static void
walk(struct sequence *sequence, const struct models *models, const bool *usual,
    struct result *result)
{
	size_t i, end;

	if (usual[0] && sequence->blocks[0].begin > 0)
		mend(sequence, models, 0, 0, result);
	for (i = 0; i < sequence->block_count; i = end) {
		end = i + 1;
		if (usual[i]) {
			add_block(result, sequence->blocks[i]);
			if (is_false_break(sequence, usual, i)) {
				result->blocks[result->count - 1].breaks = false;
				result->blocks[result->count - 1].end++;
				result->changed = true;
			} else if (end == sequence->block_count || (usual[end] &&
			    sequence->blocks[i].end < sequence->blocks[end].begin))
				mend(sequence, models, end, end, result);
			continue;
		}
		while (end < sequence->block_count && !usual[end])
			end++;
		mend(sequence, models, i, end, result);
	}
}

void
repair(struct sequence *sequence)
{
	struct models models = { 0 };
	struct result result = { 0 };
	bool *usual;
	size_t i, count = 0;

	if (sequence->block_count < 3)
		return;
	usual = find_models(sequence, &models);
	for (i = 0; i < sequence->block_count; i++)
		count += usual[i];
	if (count > 0 && models.count > 0)
		walk(sequence, &models, usual, &result);
	if (result.too_long > 0)
		warn("%s: %zu stretches of kernels are too long to be held against the usual layers: "
		    "their layers may be wrong", sequence->trace->file, result.too_long);
	if (result.changed && result.count > 0) {
		result.blocks[result.count - 1].breaks = true;
		free(sequence->blocks);
		sequence->blocks = result.blocks;
		sequence->block_count = result.count;
		sequence->block_capacity = result.capacity;
	} else
		free(result.blocks);
	free(usual);
	free(models.class);
	free(models.begin);
	free(models.known);
}
