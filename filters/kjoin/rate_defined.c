/* SPDX-License-Identifier: Apache-2.0 */
/* An op's limit is compared with its kernel's time only where one kernel of the step and layer
 * can be what computes it: the parts of a split product would each seem to do all of it. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "limits/defined.h"
#include "rate_defined.h"

/* Above this the sizes, the step or the device are not what was taken; clocks are within it. */
static const double most_share = 1.05;

struct definer {
	struct trace *trace;
	const struct places *places;
	const struct chains *chains;
	const struct definitions *definitions;
	struct defined_table table;
	struct peaks peaks;
	struct map found; /* "place class stage" to a definition, or to this struct for none */
	struct map once;  /* "pass layer step definition" to the number of kernels */
};

/* One piece of work that a row of the table speaks of. */
struct rated {
	size_t work;
	const struct definition *definition;
	struct defined_limit limit;
};

/* What the peaks of kroof's record say, where it was at work: they may be measured ones. */
static void
take_judged(struct peaks *peaks, const struct json *judged)
{
	const struct json *tflops = json_get(judged, "tflops"), *measured;
	const char *how = json_string(json_get(judged, "gbps_how"));

	json_number(json_get(judged, "gbps"), &peaks->gbps);
	peaks->measured_memory = how != NULL && strcmp(how, "measured") == 0;
	for (int i = 0; i < PEAK_KINDS; i++) {
		json_number(json_get(tflops, peak_names[i]), &peaks->tflops[i]);
		measured = json_get(judged, "tflops_measured");
		measured = measured != NULL ? measured->child : NULL;
		for (; measured != NULL; measured = measured->next)
			if (json_string(measured) != NULL &&
			    strcmp(json_string(measured), peak_names[i]) == 0)
				peaks->measured[i] = true;
	}
}

static bool
find_peaks(const struct peaks_list *list, const struct trace *trace, struct peaks *peaks)
{
	const struct json *judged = json_get(trace->limits, "peaks");
	const char *name = json_string(json_get(judged, "device"));
	struct peaks_device device = { trace->device_name, trace->sms, trace->memory };
	bool known;

	/* kroof may have been told the device, or have none */
	if (trace->limits != NULL)
		known = name != NULL && peaks_of_chip(list, name, peaks);
	else
		known = peaks_find(list, &device, peaks);
	if (known && name != NULL)
		take_judged(peaks, judged);
	return known;
}

/* What the op of a certain place computes in the stage; NULL. */
static const struct definition *
definition_of(struct definer *definer, const struct work *work)
{
	const struct place *place = &definer->places->list[work->place];
	const struct option *option = place_certain(place);
	const char *hint = definer->trace->classes[work->class].short_name;
	const struct definition *definition;
	struct text key = { 0 };
	void **known;

	if (option == NULL || place->count != 1 || option->site == NONE)
		return NULL;
	text_add_format(&key, "%d %u %s", (int)work->place, (unsigned)work->class, work->stage);
	known = map_put(&definer->found, key.bytes, key.length);
	text_free(&key);
	if (*known == NULL) {
		if (option->symbol != NONE)
			hint = definer->chains->symbols[option->symbol].kernel;
		definition = definitions_find(definer->definitions,
		    &definer->chains->sites[option->site], work->stage, hint);
		*known = definition != NULL ? (void *)definition : (void *)definer;
	}
	return *known == (void *)definer ? NULL : *known;
}

static bool
make_limit(const struct definer *definer, const struct work *work, struct rated *rated)
{
	const struct kernel_class *class = &definer->trace->classes[work->class];
	const struct definition *definition = rated->definition;
	struct text text = { 0 };
	struct defined defined = { .op_type = definition->op_type, .path = definition->path,
		.name = definition->name, .axes = definition->axes,
		.inputs = definition->inputs, .outputs = definition->outputs,
		.kernel = class->name,
		.step = &definer->trace->steps.list[work->step].sizes };
	bool made;

	text_add_format(&text, "%s %s %s", class->type, class->family, class->name);
	defined.class = text.bytes;
	made = definition->op_type != NULL && defined_limit(&definer->table, &defined,
	    &definer->peaks, &rated->limit);
	text_free(&text);
	return made;
}

