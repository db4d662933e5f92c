/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the median of the times of launches without sorting them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "durations.h"

void
durations_add(struct durations *durations, double ns)
{
	durations->ns = memory_grow(durations->ns, durations->count, &durations->capacity,
	    sizeof(*durations->ns));
	durations->ns[durations->count++] = ns;
}

void
durations_add_all(struct durations *durations, const struct durations *more)
{
	if (durations->capacity - durations->count < more->count) {
		durations->capacity = 2 * (durations->count + more->count);
		durations->ns = memory_resize(durations->ns, durations->capacity,
		    sizeof(*durations->ns));
	}
	if (more->count > 0)
		memcpy(durations->ns + durations->count, more->ns, more->count * sizeof(*more->ns));
	durations->count += more->count;
}

/* Puts the time that sorting would put at `at` there, none longer before it and none shorter
 * after it (Hoare's selection as Wirth writes it). */
static void
select_at(double *ns, ptrdiff_t count, ptrdiff_t at)
{
	ptrdiff_t first = 0, last = count - 1;

	while (first < last) {
		ptrdiff_t low = first, high = last;
		double pivot = ns[at], kept;

		while (low <= high) {
			while (ns[low] < pivot)
				low++;
			while (ns[high] > pivot)
				high--;
			if (low > high)
				break;
			kept = ns[low];
			ns[low++] = ns[high];
			ns[high--] = kept;
		}
		if (high < at)
			first = low;
		if (at < low)
			last = high;
	}
}

double
durations_median(struct durations *durations)
{
	size_t middle = durations->count / 2;
	double below = 0;

	if (durations->count == 0)
		return NAN;
	select_at(durations->ns, (ptrdiff_t)durations->count, (ptrdiff_t)middle);
	if (durations->count % 2 == 1)
		return durations->ns[middle];
	for (size_t i = 0; i < middle; i++)
		below = fmax(below, durations->ns[i]);
	return (below + durations->ns[middle]) / 2;
}

void
durations_free(struct durations *durations)
{
	free(durations->ns);
	*durations = (struct durations){ 0 };
}
