/* SPDX-License-Identifier: Apache-2.0 */
/* What the trace says of the host: nn.Module calls, and annotations of steps. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "evidence.h"

/* Of the host; false when a time is none. */
static bool
get_span(const struct trace_record *record, int64_t *ts, int64_t *dur)
{
	if (trace_get_ns(record, "ts", ts) && trace_get_ns(record, "dur", dur))
		return true;
	trace_need_number(record, "ts");
	trace_need_number(record, "dur");
	return false;
}

void
host_add_module(struct trace *trace, const struct trace_record *record)
{
	struct slice name = trace_need_string(record, "name"), class = module_class(name);
	struct module *module;
	int64_t ts, dur;

	if (!get_span(record, &ts, &dur))
		return;
	if (trace->module_count == INT32_MAX)
		trace_fail(record, "more than %d module calls in one trace", INT32_MAX);
	trace->modules = memory_grow(trace->modules, trace->module_count, &trace->module_capacity,
	    sizeof(*trace->modules));
	module = &trace->modules[trace->module_count++];
	*module = (struct module){ .parent = NONE };
	module->ts = ts;
	module->end = ts + dur;
	module->thread = launches_thread(&trace->launches, record);
	module->name = intern(name.bytes, name.length);
	module->class = intern(class.bytes, class.length);
}

/* "ProfilerStep#12": torch.profiler's, around each step that its user told it of. */
static bool
is_profiler_step(const struct trace_record *record)
{
	static const char prefix[] = "ProfilerStep#";
	struct slice name;

	return trace_get_string(record, "name", &name) &&
	    name.length >= sizeof(prefix) - 1 &&
	    memcmp(name.bytes, prefix, sizeof(prefix) - 1) == 0;
}

static void
add_span(struct annotation **spans, size_t *count, size_t *capacity, struct annotation span)
{
	*spans = memory_grow(*spans, *count, capacity, sizeof(**spans));
	(*spans)[(*count)++] = span;
}

void
host_add_annotation(struct trace *trace, const struct trace_record *record)
{
	struct annotation span = { .process = launches_process(&trace->launches, record) };
	struct slice name;

	if (!get_span(record, &span.ts, &span.end))
		return;
	span.end += span.ts;
	trace_get_bool(record, "gpu", &span.gpu);
	if (!span.gpu && is_profiler_step(record))
		add_span(&trace->profiler_steps, &trace->profiler_step_count,
		    &trace->profiler_step_capacity, span);
	if (!trace_get_string(record, "stage", &name))
		return;
	span.stage = (enum stage)kinds_index(stage_names, name, STAGE_UNKNOWN);
	if (span.stage == STAGE_OPTIMIZER && !span.gpu)
		add_span(&trace->optimizer_calls, &trace->optimizer_call_count,
		    &trace->optimizer_call_capacity, span);
	else if (span.stage < STAGE_BACKWARD)
		add_span(&trace->annotations, &trace->annotation_count,
		    &trace->annotation_capacity, span);
}

static int
compare_modules(const void *left, const void *right)
{
	const struct module *a = left, *b = right;

	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	return a->end != b->end ? (a->end > b->end ? -1 : 1) : 0;
}

/* The parent of a call is the innermost earlier call on its thread that contains it. */
void
host_link_modules(struct trace *trace)
{
	size_t i;

	if (trace->module_count > 0)
		qsort(trace->modules, trace->module_count, sizeof(*trace->modules),
		    compare_modules);
	for (i = 1; i < trace->module_count; i++) {
		struct module *module = &trace->modules[i];
		int32_t parent = (int32_t)i - 1;

		if (trace->modules[parent].thread != module->thread)
			continue;
		while (parent != NONE && trace->modules[parent].end < module->end)
			parent = trace->modules[parent].parent;
		module->parent = parent;
		if (parent != NONE)
			trace->modules[parent].children++;
	}
}

int32_t
trace_module_at(const struct trace *trace, uint32_t thread, int64_t ts)
{
	size_t low = 0, high = trace->module_count;
	int32_t at;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct module *module = &trace->modules[middle];

		if (module->thread < thread || (module->thread == thread && module->ts <= ts))
			low = middle + 1;
		else
			high = middle;
	}
	at = (int32_t)low - 1;
	if (at == NONE || trace->modules[at].thread != thread)
		return NONE;
	while (at != NONE && trace->modules[at].end < ts)
		at = trace->modules[at].parent;
	return at;
}
