/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps of a trace stream what the join needs. */
#include <stdlib.h>
#include <string.h>

#include "names/cxx_name.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "trace.h"
#include "trace/kinds.h"

static const char *
intern_slice(struct slice text)
{
	return text.bytes != NULL ? intern(text.bytes, text.length) : NULL;
}

static const char *
intern_field(const struct trace_record *record, const char *key)
{
	struct slice text;

	return trace_get_string(record, key, &text) ? intern_slice(text) : NULL;
}

static const char *
intern_or(const char *text, const char *otherwise)
{
	return text != NULL ? text : intern_string(otherwise);
}

/* A value as spelled, NULL for null. */
static const char *
intern_value(const struct trace_record *record, const char *key)
{
	struct slice value = trace_get(record, key);

	return value.bytes == NULL || slice_equals(value, "null") ? NULL : intern_slice(value);
}

static int32_t
small_integer(const struct trace_record *record, const char *key)
{
	int64_t number;

	if (!trace_get_integer(record, key, &number) || number < 0 || number > INT32_MAX)
		return NONE;
	return (int32_t)number;
}

static char *
copy_line(const struct trace_record *record)
{
	char *line = memory_alloc(record->line.length + 1);

	memcpy(line, record->line.bytes, record->line.length);
	line[record->line.length] = '\0';
	return line;
}

/* "scope::store_kvcache" and "store_kvcache" of the name in any spelling. */
static void
name_function(struct kernel_class *class)
{
	struct text canonical = { 0 }, function = { 0 };
	const char *base;

	cxx_name_canonical(&canonical, class->name, strlen(class->name));
	cxx_name_function(&function, canonical.length > 0 ? canonical.bytes : "", canonical.length);
	class->function = intern(function.length > 0 ? function.bytes : "", function.length);
	base = strrchr(class->function, ':');
	class->base = intern_string(base != NULL ? base + 1 : class->function);
	text_free(&canonical);
	text_free(&function);
}

static uint32_t
class_of(struct trace *trace, const struct trace_record *record)
{
	struct slice name = trace_need_string(record, "name");
	void **place = map_put(&trace->class_index, name.bytes, name.length);
	struct kernel_class *class;

	if (*place != NULL)
		return (uint32_t)((uintptr_t)*place - 1);
	trace->classes = memory_grow(trace->classes, trace->class_count, &trace->class_capacity,
	    sizeof(*trace->classes));
	class = &trace->classes[trace->class_count++];
	*place = (void *)(uintptr_t)trace->class_count;
	class->name = intern_slice(name);
	class->type = intern_or(intern_field(record, "type"), type_names[TYPE_OTHER]);
	class->family = intern_or(intern_field(record, "family"), "unknown");
	class->library = intern_or(intern_field(record, "library"), "unknown");
	class->short_name = intern_or(intern_field(record, "short"), class->name);
	name_function(class);
	return (uint32_t)(trace->class_count - 1);
}

static void
add_work(struct trace *trace, const struct trace_record *record)
{
	struct work work = { .bytes = NONE, .place = NONE, .step = NONE, .correlation = NONE };

	work.class = class_of(trace, record);
	work.ts = trace_need_number(record, "ts");
	work.dur = trace_need_duration(record);
	work.stage = intern_or(intern_field(record, "stage"), "unknown");
	work.grid = intern_value(record, "grid");
	work.block = intern_value(record, "block");
	work.pass = small_integer(record, "pass");
	work.layer = small_integer(record, "layer");
	work.stream = small_integer(record, "stream");
	work.stack = small_integer(record, "stack");
	trace_get_integer(record, "bytes", &work.bytes);
	work.rate = rate_read(record);
	if (trace->keeps_steps) {
		work.process = launches_process(&trace->launches, record);
		trace_get_integer(record, "correlation", &work.correlation);
	}
	trace->works = memory_grow(trace->works, trace->work_count, &trace->work_capacity,
	    sizeof(*trace->works));
	trace->works[trace->work_count++] = work;
	trace->sum += work.dur;
}

static struct json *
parse_line(struct trace *trace, const struct trace_record *record)
{
	struct json_error error;
	const char *line = arena_copy(&trace->arena, record->line.bytes, record->line.length);
	struct json *root = json_parse(&trace->arena, line, record->line.length, &error);

	if (root == NULL)
		trace_fail(record, "%s", error.message);
	return root;
}

