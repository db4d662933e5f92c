/* SPDX-License-Identifier: Apache-2.0 */
/* C3 with a count of the tails that hold each class, so that a merge takes time in
 * proportion to the orders that it merges. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "python/mro.h"

/* One of the merged lists; the list of bases is the last. */
struct merged {
	struct mro_order order;
	size_t head;
};

/* What is known of a class during a merge. */
struct candidate {
	size_t tails; /* lists that hold it after their heads */
	bool taken;
};

struct merge {
	struct merged *lists;
	size_t list_count;
	struct map candidates; /* class -> struct candidate * */
	struct candidate *room;
	void *into;
	size_t count;
};

static const void *
class_at(const struct mro_order *order, size_t index)
{
	const void *class;

	memcpy(&class, (const char *)order->classes + index * sizeof(class), sizeof(class));
	return class;
}

static struct candidate *
candidate_of(struct merge *merge, const void *class)
{
	void **place = map_put(&merge->candidates, (const char *)&class, sizeof(class));

	if (*place == NULL)
		*place = &merge->room[merge->candidates.count - 1];
	return *place;
}

static void
take(struct merge *merge, const void *class)
{
	memcpy((char *)merge->into + merge->count++ * sizeof(class), &class, sizeof(class));
}

/* Heads that were taken make way for the next ones, which then are in one tail fewer. */
static void
drop_taken(struct merge *merge)
{
	for (size_t i = 0; i < merge->list_count; i++) {
		struct merged *list = &merge->lists[i];

		while (list->head < list->order.count &&
		    candidate_of(merge, class_at(&list->order, list->head))->taken)
			if (++list->head < list->order.count)
				candidate_of(merge, class_at(&list->order, list->head))->tails--;
	}
}

/* The first head that no list holds after its own head, else the first head; NULL when all
 * is merged. */
static const void *
next_of(struct merge *merge)
{
	const void *first = NULL;

	for (size_t i = 0; i < merge->list_count; i++) {
		const struct merged *list = &merge->lists[i];
		const void *head;

		if (list->head == list->order.count)
			continue;
		head = class_at(&list->order, list->head);
		if (candidate_of(merge, head)->tails == 0)
			return head;
		if (first == NULL)
			first = head;
	}
	return first;
}

static void
merge_all(struct merge *merge)
{
	const void *next;

	for (size_t i = 0; i < merge->list_count; i++)
		for (size_t at = 1; at < merge->lists[i].order.count; at++)
			candidate_of(merge, class_at(&merge->lists[i].order, at))->tails++;
	while ((next = next_of(merge)) != NULL) {
		candidate_of(merge, next)->taken = true;
		take(merge, next);
		drop_taken(merge);
	}
}

size_t
mro_merge(const void *self, const struct mro_order *bases, size_t base_count, void *into)
{
	struct merge merge = { .into = into };
	const void **heads;
	size_t all = 0, head_count = 0;

	take(&merge, self);
	if (base_count == 1) {
		for (size_t at = 0; at < bases[0].count; at++)
			take(&merge, class_at(&bases[0], at));
		return merge.count;
	}
	merge.lists = memory_alloc_zero(base_count + 1, sizeof(*merge.lists));
	heads = memory_alloc_zero(base_count + 1, sizeof(*heads));
	for (size_t i = 0; i < base_count; i++) {
		merge.lists[merge.list_count++].order = bases[i];
		all += bases[i].count;
		if (bases[i].count > 0)
			heads[head_count++] = class_at(&bases[i], 0);
	}
	merge.lists[merge.list_count++].order = (struct mro_order){ heads, head_count };
	merge.room = memory_alloc_zero(all + 1, sizeof(*merge.room));
	merge_all(&merge);
	map_free(&merge.candidates);
	free(merge.room);
	free(heads);
	free(merge.lists);
	return merge.count;
}
