/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a stream's kernels into blocks: token mixing, then the MLP or MoE after it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sequence.h"

enum { MIXER = ROLE_MOE | ROLE_FC };

/* The class's number in this sequence. */
static uint32_t
renumber(struct sequence *sequence, uint32_t class)
{
	struct trace *trace = sequence->trace;

	if (trace->renumbered[class] == 0) {
		sequence->roles = memory_grow(sequence->roles, sequence->class_count,
		    &sequence->role_capacity, sizeof(*sequence->roles));
		sequence->roles[sequence->class_count] = trace->classes[class].roles;
		trace->renumbered[class] = ++sequence->class_count;
	}
	return trace->renumbered[class] - 1;
}

void
sequence_open(struct sequence *sequence, struct trace *trace, uint32_t stream, bool tail)
{
	size_t begin = trace->stream_begin[stream], end = trace->stream_begin[stream + 1], i;

	*sequence = (struct sequence){ .trace = trace };
	sequence->kernel = memory_alloc((end - begin) * sizeof(*sequence->kernel));
	sequence->class = memory_alloc((end - begin) * sizeof(*sequence->class));
	for (i = begin; i < end; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_stream[i]];

		if (kernel->layer != NONE || (kernel->place == PLACE_TAIL) != tail)
			continue;
		sequence->class[sequence->count] = renumber(sequence, kernel->class);
		sequence->kernel[sequence->count++] = trace->by_stream[i];
	}
	for (i = 0; i < sequence->count; i++)
		trace->renumbered[trace->kernels[sequence->kernel[i]].class] = 0;
	sequence->anchors = memory_alloc_zero(sequence->class_count,
	    sizeof(*sequence->anchors));
}

void
sequence_close(struct sequence *sequence)
{
	free(sequence->kernel);
	free(sequence->class);
	free(sequence->roles);
	free(sequence->anchors);
	free(sequence->blocks);
}

uint32_t
norm_runs(const struct sequence *sequence, uint32_t begin, uint32_t end,
    struct norm_run *runs, uint32_t size)
{
	uint32_t count = 0, at;
	bool open = false;

	for (at = begin; at < end; at++) {
		unsigned roles = sequence_roles(sequence, at);

		if (roles & ROLE_NORM) {
			if (!open && count++ < size)
				runs[count - 1] = (struct norm_run){ .first = at };
			if (count <= size) {
				runs[count - 1].last = at;
				runs[count - 1].count++;
			}
			open = true;
		} else if (roles & (ROLE_LINEAR | ROLE_MOE | ROLE_FC | ROLE_ATTENTION) ||
		    sequence->anchors[sequence_class(sequence, at)])
			open = false;
	}
	return count;
}

/* Counts of one repeating thing may differ where the trace cuts through it. */
static bool
is_alike(uint32_t count, uint32_t usual)
{
	uint32_t off = count > usual ? count - usual : usual - count;

	return count > 0 && off <= 1 + usual / 50;
}