static void
read_frames(struct trace *trace, struct stack *stack)
{
	const struct json *frame;
	size_t i = 0;

	stack->frame_count = json_count(stack->frames_json);
	stack->frames = arena_alloc_zero(&trace->arena,
	    (stack->frame_count + 1) * sizeof(*stack->frames));
	if (stack->frames_json == NULL)
		return;
	for (frame = stack->frames_json->child; frame != NULL; frame = frame->next, i++) {
		const char *file = json_string(json_get(frame, "file"));
		const char *function = json_string(json_get(frame, "function"));

		stack->frames[i].file = file != NULL ? intern_string(file) : NULL;
		stack->frames[i].function = intern_string(function != NULL ? function : "");
		json_integer(json_get(frame, "line"), &stack->frames[i].line);
	}
}

static const struct json *
get_array(const struct json *root, const char *key)
{
	const struct json *value = json_get(root, key);

	return value != NULL && value->type == JSON_ARRAY ? value : NULL;
}

static void
add_stack(struct trace *trace, const struct trace_record *record)
{
	struct json *root = parse_line(trace, record);
	const char *how = json_string(json_get(root, "how"));
	int64_t number = trace_need_integer(record, "stack");
	struct stack *stack;

	if (number != (int64_t)trace->stack_count)
		trace_fail(record, "stack %lld where %zu was to come", (long long)number,
		    trace->stack_count);
	trace->stacks = memory_grow(trace->stacks, trace->stack_count, &trace->stack_capacity,
	    sizeof(*trace->stacks));
	stack = &trace->stacks[trace->stack_count++];
	*stack = (struct stack){ .frames_json = get_array(root, "frames"),
		.ops = get_array(root, "ops"), .modules = get_array(root, "modules") };
	stack->how = how != NULL && strcmp(how, "capture") == 0 ? STACK_CAPTURE
	    : how != NULL && strcmp(how, "graph") == 0 ? STACK_GRAPH : STACK_LAUNCH;
	read_frames(trace, stack);
}

static void
add_span(struct trace *trace, const struct trace_record *record)
{
	struct span_line *span;

	trace->spans = memory_grow(trace->spans, trace->span_count, &trace->span_capacity,
	    sizeof(*trace->spans));
	span = &trace->spans[trace->span_count++];
	span->line = copy_line(record);
	span->pass = small_integer(record, "pass");
	span->layer = record->kind == TRACE_LAYER ? small_integer(record, "layer") : NONE;
	span->stage = intern_or(intern_field(record, "stage"), "unknown");
}

static void
add_annotation(struct trace *trace, const struct trace_record *record)
{
	if (!trace->keeps_steps)
		return;
	if (trace->step_patterns.patterns == NULL)
		trace->step_patterns = step_patterns_open();
	steps_add(&trace->steps, &trace->step_patterns,
	    launches_process(&trace->launches, record), record);
}

/* The field in a copy of the record's line, unless it is known; NULL and null tell nothing. */
static void
take(struct slice *field, const struct trace_record *record, const char *copy, const char *key)
{
	struct slice value = trace_get(record, key);

	if (field->bytes != NULL || value.bytes == NULL || slice_equals(value, "null"))
		return;
	*field = (struct slice){ copy + (value.bytes - record->line.bytes), value.length };
}

/* A trace describes itself before its events or after them. */
static void
describe(struct trace *trace, const struct trace_record *record)
{
	const char *copy = arena_copy(&trace->arena, record->line.bytes, record->line.length);

	take(&trace->file, record, copy, "file");
	take(&trace->device, record, copy, "device");
	take(&trace->vendor, record, copy, "vendor");
	if (trace->rank == NONE)
		trace_get_integer(record, "rank", &trace->rank);
	trace->device_name = intern_or(intern_field(record, "device"),
	    trace->device_name != NULL ? trace->device_name : "");
	trace_get_number(record, "sms", &trace->sms);
	trace_get_number(record, "memory", &trace->memory);
}

