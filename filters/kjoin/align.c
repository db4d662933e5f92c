/* SPDX-License-Identifier: Apache-2.0 */
/* Dynamic programming from both ends, as in order.c. The state is the last launch that was used,
 * 0 for none yet: what the kernels so far, or those still to come, score at best with it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "base/memory.h"

/* A launch without a kernel costs a little: torch launches nothing for a copy onto itself. That a
 * launch has a further kernel must not cost less than a fit by type is worth, or kernels of one
 * kind would gather at one launch where the plan has one for each. */
enum { NEVER = INT_MIN / 4, SKIP = 6, FURTHER = 20 };

static int
fit(const struct alignment *alignment, size_t kernel, size_t launch)
{
	if (alignment->apart[kernel] && alignment->in_layers[launch - 1])
		return 0;
	return alignment->fits[alignment->class_of[kernel] * alignment->kinds +
	    alignment->kind_of[launch - 1]];
}

static int
larger(int a, int b)
{
	return a > b ? a : b;
}

/* row: what kernels before this one score by the last launch used; next: with it. */
static void
step_forward(const struct alignment *alignment, size_t kernel, const int *row, int *next)
{
	int before = NEVER; /* best with any launch before, those between skipped */

	for (size_t last = 0; last <= alignment->launches; last++) {
		int worth = last > 0 ? fit(alignment, kernel, last) : 0;

		next[last] = row[last];
		if (last > 0)
			before = larger(before - SKIP, row[last - 1]);
		if (worth > 0)
			next[last] = larger(next[last],
			    worth + larger(before, row[last] - FURTHER));
	}
}

/* row: what kernels after this one score by the last launch used before them; next: with it. */
static void
step_back(const struct alignment *alignment, size_t kernel, const int *row, int *next)
{
	int beyond = NEVER; /* best at any launch beyond, those between skipped */

	for (size_t last = alignment->launches + 1; last-- > 0;) {
		int worth = last > 0 ? fit(alignment, kernel, last) : 0;

		next[last] = larger(row[last], beyond);
		if (worth > 0)
			next[last] = larger(next[last], row[last] + worth - FURTHER);
		beyond = larger(beyond - SKIP, worth > 0 ? row[last] + worth : NEVER);
	}
}

/* The best launch of the kernel and how far the next best spot is from it. `before` and `behind`
 * are the rows around it. */
static struct aligned
judge(const struct alignment *alignment, size_t kernel, const int *before, const int *behind,
    int *scores)
{
	struct aligned best = { .launch = -1 };
	int skipped = NEVER, highest = NEVER, other = NEVER;

	for (size_t last = 0; last <= alignment->launches; last++) {
		int worth = last > 0 ? fit(alignment, kernel, last) : 0;

		if (last > 0)
			skipped = larger(skipped - SKIP, before[last - 1]);
		other = larger(other, before[last] + behind[last]);
		scores[last] = worth > 0 ? worth + larger(skipped, before[last] - FURTHER) +
		    behind[last] : NEVER;
		if (scores[last] > highest) {
			highest = scores[last];
			best.launch = (int32_t)last - 1;
		}
	}
	if (best.launch >= 0 && highest < other)
		return (struct aligned){ .launch = -1, .margin = other - highest };
	for (size_t last = 1; best.launch >= 0 && last <= alignment->launches; last++)
		if (alignment->spot_of[last - 1] != alignment->spot_of[best.launch])
			other = larger(other, scores[last]);
	best.margin = best.launch >= 0 ? highest - other : 0;
	return best;
}

int
align_find(const struct alignment *alignment, struct aligned *out)
{
	size_t columns = alignment->launches + 1, count = alignment->kernels, i;
	int *before = memory_alloc((count + 1) * columns * sizeof(*before));
	int *behind = memory_alloc(columns * sizeof(*behind));
	int *next = memory_alloc(columns * sizeof(*next));
	int *scores = memory_alloc(columns * sizeof(*scores)), *swap, best;

	for (i = 0; i < columns; i++) {
		before[i] = i == 0 ? 0 : NEVER;
		behind[i] = -SKIP * (int)(alignment->launches - i);
	}
	for (i = 0; i < count; i++)
		step_forward(alignment, i, &before[i * columns], &before[(i + 1) * columns]);
	for (i = count; i-- > 0;) {
		out[i] = judge(alignment, i, &before[i * columns], behind, scores);
		step_back(alignment, i, behind, next);
		swap = behind;
		behind = next;
		next = swap;
	}
	best = behind[0];
	free(before);
	free(behind);
	free(next);
	free(scores);
	return best;
}
