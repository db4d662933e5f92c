/* SPDX-License-Identifier: Apache-2.0 */
/* Dynamic programming from both ends: a site fits when the best way up to it and the best way
 * from it on add up to the best way. */
#include <limits.h>
#include <stdlib.h>

#include "base/memory.h"
#include "order.h"

#define NEVER (LONG_MIN / 4)

static int
compare_sites(const void *left, const void *right)
{
	int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;

	return a < b ? -1 : a > b;
}

/* All sites that any kernel may come from, ascending. */
static size_t
all_sites(const struct order_kernel *kernels, size_t count, int32_t **sites)
{
	size_t all = 0, kept = 0, i, j;

	for (i = 0; i < count; i++)
		all += kernels[i].count;
	*sites = memory_alloc((all + 1) * sizeof(**sites));
	for (all = i = 0; i < count; i++)
		for (j = 0; j < kernels[i].count; j++)
			(*sites)[all++] = kernels[i].sites[j];
	if (all > 0)
		qsort(*sites, all, sizeof(**sites), compare_sites);
	for (i = 0; i < all; i++)
		if (i == 0 || (*sites)[i] != (*sites)[i - 1])
			(*sites)[kept++] = (*sites)[i];
	return kept;
}

/* Best scores by kernel and by the last site that was used, 1 + its index; 0 for none yet. */
struct table {
	const int32_t *sites;
	size_t site_count;
	long *before; /* [i][j]: kernels up to i placed, j the last site used */
	long *behind; /* [i][j]: kernels from i on still to place */
};

static long *
at(const struct table *table, long *scores, size_t kernel, size_t last)
{
	return &scores[kernel * (table->site_count + 1) + last];
}

static size_t
index_of(const struct table *table, int32_t site)
{
	const int32_t *found = bsearch(&site, table->sites, table->site_count, sizeof(site),
	    compare_sites);

	return (size_t)(found - table->sites) + 1;
}

static long
gain(const struct order_kernel *kernel, size_t last, size_t site)
{
	return kernel->worth + (site > last ? kernel->new_site : 0);
}

static void
raise_to(long *score, long value)
{
	if (value > *score)
		*score = value;
}

static void
fill_before(const struct table *table, const struct order_kernel *kernels, size_t count)
{
	size_t i, j, last;

	for (i = 0; i <= count; i++)
		for (last = 0; last <= table->site_count; last++)
			*at(table, table->before, i, last) = i == 0 && last == 0 ? 0 : NEVER;
	for (i = 0; i < count; i++)
		for (last = 0; last <= table->site_count; last++) {
			long score = *at(table, table->before, i, last);

			if (score == NEVER)
				continue;
			raise_to(at(table, table->before, i + 1, last), score);
			for (j = 0; j < kernels[i].count; j++) {
				size_t site = index_of(table, kernels[i].sites[j]);

				if (site >= last)
					raise_to(at(table, table->before, i + 1, site),
					    score + gain(&kernels[i], last, site));
			}
		}
}

static void
fill_behind(const struct table *table, const struct order_kernel *kernels, size_t count)
{
	size_t i, j, last;

	for (last = 0; last <= table->site_count; last++)
		*at(table, table->behind, count, last) = 0;
	for (i = count; i-- > 0;)
		for (last = 0; last <= table->site_count; last++) {
			long *score = at(table, table->behind, i, last);

			*score = *at(table, table->behind, i + 1, last);
			for (j = 0; j < kernels[i].count; j++) {
				size_t site = index_of(table, kernels[i].sites[j]);

				if (site >= last)
					raise_to(score, gain(&kernels[i], last, site) +
					    *at(table, table->behind, i + 1, site));
			}
		}
}

static void
tell_fits(const struct table *table, struct order_kernel *kernels, size_t count, long best)
{
	size_t i, j, last;

	for (i = 0; i < count; i++)
		for (j = 0; j < kernels[i].count; j++) {
			size_t site = index_of(table, kernels[i].sites[j]);

			kernels[i].fits[j] = false;
			for (last = 0; last <= site; last++)
				if (*at(table, table->before, i, last) != NEVER &&
				    *at(table, table->before, i, last) +
				    gain(&kernels[i], last, site) +
				    *at(table, table->behind, i + 1, site) == best)
					kernels[i].fits[j] = true;
		}
}

long
order_find(struct order_kernel *kernels, size_t count)
{
	struct table table = { 0 };
	int32_t *sites;
	long best;
	size_t cells, i, j;

	if (count > ORDER_LONGEST) {
		for (i = 0; i < count; i++)
			for (j = 0; j < kernels[i].count; j++)
				kernels[i].fits[j] = true;
		return 0;
	}
	table.site_count = all_sites(kernels, count, &sites);
	table.sites = sites;
	cells = (count + 1) * (table.site_count + 1);
	table.before = memory_alloc(cells * sizeof(*table.before));
	table.behind = memory_alloc(cells * sizeof(*table.behind));
	fill_before(&table, kernels, count);
	fill_behind(&table, kernels, count);
	best = *at(&table, table.behind, 0, 0);
	tell_fits(&table, kernels, count, best);
	free(table.before);
	free(table.behind);
	free(sites);
	return best;
}
