/* SPDX-License-Identifier: Apache-2.0 */
/* Layers from nn.Module calls: the class of module that repeats below one parent and holds
 * the attention. No class is known by name, except those that only contain others. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "evidence.h"
#include "base/memory.h"

/* A key of maps: no padding is left undefined. */
struct named_call {
	const char *name; /* interned */
	int64_t call;
};

static struct named_call
named_call(int32_t call, const char *name)
{
	return (struct named_call){ name, call };
}

/* What is known of the calls. */
struct weights {
	const struct origin *origin;
	const struct trace *calls;
	int64_t *time;     /* by call: time of its kernels, ns */
	bool *attention;   /* by call: it has kernels that mix tokens */
	int32_t *layer_of; /* by call: itself or the call around it that is a layer; NONE */
};

/* Calls of one class below one parent. */
struct siblings {
	const char *class;
	int32_t parent;
	uint32_t count, inner; /* inner: those with calls of their own */
	int64_t time;
	uint32_t attention;
	bool distinct; /* not one object called again and again */
	bool chosen;
	const char *first_name;
};

struct family {
	struct siblings *groups;
	size_t count, capacity;
	int32_t *group_of; /* by call */
};

/* Only there to hold others; torch.fx cuts GraphModules where it likes. */
static bool
is_container(const char *class)
{
	return strcmp(class, "Sequential") == 0 || strcmp(class, "ModuleList") == 0 ||
	    strcmp(class, "GraphModule") == 0 || strcmp(class, "OptimizedModule") == 0;
}

/* "WhisperSdpaAttention", "LlamaFlashAttention2": a part of a layer, even where a layer has
 * several of them. */
static bool
is_attention_class(const char *class)
{
	size_t length = strlen(class);

	while (length > 0 && isdigit((unsigned char)class[length - 1]))
		length--;
	return (length >= 9 && strncasecmp(class + length - 9, "attention", 9) == 0) ||
	    (length >= 4 && strncasecmp(class + length - 4, "attn", 4) == 0);
}

static int32_t
parent_of(const struct weights *weights, int32_t call)
{
	do {
		call = weights->calls->modules[call].parent;
	} while (call != NONE && is_container(weights->calls->modules[call].class));
	return call;
}

/* Time and attention of each call, its callees included. */
static void
weigh_calls(struct weights *weights)
{
	const struct trace *trace = weights->origin->trace;
	size_t i;
	int32_t call;

	for (i = 0; i < trace->kernel_count; i++)
		for (call = weights->origin->leaf[i]; call != NONE;
		     call = weights->calls->modules[call].parent) {
			weights->time[call] += trace->kernels[i].dur;
			if (trace->classes[trace->kernels[i].class].roles &
			    (ROLE_ATTENTION | ROLE_GDN))
				weights->attention[call] = true;
		}
}

/* The group of calls with this parent and class, by a scan of the parent's groups. */
static int32_t
group_of(struct family *family, struct map *index, const struct weights *weights, int32_t call)
{
	const struct module *module = &weights->calls->modules[call];
	struct named_call key = named_call(parent_of(weights, call), module->class);
	struct siblings *group;
	void **place;

	place = map_put(index, (const char *)&key, sizeof(key));
	if (*place == NULL) {
		family->groups = memory_grow(family->groups, family->count, &family->capacity,
		    sizeof(*family->groups));
		family->groups[family->count] = (struct siblings){ .class = module->class,
			.parent = (int32_t)key.call, .first_name = module->name };
		*place = (void *)(uintptr_t)++family->count;
	}
	group = &family->groups[(uintptr_t)*place - 1];
	group->count++;
	group->inner += module->children > 0;
	group->time += weights->time[call];
	group->attention += weights->attention[call];
	group->distinct = group->distinct || module->name != group->first_name;
	return (int32_t)((uintptr_t)*place - 1);
}

static void
find_siblings(struct family *family, const struct weights *weights)
{
	struct map index = { 0 };
	size_t i;

	family->group_of = memory_alloc(weights->calls->module_count * sizeof(*family->group_of));
	for (i = 0; i < weights->calls->module_count; i++)
		family->group_of[i] = weights->time[i] > 0 &&
		    !is_container(weights->calls->modules[i].class)
		    ? group_of(family, &index, weights, (int32_t)i) : NONE;
	map_free(&index);
}

/* A layer has parts of its own, and siblings like it. At the top, calls of one and the same
 * object are passes, not layers. */
static bool
may_be_layers(const struct siblings *group)
{
	return group->count >= 2 && group->inner * 2 > group->count &&
	    (group->parent != NONE || group->distinct) && !is_attention_class(group->class);
}

