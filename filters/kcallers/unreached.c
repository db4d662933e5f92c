/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the reason off the call graph: climbs from the functions that call the kernel as
 * far as calls go, and says where that ends. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "unreached.h"

enum { MOST_NAMED = 3 };

/* Functions, each once, in the order of the project. */
struct callers {
	const struct function **list;
	size_t count, capacity;
};

static void
add_caller(struct callers *callers, const struct function *function)
{
	for (size_t i = 0; i < callers->count; i++)
		if (callers->list[i] == function)
			return;
	callers->list = memory_grow(callers->list, callers->count, &callers->capacity,
	    sizeof(*callers->list));
	callers->list[callers->count++] = function;
}

static int
compare_functions(const void *left, const void *right)
{
	const struct function *a = *(const struct function *const *)left;
	const struct function *b = *(const struct function *const *)right;

	return a->id < b->id ? -1 : a->id > b->id;
}

static void
sort_callers(struct callers *callers)
{
	if (callers->count > 1)
		qsort(callers->list, callers->count, sizeof(*callers->list),
		    compare_functions);
}

/* Everything that was found out about one kernel. */
struct finding {
	const struct graph *graph;
	const struct kernels *kernels;
	uint32_t kernel;
	struct callers direct; /* call it, outside of tests */
	struct callers tests;
	struct callers devices; /* kernels that call it on the device */
	struct callers tops;   /* nothing calls them, and they lead to it */
	bool analysed;         /* some context of `direct` was */
	bool imported;         /* some file of `direct` is, by the model */
};

static void
find_direct(struct finding *finding, const struct sites *sites)
{
	const struct graph *graph = finding->graph;

	for (size_t i = 0; i < sites->count; i++) {
		const struct site *site = &sites->list[i];

		if (site->kernel != finding->kernel)
			continue;
		if (site->form == SITE_DEVICE && site->function->kernel != 0)
			add_caller(&finding->devices, site->function);
		else
			add_caller(site->function->module->test ? &finding->tests :
			    &finding->direct, site->function);
	}
	for (uint32_t at = graph->hits_first[finding->kernel];
	    at < graph->hits_first[finding->kernel + 1]; at++) {
		const struct call_edge *edge = &graph->flow->edges[graph->hits[at]];
		const struct function *function = graph->flow->contexts[edge->caller].function;

		if (function->kernel == 0)
			add_caller(&finding->direct, function);
	}
	for (size_t i = 0; i < finding->direct.count; i++)
		finding->imported |= finding->direct.list[i]->module->used;
}

/* Climb from all contexts that hit the kernel. */
static void
find_tops(struct finding *finding)
{
	const struct graph *graph = finding->graph;
	const struct flow *flow = graph->flow;
	bool *seen = memory_alloc_zero(flow->context_count + 1, sizeof(*seen));
	uint32_t *stack = memory_alloc((flow->context_count + 1) * sizeof(*stack));
	size_t depth = 0;

	for (uint32_t at = graph->hits_first[finding->kernel];
	    at < graph->hits_first[finding->kernel + 1]; at++) {
		uint32_t caller = flow->edges[graph->hits[at]].caller;

		finding->analysed = true;
		if (!seen[caller])
			stack[depth++] = caller;
		seen[caller] = true;
	}
	while (depth > 0) {
		uint32_t context = stack[--depth];
		bool called = false;

		for (uint32_t at = graph->into_first[context];
		    at < graph->into_first[context + 1]; at++) {
			uint32_t caller = flow->edges[graph->into[at]].caller;

			called |= caller != context;
			if (!seen[caller])
				stack[depth++] = caller;
			seen[caller] = true;
		}
		if (!called)
			add_caller(&finding->tops, flow->contexts[context].function);
	}
	free(seen);
	free(stack);
}

/* "layers/sampler.py:Sampler.forward, ... and 4 more" */
static void
name_callers(struct text *text, const struct callers *callers)
{
	for (size_t i = 0; i < callers->count && i < MOST_NAMED; i++)
		text_add_format(text, "%s%s:%s", i == 0 ? "" : ", ",
		    callers->list[i]->module->file, callers->list[i]->path);
	if (callers->count > MOST_NAMED)
		text_add_format(text, " and %zu more", callers->count - MOST_NAMED);
}

