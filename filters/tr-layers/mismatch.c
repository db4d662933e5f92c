/* SPDX-License-Identifier: Apache-2.0 */
/* Some profilers displace the names of replayed kernels by a few places while the times go on
 * in order. Then kernels of one place in equal layers do not take nearly the same time, as
 * they do where names and times belong together, and no figure by name is to be believed. */
#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "evidence.h"
#include "spread.h"

enum { LEAST_LAYERS = 8, MOST_FACTOR = 3, SHARE_PERCENT = 30 };

/* A layer as a sequence of classes. */
struct word {
	uint64_t hash;
	uint32_t kernels;
	int64_t correlation; /* of its first kernel */
	bool replayed;       /* all have it */
};

static struct word *
find_words(const struct trace *trace)
{
	struct word *words = memory_alloc_zero(trace->layer_count, sizeof(*words));
	size_t i;

	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_stream[i]];
		struct word *word;

		if (kernel->layer == NONE)
			continue;
		word = &words[kernel->layer];
		if (word->kernels++ == 0) {
			word->correlation = kernel->correlation;
			word->replayed = kernel->correlation != NO_CORRELATION;
		}
		word->replayed = word->replayed && kernel->correlation == word->correlation;
		word->hash = (word->hash ^ (kernel->class + 1)) * UINT64_C(0x9e3779b97f4a7c15);
		word->hash ^= word->hash >> 29;
	}
	return words;
}

/* The most frequent of the replayed layers; NULL when it comes less than eight times. */
static const struct word *
usual_word(const struct trace *trace, const struct word *words, size_t *count)
{
	const struct word *usual = NULL;
	struct map counts = { 0 };
	size_t i;

	*count = 0;
	for (i = 0; i < trace->layer_count; i++) {
		void **place;

		if (!words[i].replayed)
			continue;
		place = map_put(&counts, (const char *)&words[i].hash, sizeof(words[i].hash));
		*place = (void *)((uintptr_t)*place + 1);
		if ((uintptr_t)*place > *count) {
			*count = (uintptr_t)*place;
			usual = &words[i];
		}
	}
	map_free(&counts);
	return *count >= LEAST_LAYERS ? usual : NULL;
}

static int
compare_ns(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

/* Whether places that hold enough of the time spread too far. */
static bool
spreads_far(int64_t *durations, size_t places, size_t layers)
{
	double all = 0, far = 0;
	size_t i, j;

	for (i = 0; i < places; i++) {
		int64_t *place = durations + i * layers;
		double sum = 0;

		for (j = 0; j < layers; j++)
			sum += (double)place[j];
		qsort(place, layers, sizeof(*place), compare_ns);
		all += sum;
		if (place[layers * 9 / 10] > MOST_FACTOR * place[layers / 10])
			far += sum;
	}
	return all > 0 && far * 100 >= all * SHARE_PERCENT;
}

void
mismatch_find(struct trace *trace)
{
	struct word *words = find_words(trace);
	size_t layers, next = 0, i;
	const struct word *usual = usual_word(trace, words, &layers);
	uint32_t *column, *place;
	int64_t *durations;

	if (usual == NULL) {
		free(words);
		return;
	}
	column = memory_alloc(trace->layer_count * sizeof(*column));
	place = memory_alloc_zero(trace->layer_count, sizeof(*place));
	durations = memory_alloc_zero((size_t)usual->kernels * layers, sizeof(*durations));
	for (i = 0; i < trace->layer_count; i++)
		column[i] = words[i].replayed && words[i].hash == usual->hash &&
		    words[i].kernels == usual->kernels && next < layers
		    ? (uint32_t)next++ : UINT32_MAX;
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_stream[i]];

		if (kernel->layer == NONE || column[kernel->layer] == UINT32_MAX)
			continue;
		durations[place[kernel->layer]++ * layers + column[kernel->layer]] = kernel->dur;
	}
	trace->mismatched = spreads_far(durations, usual->kernels, layers);
	free(durations);
	free(column);
	free(place);
	free(words);
}