/* Siblings of layers that mix tokens by other means, or are the only of their class, are
 * layers too when they are of comparable weight. */
static void
choose_siblings(struct family *family, const struct weights *weights)
{
	int32_t *layers_below = memory_alloc(weights->calls->module_count * sizeof(*layers_below));
	size_t i;

	for (i = 0; i < weights->calls->module_count; i++)
		layers_below[i] = NONE;
	for (i = 0; i < family->count; i++)
		if (family->groups[i].chosen && family->groups[i].parent != NONE)
			layers_below[family->groups[i].parent] = (int32_t)i;
	for (i = 0; i < family->count; i++) {
		struct siblings *group = &family->groups[i];
		const struct siblings *layers;

		if (group->chosen || group->parent == NONE || layers_below[group->parent] == NONE)
			continue;
		layers = &family->groups[layers_below[group->parent]];
		group->chosen = group->inner == group->count &&
		    (double)group->time * layers->count * 5 >=
		        (double)layers->time * group->count;
	}
	free(layers_below);
}

/* Choose from the inside out: of nested groups the innermost whose members each hold
 * attention is the layers' (what stands around it is a stage, an encoder, a step). */
static void
choose_layers(struct family *family, const struct weights *weights)
{
	bool any = false;
	size_t i;

	for (i = 0; i < family->count; i++) {
		struct siblings *group = &family->groups[i];

		group->chosen = may_be_layers(group) && group->attention * 2 > group->count;
		any = any || group->chosen;
	}
	if (!any)
		for (i = 0; i < family->count; i++)
			family->groups[i].chosen = may_be_layers(&family->groups[i]);
	/* Around a chosen group nothing is a layer when attention decides; inside one nothing
	 * is when it does not. */
	for (i = 0; i < family->count; i++) {
		int32_t call;

		if (!family->groups[i].chosen)
			continue;
		for (call = family->groups[i].parent; call != NONE;
		     call = weights->calls->modules[call].parent) {
			int32_t around = family->group_of[call];

			if (around == NONE || !family->groups[around].chosen)
				continue;
			if (any)
				family->groups[around].chosen = false;
			else
				family->groups[i].chosen = false;
		}
	}
	if (any)
		choose_siblings(family, weights);
}

/* Layers of one pass share their outermost call; a parent called again begins another. */
struct pass_key {
	int32_t root;
	int32_t replay;
	uint32_t device;
};

static int32_t
root_of(const struct trace *calls, int32_t call)
{
	while (calls->modules[call].parent != NONE)
		call = calls->modules[call].parent;
	return call;
}

/* How often a root runs parents of one name, by root and name. */
static void
count_parents(struct map *counts, const struct weights *weights, const struct family *family)
{
	const struct module *modules = weights->calls->modules;
	bool *counted = memory_alloc_zero(weights->calls->module_count, sizeof(*counted));
	size_t i;

	for (i = 0; i < family->count; i++) {
		int32_t parent = family->groups[i].parent;
		struct named_call key;
		void **count;

		if (!family->groups[i].chosen || parent == NONE || counted[parent])
			continue;
		counted[parent] = true;
		key = named_call(root_of(weights->calls, parent), modules[parent].name);
		count = map_put(counts, (const char *)&key, sizeof(key));
		*count = (void *)((uintptr_t)*count + 1);
	}
	free(counted);
}

/* The call that marks a pass: the outermost one, or the parent of the layers where the
 * outermost call runs the same parent more than once. */
static int32_t
pass_call(const struct weights *weights, const struct map *counts, int32_t layer)
{
	int32_t parent = parent_of(weights, layer), root = root_of(weights->calls, layer);
	struct named_call key;
	void **count;

	if (parent == NONE || parent == root)
		return parent;
	key = named_call(root, weights->calls->modules[parent].name);
	count = map_get(counts, (const char *)&key, sizeof(key));
	return count != NULL && (uintptr_t)*count > 1 ? parent : root;
}

