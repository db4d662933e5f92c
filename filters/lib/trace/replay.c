/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the kernels of graph launches against the launches of the capture, one by one. */
#include <stdlib.h>

#include "trace/replay.h"

static int
compare_correlations(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

static int
compare_calls(const void *left, const void *right)
{
	const struct replay_call *a = left, *b = right;

	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return a->correlation < b->correlation ? -1 : a->correlation > b->correlation;
}

static int
compare_kernels(const void *left, const void *right)
{
	const struct replay_kernel *a = left, *b = right;
	int order = compare_calls(&a->launch, &b->launch);

	if (order != 0)
		return order;
	return a->ts != b->ts ? (a->ts < b->ts ? -1 : 1) : a->id < b->id ? -1 : a->id > b->id;
}

size_t
replay_captured(struct replay_call *launches, size_t count, int64_t *ran, size_t ran_count)
{
	size_t kept = 0, i;

	if (ran_count > 0)
		qsort(ran, ran_count, sizeof(*ran), compare_correlations);
	for (i = 0; i < count; i++)
		if (ran_count == 0 || bsearch(&launches[i].correlation, ran, ran_count,
		    sizeof(*ran), compare_correlations) == NULL)
			launches[kept++] = launches[i];
	if (kept > 0)
		qsort(launches, kept, sizeof(*launches), compare_calls);
	return kept;
}

/* Kernels of the graph launch that begins at `begin`. */
static size_t
launch_size(const struct replay_kernel *kernels, size_t count, size_t begin)
{
	size_t end = begin;

	while (end < count &&
	    compare_calls(&kernels[end].launch, &kernels[begin].launch) == 0)
		end++;
	return end - begin;
}

/* Kernels of the graph launches from `begin` on that make one replay; 0 when none do. */
static size_t
replay_size(const struct replay_kernel *kernels, size_t count, size_t begin, size_t captured)
{
	size_t size = 0;

	while (begin + size < count && size < captured)
		size += launch_size(kernels, count, begin + size);
	return size == captured ? size : 0;
}

void
replay_match(struct replay_kernel *kernels, size_t count, size_t captured)
{
	size_t begin, i;
	int32_t replay = 0;

	for (i = 0; i < count; i++)
		kernels[i].node = kernels[i].replay = -1;
	if (count == 0 || captured == 0)
		return;
	qsort(kernels, count, sizeof(*kernels), compare_kernels);
	for (begin = 0; begin < count;) {
		size_t size = replay_size(kernels, count, begin, captured);

		for (i = 0; i < size; i++) {
			kernels[begin + i].node = (int32_t)i;
			kernels[begin + i].replay = replay;
		}
		replay += size > 0;
		begin += size > 0 ? size : launch_size(kernels, count, begin);
	}
}
