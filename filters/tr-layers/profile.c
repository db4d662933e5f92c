/* SPDX-License-Identifier: Apache-2.0 */
/* Condenses a trace to its kinds of layers and the typical sequence of kernels in each. */
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "base/memory.h"

/* A layer's kernels while the profile is made. */
struct layer_word {
	uint64_t hash;     /* of its classes in order */
	uint32_t kernels;  /* seen so far */
	uint32_t kind;
};

static uint32_t
kind_of(struct profile *profile, const struct layer *layer)
{
	const char *type = layer_type(layer);
	size_t i;

	for (i = 0; i < profile->kind_count; i++)
		if (strcmp(profile->kinds[i].type, type) == 0 &&
		    profile->kinds[i].stage == layer->stage)
			return (uint32_t)i;
	profile->kinds = memory_grow(profile->kinds, profile->kind_count,
	    &profile->kind_capacity, sizeof(*profile->kinds));
	profile->kinds[profile->kind_count] = (struct profile_kind){ .type = type,
		.stage = layer->stage };
	return (uint32_t)profile->kind_count++;
}

static void
add_layer(struct profile_kind *kind, const struct layer *layer)
{
	enum kernel_type type;

	kind->layers++;
	kind->dur += us_of(layer->at.end - layer->at.ts);
	kind->busy += us_of(layer->at.busy);
	kind->sum += us_of(layer->at.sum);
	kind->kernels += layer->at.kernels;
	for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
		kind->time[type] += us_of(layer->time[type]);
}

static void
average(struct profile *profile)
{
	size_t i;
	enum kernel_type type;

	for (i = 0; i < profile->kind_count; i++) {
		struct profile_kind *kind = &profile->kinds[i];

		kind->dur /= kind->layers;
		kind->busy /= kind->layers;
		kind->sum /= kind->layers;
		kind->kernels /= kind->layers;
		for (type = TYPE_ATTENTION; type < TYPE_COUNT; type++)
			kind->time[type] /= kind->layers;
	}
	for (i = 0; i < STAGE_COUNT; i++)
		if (profile->passes[i] > 0) {
			profile->pass_dur[i] /= profile->passes[i];
			profile->pass_busy[i] /= profile->passes[i];
		}
}

/* How many layers of a kind have one sequence of kernels. */
struct word_key {
	uint64_t kind, hash;
};

/* The hash of each kind's most frequent sequence; the first of two as frequent. */
static uint64_t *
typical_words(struct profile *profile, const struct trace *trace,
    const struct layer_word *words)
{
	uint64_t *typical = memory_alloc_zero(profile->kind_count, sizeof(*typical));
	struct map counts = { 0 };
	size_t i;

	for (i = 0; i < trace->layer_count; i++) {
		struct word_key key = { words[i].kind, words[i].hash };
		void **count = map_put(&counts, (const char *)&key, sizeof(key));

		*count = (void *)((uintptr_t)*count + 1);
	}
	for (i = 0; i < counts.count; i++) {
		struct word_key key;
		struct profile_kind *kind;

		memcpy(&key, counts.entries[i].key, sizeof(key));
		kind = &profile->kinds[key.kind];
		if ((uintptr_t)counts.entries[i].value > kind->typical) {
			kind->typical = (uint32_t)(uintptr_t)counts.entries[i].value;
			typical[key.kind] = key.hash;
		}
	}
	map_free(&counts);
	return typical;
}

/* Add up each place of the typical sequences. */
static void
fill_slots(struct profile *profile, const struct trace *trace, struct layer_word *words)
{
	uint64_t *typical = typical_words(profile, trace, words);
	size_t i, j;

	for (i = 0; i < trace->layer_count; i++) {
		struct profile_kind *kind = &profile->kinds[words[i].kind];

		if (words[i].hash == typical[words[i].kind] && kind->slots == NULL) {
			kind->slot_count = words[i].kernels;
			kind->slots = memory_alloc_zero(kind->slot_count, sizeof(*kind->slots));
		}
		words[i].kernels = 0;
	}
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		struct layer_word *word;
		struct slot *slot;

		if (kernel->layer == NONE)
			continue;
		word = &words[kernel->layer];
		if (word->hash != typical[word->kind])
			continue;
		slot = &profile->kinds[word->kind].slots[word->kernels++];
		slot->class = *trace_class(trace, kernel);
		slot->us += us_of(kernel->dur);
	}
	for (i = 0; i < profile->kind_count; i++)
		for (j = 0; j < profile->kinds[i].slot_count; j++)
			profile->kinds[i].slots[j].us /= profile->kinds[i].typical;
	free(typical);
}

void
profile_open(struct profile *profile, const struct trace *trace)
{
	struct layer_word *words = memory_alloc_zero(trace->layer_count, sizeof(*words));
	size_t i;

	*profile = (struct profile){ .file = trace->file };
	for (i = 0; i < trace->pass_count; i++) {
		const struct pass *pass = &trace->passes[i];

		profile->passes[pass->stage]++;
		profile->pass_dur[pass->stage] += us_of(pass->at.end - pass->at.ts);
		profile->pass_busy[pass->stage] += us_of(pass->at.busy);
	}
	for (i = 0; i < trace->layer_count; i++) {
		words[i].kind = kind_of(profile, &trace->layers[i]);
		add_layer(&profile->kinds[words[i].kind], &trace->layers[i]);
	}
	for (i = 0; i < trace->kernel_count; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_time[i]];

		if (kernel->layer == NONE)
			continue;
		words[kernel->layer].hash = (words[kernel->layer].hash ^ (kernel->class + 1)) *
		    UINT64_C(0x9e3779b97f4a7c15);
		words[kernel->layer].hash ^= words[kernel->layer].hash >> 29;
		words[kernel->layer].kernels++;
	}
	fill_slots(profile, trace, words);
	average(profile);
	free(words);
}

void
profile_close(struct profile *profile)
{
	size_t i;

	for (i = 0; i < profile->kind_count; i++)
		free(profile->kinds[i].slots);
	free(profile->kinds);
}