static size_t
add_layers(struct weights *weights, const struct family *family)
{
	struct trace *trace = weights->origin->trace;
	struct map layers = { 0 }, passes = { 0 }, parents = { 0 };
	size_t before = trace->layer_count, i;

	count_parents(&parents, weights, family);
	for (i = 0; i < trace->kernel_count; i++) {
		struct kernel *kernel = &trace->kernels[trace->by_time[i]];
		int32_t leaf = weights->origin->leaf[trace->by_time[i]], call;
		struct pass_key key = { 0 };
		void **place;

		if (leaf == NONE || kernel->layer != NONE || weights->layer_of[leaf] == NONE)
			continue;
		call = weights->layer_of[leaf];
		key.root = call;
		key.device = trace_device(trace, kernel);
		if (weights->origin->replay != NULL)
			key.replay = weights->origin->replay[trace->by_time[i]];
		place = map_put(&layers, (const char *)&key, sizeof(key));
		if (*place == NULL) {
			int32_t layer = trace_add_layer(trace, METHOD_MODULES);
			void **pass;

			*place = (void *)((intptr_t)layer + 1);
			key.root = pass_call(weights, &parents, call);
			pass = map_put(&passes, (const char *)&key, sizeof(key));
			if (*pass == NULL)
				*pass = (void *)(1 +
				    (intptr_t)trace_add_pass(trace, METHOD_MODULES,
				    key.device));
			trace->layers[layer].pass = (int32_t)((intptr_t)*pass - 1);
			trace->layers[layer].module = weights->calls->modules[call].name;
		}
		kernel->layer = (int32_t)((intptr_t)*place - 1);
		kernel->pass = trace->layers[kernel->layer].pass;
		kernel->place = PLACE_LAYER;
	}
	map_free(&layers);
	map_free(&passes);
	map_free(&parents);
	return trace->layer_count - before;
}

size_t
layers_from_calls(const struct origin *origin)
{
	size_t calls = origin->calls->module_count, found, i;
	struct weights weights = { .origin = origin, .calls = origin->calls,
		.time = memory_alloc_zero(calls, sizeof(*weights.time)),
		.attention = memory_alloc_zero(calls, sizeof(*weights.attention)),
		.layer_of = memory_alloc(calls * sizeof(*weights.layer_of)) };
	struct family family = { 0 };

	weigh_calls(&weights);
	find_siblings(&family, &weights);
	choose_layers(&family, &weights);
	for (i = 0; i < calls; i++) {
		int32_t group = family.group_of[i], parent = origin->calls->modules[i].parent;

		/* Parents come before the calls they make. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a number means a group */
		weights.layer_of[i] = group != NONE && family.groups[group].chosen
		    ? (int32_t)i : parent != NONE ? weights.layer_of[parent] : NONE;
	}
	found = add_layers(&weights, &family);
	free(family.groups);
	free(family.group_of);
	free(weights.time);
	free(weights.attention);
	free(weights.layer_of);
	return found;
}

static bool
is_launched(const struct trace *trace, const struct kernel *kernel)
{
	return kernel->layer != NONE || trace_launch(trace, kernel) != NULL;
}

/* Where, on a stream, the kernels end that were launched before the trace: before the first
 * launched one, or after some that stand there by displaced times. */
static size_t
tail_end(const struct trace *trace, size_t begin, size_t end)
{
	size_t launched = 0, first = end, best = begin, i;
	int64_t score = 0, highest = 0;

	for (i = begin; i < end; i++) {
		const struct kernel *kernel = &trace->kernels[trace->by_stream[i]];

		if (is_launched(trace, kernel)) {
			first = i < first ? i : first;
			launched++;
			score--;
		} else if (kernel->correlation != NO_CORRELATION && launched * 20 <= i - begin &&
		    ++score > highest) {
			highest = score;
			best = i + 1;
		}
	}
	return best > first ? best : first;
}

/* Kernels at the beginning that nothing in this trace launched belong to an earlier step. */
static void
mark_tail(struct trace *trace)
{
	size_t i, stream;

	for (stream = 0; stream < trace->stream_count; stream++) {
		size_t begin = trace->stream_begin[stream];
		size_t end = tail_end(trace, begin, trace->stream_begin[stream + 1]);

		for (i = begin; i < end; i++) {
			struct kernel *kernel = &trace->kernels[trace->by_stream[i]];

			if (!is_launched(trace, kernel) && kernel->correlation != NO_CORRELATION)
				kernel->place = PLACE_TAIL;
		}
	}
	trace->tail_layers = periodic_count_tail(trace);
}

size_t
modules_find(struct trace *trace)
{
	struct origin origin = { .trace = trace, .calls = trace };
	size_t found, i;

	if (trace->module_count == 0 || trace->launches.count == 0)
		return 0;
	origin.leaf = memory_alloc(trace->kernel_count * sizeof(*origin.leaf));
	for (i = 0; i < trace->kernel_count; i++) {
		const struct launch *launch = trace_launch(trace, &trace->kernels[i]);

		origin.leaf[i] = launch != NULL && !launch->graph
		    ? trace_module_at(trace, launch->thread, launch->ts) : NONE;
	}
	found = layers_from_calls(&origin);
	free(origin.leaf);
	if (found > 0)
		mark_tail(trace);
	return found;
}
