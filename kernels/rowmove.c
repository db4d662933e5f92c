/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses how the rows of index and store are cut for the GPU. */
#include "rowmove.h"

enum { WORD = 16, BLOCK_THREADS = 128, LARGEST_UNROLL = 8, SHORT_ROW = 2048 };

static bool
is_multiple(uint64_t number)
{
	return number % WORD == 0;
}

bool
row_plan_is_aligned(const struct row_plan *plan)
{
	for (unsigned i = 0; i < plan->planes; i++) {
		const struct row_plane *plane = &plan->plane[i];

		if (!is_multiple((uintptr_t)plane->source) || !is_multiple((uintptr_t)plane->target))
			return false;
		if (!is_multiple(plane->source_stride) || !is_multiple(plane->target_stride))
			return false;
	}
	return true;
}

static uint64_t
words_of_row(const struct row_plan *plan)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < plan->planes; i++)
		if (plan->plane[i].bytes > bytes)
			bytes = plan->plane[i].bytes;
	return bytes / WORD + (bytes % WORD != 0);
}

static uint64_t
divide_up(uint64_t number, uint64_t by)
{
	return number / by + (number % by != 0);
}

void
row_shape_choose(const struct row_plan *plan, uint64_t resident, unsigned unroll,
    struct row_shape *shape)
{
	uint64_t words = words_of_row(plan);
	uint64_t total = words * plan->rows * plan->planes;

	*shape = (struct row_shape){ .threads = BLOCK_THREADS, .lanes = 1, .planes = plan->planes,
		.aligned = row_plan_is_aligned(plan) };
	/* Few words: one a thread, spread over the whole chip, for the shortest way from the
	 * first load to the last store. Many: more in flight a thread. */
	if (unroll == 0)
		for (unroll = 1; unroll < LARGEST_UNROLL / 2 && total > resident * unroll;)
			unroll *= 2;
	while (unroll > 1 && words <= unroll / 2)
		unroll /= 2;
	shape->unroll = unroll;
	while (shape->lanes < BLOCK_THREADS && (uint64_t)shape->lanes * unroll < words)
		shape->lanes *= 2;
	shape->pieces = (unsigned)divide_up(words, (uint64_t)shape->lanes * unroll);
	/* Rows that begin anywhere are moved whole by one group: their edges need bytes. */
	if (!shape->aligned || shape->pieces == 0)
		shape->pieces = 1;
	shape->blocks = divide_up(plan->rows * shape->lanes, BLOCK_THREADS);
}

bool
row_plan_can_bulk(const struct row_plan *plan, const struct row_device *device)
{
	if (device->capability_major < 9 || !row_plan_is_aligned(plan))
		return false;
	for (unsigned i = 0; i < plan->planes; i++)
		if (plan->plane[i].bytes == 0 || !is_multiple(plan->plane[i].bytes))
			return false;
	return true;
}

bool
row_plan_is_short(const struct row_plan *plan)
{
	return words_of_row(plan) <= SHORT_ROW / WORD;
}

enum row_variant
row_variant_choose(const struct row_plan *plan, const struct row_device *device)
{
	uint64_t bytes = 2 * plan->rows * words_of_row(plan) * WORD * plan->planes;

	/* Past the L2 a loop that asks for the next index before it moves a row saves that
	 * index's trip to memory; below, more blocks reach more of the chip at once. */
	return bytes > 2 * (uint64_t)device->l2_bytes ? ROW_PERSISTENT : ROW_DIRECT;
}

const char *
row_variant_name(enum row_variant variant)
{
	static const char *const names[] = { "auto", "direct", "persistent", "bulk" };

	return names[variant];
}