static int
compare_counts(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* How often what repeats does so; *kernels: how many kernels the classes have that occur about
 * as often. 0 when nothing repeats. */
static uint32_t
usual_count(const uint32_t *counts, size_t classes, uint32_t *kernels)
{
	uint32_t *sorted = memory_alloc(classes * sizeof(*sorted)), usual = 0;
	size_t low = 0, high = 0, i;

	*kernels = 0;
	memcpy(sorted, counts, classes * sizeof(*sorted));
	if (classes > 0)
		qsort(sorted, classes, sizeof(*sorted), compare_counts);
	for (i = 0; i < classes; i++) {
		while (!is_alike(sorted[low], sorted[i]))
			low++;
		while (high < classes && (high < i || is_alike(sorted[high], sorted[i])))
			high++;
		if (sorted[i] >= 4 && (uint64_t)(high - low) * sorted[i] > *kernels) {
			*kernels = (uint32_t)(high - low) * sorted[i];
			usual = sorted[i];
		}
	}
	free(sorted);
	return usual;
}

/* How many classes occur how often tells how often the layer repeats; of the classes that
 * occur as often as most do, the one that takes the most time stands for the layer. */
static void
anchor_by_repetition(struct sequence *sequence)
{
	size_t classes = sequence->class_count, i, best = classes;
	uint32_t *counts = memory_alloc_zero(classes, sizeof(*counts));
	int64_t *time = memory_alloc_zero(classes, sizeof(*time));
	uint32_t usual, at, most;

	for (at = 0; at < sequence->count; at++) {
		uint32_t class = sequence_class(sequence, at);

		counts[class]++;
		time[class] += sequence->trace->kernels[sequence->kernel[at]].dur;
	}
	usual = usual_count(counts, classes, &most);
	for (i = 0; i < classes; i++)
		if (usual > 0 && is_alike(counts[i], usual) &&
		    (best == classes || time[i] > time[best]))
			best = i;
	if (best < classes && (uint64_t)most * 2 > sequence->count)
		sequence->anchors[best] = sequence->by_repetition = true;
	free(counts);
	free(time);
}

/* What was seen since the last anchor. */
struct sight {
	bool linear;            /* a matrix product: an attention's output goes through one */
	bool norm;
	bool linear_after_norm; /* the next half of a layer has begun */
	bool mixer;
	bool closed;            /* a norm after the mixer: the layer's MLP is over */
};

static struct block *
add_block(struct sequence *sequence, uint32_t at)
{
	sequence->blocks = memory_grow(sequence->blocks, sequence->block_count,
	    &sequence->block_capacity, sizeof(*sequence->blocks));
	sequence->blocks[sequence->block_count] = (struct block){ .first = at, .last = at,
		.mixer = NOWHERE };
	return &sequence->blocks[sequence->block_count++];
}

static void
see(struct sight *sight, unsigned roles, struct block *block, uint32_t at)
{
	/* Directly after the anchor, before its output projection, it is no MLP. */
	if (roles & MIXER && !(roles & ROLE_SAMPLER) && (sight->linear || sight->norm) &&
	    !sight->closed) {
		sight->mixer = true;
		block->mixer = at;
	}
	if (roles & ROLE_NORM) {
		sight->norm = true;
		sight->closed = sight->mixer;
	}
	if (roles & ROLE_LINEAR) {
		sight->linear = true;
		sight->linear_after_norm = sight->norm;
	}
}

static void
cut_blocks(struct sequence *sequence)
{
	struct sight sight = { 0 };
	struct block *block = NULL;
	uint32_t at;

	sequence->block_count = 0;
	for (at = 0; at < sequence->count; at++) {
		unsigned roles = sequence_roles(sequence, at);

		if (sequence->anchors[sequence_class(sequence, at)]) {
			if (block == NULL || sight.mixer || sight.linear_after_norm ||
			    sequence->by_repetition)
				block = add_block(sequence, at);
			block->last = at;
			sight = (struct sight){ 0 };
		} else if (block != NULL)
			see(&sight, roles, block, at);
	}
}

/* Anchors that prepare a pass (attention metadata) stand in a few blocks only, and no MLP
 * follows them. Returns whether there were any. */
static bool
drop_rare_anchors(struct sequence *sequence)
{
	size_t classes = sequence->class_count, i;
	uint32_t *blocks_with = memory_alloc_zero(classes, sizeof(*blocks_with));
	uint32_t *with_mixer = memory_alloc_zero(classes, sizeof(*with_mixer));
	size_t *last_block = memory_alloc_zero(classes, sizeof(*last_block));
	bool dropped = false;
	uint32_t at;

	for (i = 0; i < sequence->block_count; i++) {
		const struct block *block = &sequence->blocks[i];

		for (at = block->first; at <= block->last; at++) {
			uint32_t class = sequence_class(sequence, at);

			if (!sequence->anchors[class] || last_block[class] == i + 1)
				continue;
			last_block[class] = i + 1;
			blocks_with[class]++;
			with_mixer[class] += block->mixer != NOWHERE;
		}
	}
	for (i = 0; i < classes; i++)
		if (blocks_with[i] > 0 && with_mixer[i] == 0 &&
		    (uint64_t)blocks_with[i] * 20 < sequence->block_count) {
			sequence->anchors[i] = false;
			dropped = true;
		}
	free(blocks_with);
	free(with_mixer);
	free(last_block);
	return dropped;
}

static uint32_t
count_linear(const struct sequence *sequence, uint32_t begin, uint32_t end)
{
	uint32_t count = 0;

	for (; begin < end; begin++)
		count += (sequence_roles(sequence, begin) & ROLE_LINEAR) != 0;
	return count;
}

/* A block in which no MLP was recognised is a whole layer when two norms and the products
 * of an MLP follow it; its MLP then ends before the second norm. Else it is a half layer,
 * as the self attention before a cross attention is. */
static bool
close_without_mixer(const struct sequence *sequence, struct block *block, uint32_t end)
{
	struct norm_run runs[2];
	uint32_t found = norm_runs(sequence, block->last + 1, end, runs, 2);

	if (found >= 2 && count_linear(sequence, block->last + 1, end) >= 3) {
		block->mixer = runs[1].first - 1;
		return true;
	}
	if (found == 0 && count_linear(sequence, block->last + 1, end) >= 4) {
		block->mixer = block->last;
		return true;
	}
	return false;
}

/* The classes of anchors that an MLP follows, somewhere. */
static bool *
classes_with_mixer(const struct sequence *sequence)
{
	bool *with = memory_alloc_zero(sequence->class_count, sizeof(*with));
	uint32_t at;
	size_t i;

	for (i = 0; i < sequence->block_count; i++) {
		const struct block *block = &sequence->blocks[i];

		for (at = block->first; at <= block->last && block->mixer != NOWHERE; at++)
			with[sequence_class(sequence, at)] = true;
	}
	return with;
}

/* After the core of an attention comes its output projection; a sampler's softmax or an
 * attention's plan is followed by the norm of the next layer. Where nothing follows, it is
 * none if its class never has an MLP after it. */
static bool
is_no_attention(const struct sequence *sequence, const struct block *block, uint32_t end,
    const bool *with_mixer)
{
	uint32_t at;

	if (block->mixer != NOWHERE || sequence_roles(sequence, block->last) & ROLE_GDN)
		return false;
	for (at = block->last + 1; at < end; at++) {
		unsigned roles = sequence_roles(sequence, at);

		if (roles & ROLE_LINEAR)
			return false;
		if (roles & (ROLE_NORM | ROLE_SAMPLER | ROLE_EMBEDDING))
			return true;
	}
	return !with_mixer[sequence_class(sequence, block->last)];
}

static void
merge_halves(struct sequence *sequence)
{
	struct block *blocks = sequence->blocks;
	bool *with_mixer = classes_with_mixer(sequence);
	size_t i, kept = 0, without = 0;

	for (i = 0; i < sequence->block_count; i++)
		without += blocks[i].mixer == NOWHERE;
	for (i = 0; i < sequence->block_count; i++) {
		bool last = i + 1 == sequence->block_count;
		uint32_t end = last ? sequence->count : blocks[i + 1].first;
		struct block *block = &blocks[kept];

		*block = blocks[i];
		if (without < sequence->block_count &&
		    is_no_attention(sequence, block, end, with_mixer))
			continue;
		/* Where no MLP is recognised at all, nothing can tell halves from wholes. */
		if (block->mixer == NOWHERE && !close_without_mixer(sequence, block, end) &&
		    !last && without < sequence->block_count) {
			blocks[i + 1].first = block->first;
			continue;
		}
		if (block->mixer == NOWHERE)
			block->partial = last && without < sequence->block_count;
		kept++;
	}
	free(with_mixer);
	sequence->block_count = kept;
}

/* How many kernels have one of these roles. */
static uint32_t
count_roles(const struct sequence *sequence, unsigned roles)
{
	uint32_t count = 0, at;

	for (at = 0; at < sequence->count; at++)
		count += (sequence_roles(sequence, at) & roles) != 0;
	return count;
}

/* Where a softmax is all there is of attention, it may be a classifier's, once a batch. Why it
 * is; NULL when it is attention. */
static const char *
why_no_attention(const struct sequence *sequence)
{
	uint32_t cores = count_roles(sequence, ROLE_ATTENTION | ROLE_GDN);
	uint32_t softmaxes = count_roles(sequence, ROLE_SOFTMAX);

	if (softmaxes == 0 || softmaxes < cores)
		return NULL;
	if (count_roles(sequence, ROLE_CONV) * 20 > count_roles(sequence, ROLE_LINEAR))
		return "it is convolutions, and its softmax no attention";
	if (count_roles(sequence, ROLE_NORM) < cores)
		return "its softmax, which no norms go with, is no attention";
	return NULL;
}

/* What the middle one of the blocks is made of. */
struct content {
	uint32_t kernels, classes;
	uint32_t products;  /* matrix products, experts */
	uint32_t unknown;   /* kernels of no known role */
	bool embedding;
};

static struct content
content_of(const struct sequence *sequence)
{
	size_t middle = sequence->block_count / 2;
	uint32_t begin = sequence->blocks[middle].first, at;
	uint32_t end = middle + 1 < sequence->block_count ? sequence->blocks[middle + 1].first
	                                                  : sequence->count;
	bool *seen = memory_alloc_zero(sequence->class_count, sizeof(*seen));
	struct content content = { .kernels = end - begin };

	for (at = begin; at < end; at++) {
		unsigned roles = sequence_roles(sequence, at);

		content.classes += !seen[sequence_class(sequence, at)];
		seen[sequence_class(sequence, at)] = true;
		content.products += (roles & (ROLE_LINEAR | ROLE_MOE)) != 0;
		content.unknown += roles == 0;
		content.embedding = content.embedding || roles & ROLE_EMBEDDING;
	}
	free(seen);
	return content;
}

/* Not everything that repeats is a layer. Why this is none; NULL when it may be one. */
static const char *
why_no_layer(const struct sequence *sequence, const struct content *content)
{
	enum { LEAST_CLASSES = 4 };

	if (count_roles(sequence, ROLE_CONV) * 20 > count_roles(sequence, ROLE_LINEAR))
		return "it is convolutions, without attention";
	if (content->embedding)
		return "what repeats looks up an embedding each time: it is a batch, no layer";
	if (content->classes < LEAST_CLASSES)
		return "what repeats is too simple for a layer, and has no attention";
	if (content->products == 0 && content->unknown * 2 < content->kernels)
		return "what repeats has neither attention nor a matrix product";
	return NULL;
}

static void
refuse_repetition(struct sequence *sequence)
{
	struct content content;

	if (sequence->block_count < 2)
		return;
	content = content_of(sequence);
	sequence->refused = why_no_layer(sequence, &content);
	if (sequence->refused == NULL)
		return;
	sequence->repeats = sequence->block_count;
	sequence->repeated = content.kernels;
	sequence->block_count = 0;
}

void
blocks_find(struct sequence *sequence)
{
	bool any = false;
	uint32_t class;

	sequence->refused = why_no_attention(sequence);
	if (sequence->refused != NULL)
		return;
	for (class = 0; class < sequence->class_count; class++)
		if (sequence->roles[class] & (ROLE_ATTENTION | ROLE_GDN))
			any = sequence->anchors[class] = true;
	if (!any)
		anchor_by_repetition(sequence);
	cut_blocks(sequence);
	if (drop_rare_anchors(sequence))
		cut_blocks(sequence);
	if (sequence->by_repetition)
		refuse_repetition(sequence);
	merge_halves(sequence);
}