/* How many kernels may compute the definition in this step and layer. */
static uintptr_t *
kernels_of(struct definer *definer, const struct work *work, const struct definition *definition)
{
	struct text key = { 0 };
	uintptr_t *count;

	text_add_format(&key, "%d %d %d %zu", (int)work->pass, (int)work->layer, (int)work->step,
	    (size_t)(definition - definer->definitions->list));
	count = (uintptr_t *)map_put(&definer->once, key.bytes, key.length);
	text_free(&key);
	return count;
}

static void
describe(struct rate *rate, const struct rated *rated, const char *step,
    bool by_order)
{
	struct text why = { 0 };

	text_add_format(&why, "%s %s, from: %s: %s, %s%s", rate->family, rated->limit.sizes,
	    rate->from, rated->definition->name, step, by_order
	    ? ", as many steps as passes, taken in their order" : "");
	rate->why = intern_string(why.bytes);
	text_free(&why);
}

static void
rate_work(struct definer *definer, const struct rated *rated)
{
	struct work *work = &definer->trace->works[rated->work];
	const struct step *step = &definer->trace->steps.list[work->step];
	struct rate *rate = &work->rate;
	const struct defined_limit *limit = &rated->limit;

	if (!(work->dur > 0))
		return;
	if (limit->us > work->dur * most_share) {
		rate->flag = intern_string("above the limit: the sizes of the definition, the step or "
		    "the device are not what was taken, or the data fit a cache");
		return;
	}
	rate->calls = 1;
	rate->us = work->dur;
	rate->limit_us = limit->us;
	rate->bytes = limit->bytes;
	rate->flops = limit->flops;
	rate->win_us = work->dur > limit->us ? work->dur - limit->us : 0;
	rate->bound = intern_string(limit->bound);
	rate->how = intern_string(limit->measured ? "measured" : "computed");
	rate->family = intern_string(limit->family);
	rate->from = intern_string("definition + annotation");
	describe(rate, rated, step->name, work->step_by_order);
}

static void
define_all(struct definer *definer)
{
	struct trace *trace = definer->trace;
	struct rated *list = NULL;
	size_t count = 0, capacity = 0;

	for (size_t i = 0; i < trace->work_count; i++) {
		const struct work *work = &trace->works[i];
		struct rated rated = { .work = i };

		if (work->step == NONE || work->rate.calls > 0 || work->rate.flag != NULL)
			continue;
		rated.definition = definition_of(definer, work);
		if (rated.definition == NULL || !make_limit(definer, work, &rated))
			continue;
		*kernels_of(definer, work, rated.definition) += 1;
		list = memory_grow(list, count, &capacity, sizeof(*list));
		list[count++] = rated;
	}
	for (size_t i = 0; i < count; i++) {
		const struct work *work = &trace->works[list[i].work];

		if (*kernels_of(definer, work, list[i].definition) == 1)
			rate_work(definer, &list[i]);
	}
	free(list);
}

void
rates_define(struct trace *trace, const struct places *places, const struct chains *chains,
    const struct definitions *definitions)
{
	struct definer definer = { .trace = trace, .places = places, .chains = chains,
		.definitions = definitions };
	struct peaks_list list;

	if (definitions->count == 0 || trace->steps.count == 0)
		return;
	list = peaks_open();
	if (find_peaks(&list, trace, &definer.peaks)) {
		definer.table = defined_open();
		define_all(&definer);
		trace->peaks = definer.peaks;
		trace->peaks.device = intern(definer.peaks.device,
		    strcspn(definer.peaks.device, ";"));
		defined_close(&definer.table);
	}
	map_free(&definer.found);
	map_free(&definer.once);
	peaks_close(&list);
}
