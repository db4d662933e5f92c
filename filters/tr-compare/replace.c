/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs kernels that came with kernels that went, by type and neighbours. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "replace.h"

/* The kernels that both sides have before and after a row's first run; -1 at an end. */
struct neighbours {
	int64_t previous, next;
	bool met;
};

/* The first warm pass of the stage, which stands for all. */
static const struct pass *
sample(const struct side *side, enum stage stage)
{
	for (size_t i = 0; i < side->pass_count; i++)
		if (side->passes[i].stage == stage && side->passes[i].warm)
			return &side->passes[i];
	return NULL;
}

static struct neighbours *
find_neighbours(const struct side *side, const struct rows *rows, enum stage stage,
    const double *before, const double *after)
{
	struct neighbours *found = memory_alloc_zero(rows->count + 1, sizeof(*found));
	const struct pass *pass = sample(side, stage);
	int64_t previous = -1;
	/* Rows that were met since the last common kernel, and wait for the next one. */
	uint32_t *waiting = memory_alloc((rows->count + 1) * sizeof(*waiting));
	size_t count = 0;

	for (size_t i = 0; pass != NULL && i < pass->event_count; i++) {
		uint32_t row = side->events[pass->first_event + i].row;

		if (before[row] > 0 && after[row] > 0) {
			while (count > 0)
				found[waiting[--count]].next = row;
			previous = row;
		} else if (!found[row].met) {
			found[row] = (struct neighbours){ previous, -1, true };
			waiting[count++] = row;
		}
	}
	free(waiting);
	return found;
}

static void
pair(int64_t *replaced, uint32_t gone, uint32_t came)
{
	replaced[gone] = REPLACE_GONE;
	replaced[came] = gone;
}

/* Idle time and copies have names of their own and replace nothing. */
static bool
is_kernel(const struct row *row)
{
	return row->class == ROW_COMPUTE || row->class == ROW_COMMUNICATION;
}

/* What two rows must share: kind of work, place and, with `around`, neighbours. */
static void
set_key(struct text *key, const struct row *row, const struct neighbours *around)
{
	text_clear(key);
	text_add_format(key, "%d %d %s", (int)row->class, (int)row->place, row->type);
	if (around != NULL)
		text_add_format(key, " %lld %lld", (long long)around->previous,
		    (long long)around->next);
}

/* Rows of one side alone. */
struct lonely {
	const struct rows *rows;
	const double *here, *there;
	const struct neighbours *around; /* NULL: neighbours do not matter */
	const int64_t *replaced;
};

static bool
is_lonely(const struct lonely *lonely, uint32_t row)
{
	return lonely->here[row] > 0 && !(lonely->there[row] > 0) &&
	    is_kernel(&lonely->rows->rows[row]) && lonely->replaced[row] == REPLACE_NONE &&
	    (lonely->around == NULL || lonely->around[row].met);
}

/* Key -> row + 1 of the only row with it; 0 where several have it. */
static struct map
find_unique(const struct lonely *lonely)
{
	struct map map = { 0 };
	struct text key = { 0 };

	for (uint32_t row = 0; row < lonely->rows->count; row++) {
		void **found;
		size_t known = map.count;

		if (!is_lonely(lonely, row))
			continue;
		set_key(&key, &lonely->rows->rows[row],
		    lonely->around != NULL ? &lonely->around[row] : NULL);
		found = map_put(&map, key.bytes, key.length);
		*found = (void *)(uintptr_t)(map.count > known ? row + 1 : 0);
	}
	text_free(&key);
	return map;
}

/* Pairs the rows whose key only one row of each side has. */
static void
pair_unique(int64_t *replaced, const struct lonely *old, const struct lonely *new)
{
	struct map gone = find_unique(old), came = find_unique(new);

	for (size_t i = 0; i < gone.count; i++) {
		void *const *other = map_get(&came, gone.entries[i].key,
		    gone.entries[i].key_length);

		if (gone.entries[i].value != NULL && other != NULL && *other != NULL)
			pair(replaced, (uint32_t)((uintptr_t)gone.entries[i].value - 1),
			    (uint32_t)((uintptr_t)*other - 1));
	}
	map_free(&gone);
	map_free(&came);
}

int64_t *
replace_find(const struct side sides[2], const struct rows *rows, enum stage stage,
    const double *before, const double *after)
{
	int64_t *replaced = memory_alloc((rows->count + 1) * sizeof(*replaced));
	struct neighbours *old = find_neighbours(&sides[0], rows, stage, before, after);
	struct neighbours *new = find_neighbours(&sides[1], rows, stage, before, after);

	for (size_t i = 0; i < rows->count; i++)
		replaced[i] = REPLACE_NONE;
	pair_unique(replaced, &(struct lonely){ rows, before, after, old, replaced },
	    &(struct lonely){ rows, after, before, new, replaced });
	pair_unique(replaced, &(struct lonely){ rows, before, after, NULL, replaced },
	    &(struct lonely){ rows, after, before, NULL, replaced });
	free(old);
	free(new);
	return replaced;
}