/* True when the direct callers are all that there is above the kernel. */
static bool
is_top(const struct finding *finding)
{
	for (size_t i = 0; i < finding->tops.count; i++) {
		bool direct = false;

		for (size_t at = 0; at < finding->direct.count && !direct; at++)
			direct = finding->direct.list[at] == finding->tops.list[i];
		if (!direct)
			return false;
	}
	return true;
}

/* Whether a model's forward reaches a call of the kernel, were it not for the conditions. */
static bool
is_excluded(const struct finding *finding)
{
	const struct graph *graph = finding->graph;

	for (uint32_t at = graph->hits_first[finding->kernel];
	    at < graph->hits_first[finding->kernel + 1]; at++)
		if (graph->flow->contexts[graph->flow->edges[graph->hits[at]].caller].reached)
			return true;
	return false;
}

static void
explain(const struct finding *finding, struct text *text)
{
	const struct kernel *kernel = &finding->kernels->list[finding->kernel];

	if (finding->direct.count > 0) {
		text_add_string(text, "called only from ");
		name_callers(text, &finding->direct);
		if (!finding->imported)
			text_add_string(text, ", in a file that the model does not import");
		else if (!finding->analysed)
			text_add_string(text, ", methods of classes of which no instance "
			    "is made");
		else if (is_excluded(finding))
			text_add_string(text, ", and on every chain of calls to it conditions "
			    "exclude each other");
		else if (is_top(finding))
			text_add_string(text, ", which nothing in view calls");
		else
			text_add_string(text, ", which no model forward reaches");
		if (finding->analysed && !is_top(finding) && !is_excluded(finding)) {
			text_add_string(text, "; calls to it begin in ");
			name_callers(text, &finding->tops);
		}
	} else if (finding->devices.count > 0) {
		text_add_string(text, "device function, called only inside the kernels ");
		name_callers(text, &finding->devices);
	} else if (finding->tests.count > 0) {
		text_add_string(text, "called only from tests or benchmarks: ");
		name_callers(text, &finding->tests);
	} else if (kernel->path != NULL) {
		text_add_string(text, "no call site: defined, but nothing calls it");
	} else {
		text_add_format(text, "no call site: named in %s:%u, but nothing calls it",
		    kernel->file, (unsigned)kernel->line);
	}
}

static void
emit_callers(struct emitter *emitter, const char *key, const struct callers *callers)
{
	json_key(emitter->writer, key);
	json_array_begin(emitter->writer);
	for (size_t i = 0; i < callers->count; i++) {
		json_object_begin(emitter->writer);
		json_member_string(emitter->writer, "file", callers->list[i]->module->file);
		json_member_integer(emitter->writer, "line", callers->list[i]->line);
		json_member_string(emitter->writer, "function", callers->list[i]->path);
		json_object_end(emitter->writer);
	}
	json_array_end(emitter->writer);
}

void
emit_unreached(struct emitter *emitter, const struct graph *graph, const struct sites *sites,
    uint32_t kernel)
{
	struct finding finding = { .graph = graph, .kernels = emitter->kernels,
		.kernel = kernel };
	struct text reason = {0};

	find_direct(&finding, sites);
	find_tops(&finding);
	sort_callers(&finding.direct);
	sort_callers(&finding.tests);
	sort_callers(&finding.devices);
	sort_callers(&finding.tops);
	explain(&finding, &reason);
	emit_kernel(emitter, "unreached", &emitter->kernels->list[kernel]);
	emit_implementation(emitter, &emitter->kernels->list[kernel]);
	json_member_string(emitter->writer, "role", finding.direct.count == 0 &&
	    finding.devices.count > 0 ? "device-function" : "kernel");
	json_member_string(emitter->writer, "reason", reason.bytes);
	emit_callers(emitter, "callers", &finding.direct);
	emit_callers(emitter, "tops", &finding.tops);
	json_object_end(emitter->writer);
	emitter->unreached++;
	text_free(&reason);
	free(finding.direct.list);
	free(finding.tests.list);
	free(finding.devices.list);
	free(finding.tops.list);
}