void
trace_add(struct trace *trace, const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_TRACE:
		trace_clear(trace);
		describe(trace, record);
		break;
	case TRACE_END:
		describe(trace, record);
		break;
	case TRACE_KERNEL:
	case TRACE_MEMCPY:
	case TRACE_MEMSET:
		add_work(trace, record);
		break;
	case TRACE_STACK:
		add_stack(trace, record);
		break;
	case TRACE_LAYER:
	case TRACE_PASS:
		add_span(trace, record);
		break;
	case TRACE_ANNOTATION:
		add_annotation(trace, record);
		break;
	case TRACE_LAUNCH:
		if (trace->keeps_steps)
			launches_add(&trace->launches, record);
		break;
	case TRACE_SUMMARY:
		trace->summary = parse_line(trace, record);
		break;
	default:
		if (slice_equals(record->kind_name, "limits"))
			trace->limits = parse_line(trace, record);
		break;
	}
}

static int
compare_work(const void *left, const void *right)
{
	const struct work *a = left, *b = right;

	return a->ts != b->ts ? (a->ts < b->ts ? -1 : 1)
	    : a->class < b->class ? -1 : a->class > b->class;
}

/* The step in which it was launched. */
static int32_t
step_of(const struct trace *trace, const struct work *work)
{
	const struct launch *launch = work->correlation == NONE ? NULL
	    : launches_find(&trace->launches, work->process, work->correlation);

	return launch == NULL ? NONE
	    : steps_at(&trace->steps, work->process, (double)launch->ts / 1e3);
}

/* True where there are as many steps as passes, and each pass is of its step's stage; steps are
 * by time only if all are of one sort. */
static bool
passes_are_steps(const struct trace *trace)
{
	int32_t last = NONE;

	for (size_t i = 1; i < trace->steps.count; i++)
		if (trace->steps.list[i].has_lengths != trace->steps.list[0].has_lengths ||
		    trace->steps.list[i].process != trace->steps.list[0].process)
			return false;
	for (size_t i = 0; i < trace->work_count; i++) {
		const struct work *work = &trace->works[i];

		if (work->pass == NONE)
			continue;
		if (work->pass >= (int32_t)trace->steps.count ||
		    trace->steps.list[work->pass].stage != work->stage)
			return false;
		last = work->pass > last ? work->pass : last;
	}
	return last + 1 == (int32_t)trace->steps.count;
}

/* By the launch of each; of a trace without launches, by the order of passes. */
static void
find_steps(struct trace *trace)
{
	bool by_order;

	launches_sort(&trace->launches);
	steps_ready(&trace->steps);
	by_order = trace->launches.count == 0 && passes_are_steps(trace);
	for (size_t i = 0; i < trace->work_count && trace->steps.count > 0; i++) {
		struct work *work = &trace->works[i];

		work->step_by_order = by_order;
		work->step = by_order ? work->pass : step_of(trace, work);
	}
}

void
trace_ready(struct trace *trace)
{
	if (trace->work_count > 0)
		qsort(trace->works, trace->work_count, sizeof(*trace->works), compare_work);
	for (size_t i = 0; i < trace->work_count; i++)
		if (trace->works[i].stack >= (int32_t)trace->stack_count)
			trace->works[i].stack = NONE;
	find_steps(trace);
}

const char *
trace_vendor(const struct trace *trace)
{
	return slice_equals(trace->vendor, "\"nvidia\"") ? "nvidia"
	    : slice_equals(trace->vendor, "\"amd\"") ? "amd" : NULL;
}

void
trace_clear(struct trace *trace)
{
	for (size_t i = 0; i < trace->span_count; i++)
		free(trace->spans[i].line);
	trace->file = trace->device = trace->vendor = (struct slice){ NULL, 0 };
	trace->rank = NONE;
	trace->summary = trace->limits = NULL;
	trace->work_count = trace->class_count = trace->stack_count = 0;
	trace->span_count = 0;
	trace->device_name = "";
	trace->sms = trace->memory = 0;
	trace->peaks = (struct peaks){ 0 };
	steps_clear(&trace->steps);
	launches_clear(&trace->launches);
	trace->sum = 0;
	map_free(&trace->class_index);
	trace->class_index = (struct map){ 0 };
	arena_reset(&trace->arena);
}

void
trace_close(struct trace *trace)
{
	trace_clear(trace);
	free(trace->works);
	free(trace->classes);
	free(trace->stacks);
	free(trace->spans);
	launches_free(&trace->launches);
	if (trace->step_patterns.patterns != NULL)
		step_patterns_close(&trace->step_patterns);
	arena_free(&trace->arena);
}
