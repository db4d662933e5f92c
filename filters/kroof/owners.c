/* SPDX-License-Identifier: Apache-2.0 */
/* Groups by the number of the operator's call; neighbours by hashing what is around. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/map.h"
#include "base/memory.h"
#include "operators.h"
#include "owners.h"

/* Neighbours on either side, the most first. */
static const int widths[] = { 8, 5, 3, 2, 1, 0 };

enum { MOST_WIDTH = 8 };

/* A replayed graph calls the operators of its capture again with each launch. */
static void **
group_of(struct map *groups, const struct kernels *kernels, const struct item *item)
{
	const struct stack *stack = &kernels->stacks[item->stack];
	int64_t key[3] = { item->process, item->op_calls[item->op_level],
		stack->capture ? item->correlation : NONE };

	return map_put(groups, (const char *)key, sizeof(key));
}

void
owners_find(struct kernels *kernels)
{
	struct map groups = { 0 };

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < kernels->count; i++) {
			struct item *item = &kernels->items[i], *best;
			void **place;

			if (item->op_level == NONE || item->op_level >= item->op_call_count)
				continue;
			place = group_of(&groups, kernels, item);
			best = *place == NULL ? NULL
			    : &kernels->items[(uintptr_t)*place - 1];
			if (pass == 1)
				item->owner = (int32_t)((uintptr_t)*place - 1);
			else if (best == NULL || (item->kind == TRACE_KERNEL) >
			    (best->kind == TRACE_KERNEL) ||
			    ((item->kind == TRACE_KERNEL) == (best->kind == TRACE_KERNEL) &&
			    item->us > best->us))
				*place = (void *)(uintptr_t)(i + 1);
		}
	map_free(&groups);
	/* A fill that no product stands by is a fill. */
	for (size_t i = 0; i < kernels->count; i++) {
		struct item *item = &kernels->items[i];

		if (item->op_level != NONE && item->kind != TRACE_KERNEL &&
		    kernels->items[item->owner].kind != TRACE_KERNEL) {
			item->origin = ORIGIN_NONE;
			item->owner = (int32_t)i;
			item->op_level = NONE;
		}
	}
}

/* Kernels of one launch of a plan, which follow each other on their stream. */
void
owners_find_planned(struct kernels *kernels)
{
	for (size_t begin = 0, end; begin < kernels->count; begin = end) {
		const struct item *first = &kernels->items[begin];
		size_t longest = begin;

		for (end = begin + 1; end < kernels->count && first->plan_seq != NONE; end++) {
			const struct item *item = &kernels->items[end];

			if (item->plan_seq != first->plan_seq || item->stream != first->stream ||
			    item->process != first->process || item->step != first->step)
				break;
			longest = item->us > kernels->items[longest].us ? end : longest;
		}
		for (size_t i = begin; i < end; i++)
			if (kernels->items[i].origin == ORIGIN_PLAN)
				kernels->items[i].owner = (int32_t)longest;
	}
}

static bool
has_op(const struct kernels *kernels, const struct item *item)
{
	return item->stack != NONE && !item->graph && kernels->stacks[item->stack].count > 0;
}

static bool
wants_op(const struct kernels *kernels, const struct item *item)
{
	return item->kind == TRACE_KERNEL && item->origin == ORIGIN_NONE && !item->graph &&
	    !has_op(kernels, item);
}

/* Numbers for what tells kernels apart: ROCm's grids are not comparable between launches. */
static int32_t *
sign(const struct kernels *kernels)
{
	int32_t *signs = memory_alloc((kernels->count + 1) * sizeof(*signs));
	struct map known = { 0 };

	for (size_t i = 0; i < kernels->count; i++) {
		const void *key[2] = { kernels->items[i].name,
			kernels->amd ? NULL : kernels->items[i].grid };
		void **place = map_put(&known, (const char *)key, sizeof(key));

		if (*place == NULL)
			*place = (void *)(uintptr_t)known.count;
		signs[i] = (int32_t)(uintptr_t)*place;
	}
	map_free(&known);
	return signs;
}

static size_t
surroundings(int32_t *key, const int32_t *signs, size_t count, size_t at, int width)
{
	size_t length = 0;

	for (int i = -width; i <= width; i++)
		if ((i >= 0 || at >= (size_t)-i) && at + (size_t)i < count)
			key[length++] = signs[at + (size_t)i];
	return length * sizeof(*key);
}

static const struct op *
innermost(const struct kernels *kernels, const struct item *item)
{
	return &kernels->stacks[item->stack].ops[0];
}

/* The items with operators by their surroundings: index + 1, or 0 after a second answer. */
static void
learn(struct map *twins, const struct kernels *kernels, const int32_t *signs, int width)
{
	int32_t key[2 * MOST_WIDTH + 1];
	static const char several;

	for (size_t i = 0; i < kernels->count; i++) {
		const struct item *item = &kernels->items[i];
		size_t length;
		void **place;

		if (item->kind != TRACE_KERNEL || !has_op(kernels, item) ||
		    item->origin == ORIGIN_NEARBY)
			continue;
		length = surroundings(key, signs, kernels->count, i, width);
		place = map_put(twins, (const char *)key, length);
		if (*place == NULL)
			*place = (void *)(uintptr_t)(i + 1);
		else if (*place != &several && strcmp(innermost(kernels, item)->key,
		    innermost(kernels, &kernels->items[(uintptr_t)*place - 1])->key) != 0)
			*place = (void *)&several;
	}
	for (size_t i = 0; i < twins->count; i++)
		if (twins->entries[i].value == &several)
			twins->entries[i].value = NULL;
}

/* What the twin is: with its own operator, or a helper of one as far away as the twin's. */
static void
borrow(struct kernels *kernels, size_t at, size_t twin, const struct families *families,
    const struct table *operators)
{
	struct item *item = &kernels->items[at];
	const struct item *model = &kernels->items[twin];
	int64_t main = (int64_t)at + model->owner - (int64_t)twin;

	item->stack = model->stack;
	operators_read(item, kernels, families, operators);
	if (item->origin == ORIGIN_NONE)
		return;
	item->origin = ORIGIN_NEARBY;
	if (model->owner != (int32_t)twin && main >= 0 && main < (int64_t)kernels->count &&
	    kernels->items[main].name == kernels->items[model->owner].name)
		item->owner = (int32_t)main;
}

static size_t
count_wanting(const struct kernels *kernels)
{
	size_t count = 0;

	for (size_t i = 0; i < kernels->count; i++)
		count += wants_op(kernels, &kernels->items[i]);
	return count;
}

void
owners_find_nearby(struct kernels *kernels, const struct families *families,
    const struct table *operators)
{
	int32_t *signs;
	int32_t key[2 * MOST_WIDTH + 1];

	if (count_wanting(kernels) == 0)
		return;
	signs = sign(kernels);
	for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
		struct map twins = { 0 };

		learn(&twins, kernels, signs, widths[w]);
		for (size_t i = 0; i < kernels->count; i++) {
			size_t length = surroundings(key, signs, kernels->count, i, widths[w]);
			void **place;

			if (!wants_op(kernels, &kernels->items[i]))
				continue;
			place = map_get(&twins, (const char *)key, length);
			if (place != NULL && *place != NULL)
				borrow(kernels, i, (uintptr_t)*place - 1, families, operators);
		}
		map_free(&twins);
	}
	free(signs);
}
