/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out which ranges contain others from the times of the kernels in them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "nvtx_ranges.h"

/* One range of one thread. */
struct nvtx_range {
	const char *name;
	struct map kernels; /* name -> struct observation */
	double total_ns;
	double rest_ns;     /* of it, in no range that stands directly in it */
	struct nvtx_range *outer; /* the smallest that it stands in; NULL for none */
};

static double
either(double a, double b, double (*pick)(double, double))
{
	return isnan(a) || isnan(b) ? NAN : pick(a, b);
}

void
nvtx_ranges_add(struct nvtx_ranges *ranges, const struct kernel_row *row)
{
	struct text key = { 0 };
	struct nvtx_range *range;
	struct observation *seen;
	void **place;

	text_add(&key, row->thread_length > 0 ? row->thread : "", row->thread_length);
	text_add_char(&key, '\n');
	text_add(&key, row->range, row->range_length);
	place = map_put(&ranges->ranges, key.bytes, key.length);
	text_free(&key);
	if (*place == NULL) {
		range = *place = arena_alloc_zero(&ranges->arena, sizeof(*range));
		range->name = arena_copy(&ranges->arena, row->range, row->range_length);
	}
	range = *place;
	range->total_ns += row->seen.total_ns;
	place = map_put(&range->kernels, row->name, row->name_length);
	if (*place == NULL) {
		seen = *place = arena_alloc_zero(&ranges->arena, sizeof(*seen));
		*seen = row->seen;
		return;
	}
	seen = *place;
	seen->total_ns += row->seen.total_ns;
	seen->instances += row->seen.instances;
	seen->min_ns = either(seen->min_ns, row->seen.min_ns, fmin);
	seen->max_ns = either(seen->max_ns, row->seen.max_ns, fmax);
	seen->median_ns = NAN;
}

/* Whether all launches of `inner` can be among those of `outer`. */
static bool
can_contain(const struct nvtx_range *outer, const struct nvtx_range *inner)
{
	for (size_t i = 0; i < inner->kernels.count; i++) {
		const struct map_entry *entry = &inner->kernels.entries[i];
		const struct observation *in = entry->value, *out;
		void **place = map_get(&outer->kernels, entry->key, entry->key_length);

		if (place == NULL)
			return false;
		out = *place;
		if (in->instances > out->instances || in->total_ns > out->total_ns ||
		    in->min_ns < out->min_ns || in->max_ns > out->max_ns)
			return false;
	}
	return true;
}

static int
compare_ranges(const void *left, const void *right)
{
	const struct nvtx_range *a = *(struct nvtx_range *const *)left;
	const struct nvtx_range *b = *(struct nvtx_range *const *)right;

	if (a->total_ns != b->total_ns)
		return a->total_ns > b->total_ns ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void
add_range(struct catalogue *catalogue, struct source *source, const struct nvtx_range *range)
{
	for (size_t i = 0; i < range->kernels.count; i++) {
		const struct map_entry *entry = &range->kernels.entries[i];

		catalogue_add(catalogue, source, entry->key, entry->key_length, entry->value);
	}
}

/* The smallest range that has room for this one beside those that it contains already. */
static void
find_outer(struct nvtx_range **sorted, size_t at)
{
	struct nvtx_range *range = sorted[at];

	range->rest_ns = range->total_ns;
	for (size_t k = at; k-- > 0 && range->outer == NULL;)
		if (sorted[k]->rest_ns >= range->total_ns && can_contain(sorted[k], range)) {
			range->outer = sorted[k];
			sorted[k]->rest_ns -= range->total_ns;
		}
}

void
nvtx_ranges_finish(struct nvtx_ranges *ranges, struct catalogue *catalogue,
    struct source *source)
{
	size_t count = ranges->ranges.count, inner = 0;
	struct nvtx_range **sorted = memory_alloc_zero(count + 1, sizeof(struct nvtx_range *));
	struct source *stage;
	double guessed_ns = 0;

	for (size_t i = 0; i < count; i++)
		sorted[i] = ranges->ranges.entries[i].value;
	qsort(sorted, count, sizeof(struct nvtx_range *), compare_ranges);
	for (size_t i = 0; i < count; i++) {
		find_outer(sorted, i);
		inner += sorted[i]->outer != NULL;
		if (sorted[i]->outer == NULL)
			add_range(catalogue, source, sorted[i]);
		stage = catalogue_add_source(catalogue, sorted[i]->name, source->file, false);
		stage->within = true;
		add_range(catalogue, stage, sorted[i]);
	}
	/* Ranges that fill another to the nanosecond stand in it: that is no chance. */
	for (size_t i = 0; i < count; i++)
		if (sorted[i]->outer != NULL && sorted[i]->outer->rest_ns > 0)
			guessed_ns += sorted[i]->total_ns;
	if (guessed_ns > 0)
		catalogue_remark(catalogue, "%s: %zu of %zu NVTX ranges are taken to stand in "
		    "others and are stages only; if they do not, %.0f ns are missing from the "
		    "totals", source->file, inner, count, guessed_ns);
	for (size_t i = 0; i < count; i++)
		map_free(&sorted[i]->kernels);
	free(sorted);
	map_free(&ranges->ranges);
	arena_free(&ranges->arena);
}
