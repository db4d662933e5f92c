/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what the layers need of a record stream, as small as it can be. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "trace.h"

const char *const type_names[TYPE_COUNT + 1] = { "attention", "moe", "linear", "quantization",
	"communication", "memory", "other", NULL };
const char *const stage_names[STAGE_COUNT + 1] = { "prefill", "decode", "mixed", "unknown", NULL };
const char *const method_names[METHOD_COUNT + 1] = { "modules", "periodic", "markers", NULL };
const char *const place_names[PLACE_COUNT + 1] = { "layer", "prologue", "epilogue", "side",
	"tail", "none", NULL };

static const struct {
	const char *name;
	unsigned roles;
} role_names[] = {
	{ "norm", ROLE_NORM },
	{ "attention", ROLE_ATTENTION },
	{ "mla", ROLE_MLA },
	{ "gdn", ROLE_GDN },
	{ "moe", ROLE_MOE },
	{ "fc", ROLE_FC },
	{ "communication", ROLE_COMMUNICATION },
	{ "start", ROLE_START },
	{ "embedding", ROLE_EMBEDDING },
	{ "sampler", ROLE_SAMPLER },
};

/* The roles named in a JSON array of strings, as spelled. */
static unsigned
roles_read(struct slice value)
{
	unsigned roles = 0;
	size_t i, at;

	for (at = 0; at < value.length; at++) {
		if (value.bytes[at] != '"')
			continue;
		for (i = 0; i < sizeof(role_names) / sizeof(*role_names); i++) {
			size_t length = strlen(role_names[i].name);

			if (at + length + 1 < value.length && value.bytes[at + length + 1] == '"' &&
			    memcmp(value.bytes + at + 1, role_names[i].name, length) == 0)
				roles |= role_names[i].roles;
		}
	}
	return roles;
}

/* Roles that follow from the type alone. */
static unsigned
roles_of_type(enum kernel_type type)
{
	switch (type) {
	case TYPE_LINEAR:
		return ROLE_LINEAR;
	case TYPE_COMMUNICATION:
		return ROLE_COMMUNICATION;
	case TYPE_MOE:
		return ROLE_MOE;
	default:
		return 0;
	}
}

static const char *
intern_slice(struct slice text)
{
	return intern(text.bytes, text.length);
}

static const char *
intern_field(const struct trace_record *record, const char *key)
{
	struct slice text;

	return trace_get_string(record, key, &text) ? intern_slice(text) : NULL;
}

static int
name_index(const char *const *names, struct slice text, int otherwise)
{
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (slice_equals(text, names[i]))
			return i;
	return otherwise;
}

static uint32_t
class_of(struct trace *trace, const struct trace_record *record)
{
	struct slice name = trace_need_string(record, "name"), type, roles;
	struct text key = { 0 };
	struct kernel_class *class;
	void **place;

	if (!trace_get_string(record, "type", &type))
		trace_fail(record, "kernel has no \"type\": tr-classify goes before tr-layers");
	roles = trace_get(record, "roles");
	text_add(&key, type.bytes, type.length);
	text_add_char(&key, '\0');
	if (roles.bytes != NULL)
		text_add(&key, roles.bytes, roles.length);
	text_add_char(&key, '\0');
	text_add(&key, name.bytes, name.length);
	place = map_put(&trace->class_index, key.bytes, key.length);
	text_free(&key);
	if (*place != NULL)
		return (uint32_t)((uintptr_t)*place - 1);
	trace->classes = memory_grow(trace->classes, trace->class_count, &trace->class_capacity,
	    sizeof(*trace->classes));
	class = &trace->classes[trace->class_count++];
	*place = (void *)(uintptr_t)trace->class_count;
	*class = (struct kernel_class){ 0 };
	class->type = (enum kernel_type)name_index(type_names, type, TYPE_OTHER);
	class->roles = roles_of_type(class->type);
	if (roles.bytes != NULL)
		class->roles |= roles_read(roles);
	else if (class->type == TYPE_ATTENTION)
		class->roles |= ROLE_ATTENTION;
	class->name = intern_slice(name);
	class->short_name = intern_field(record, "short");
	if (class->short_name == NULL)
		class->short_name = class->name;
	class->family = intern_field(record, "family");
	class->library = intern_field(record, "library");
	return (uint32_t)(trace->class_count - 1);
}

static uint32_t
stream_of(struct trace *trace, const struct trace_record *record)
{
	struct stream stream = { -1, -1 };
	size_t i;

	trace_get_integer(record, "device", &stream.device);
	trace_get_integer(record, "stream", &stream.number);
	for (i = 0; i < trace->stream_count; i++)
		if (trace->streams[i].device == stream.device &&
		    trace->streams[i].number == stream.number)
			return (uint32_t)i;
	trace->streams = memory_grow(trace->streams, trace->stream_count, &trace->stream_capacity,
	    sizeof(*trace->streams));
	trace->streams[trace->stream_count] = stream;
	return (uint32_t)trace->stream_count++;
}

static struct kernel *
new_kernel(struct trace *trace, const struct trace_record *record)
{
	struct kernel *kernel;

	if (trace->kernel_count == UINT32_MAX)
		trace_fail(record, "more than %u kernels in one trace", UINT32_MAX);
	trace->kernels = memory_grow(trace->kernels, trace->kernel_count, &trace->kernel_capacity,
	    sizeof(*trace->kernels));
	kernel = &trace->kernels[trace->kernel_count++];
	*kernel = (struct kernel){ .layer = NONE, .pass = NONE, .vote = STAGE_UNKNOWN,
		.stage = STAGE_UNKNOWN, .place = PLACE_NONE, .correlation = NO_CORRELATION };
	kernel->ts = trace_need_number(record, "ts");
	kernel->dur = trace_need_number(record, "dur");
	trace_get_integer(record, "correlation", &kernel->correlation);
	return kernel;
}

/* The first number of a JSON array, as spelled; -1 when there is none. */
static int64_t
first_of_array(struct slice value)
{
	size_t at = 1;
	int64_t number = 0;

	if (value.length < 2 || value.bytes[0] != '[')
		return -1;
	while (at < value.length && isspace((unsigned char)value.bytes[at]))
		at++;
	if (at == value.length || !isdigit((unsigned char)value.bytes[at]))
		return -1;
	while (at < value.length && isdigit((unsigned char)value.bytes[at]) &&
	    number < INT64_MAX / 10 - 1)
		number = number * 10 + (value.bytes[at++] - '0');
	return number;
}

/* The reference analyzer's last resort: many blocks are decode, few are prefill. */
static enum stage
stage_of_grid(const struct trace_record *record, int64_t threshold)
{
	enum { FEW_BLOCKS = 200 };
	int64_t blocks = first_of_array(trace_get(record, "grid"));

	return blocks > threshold ? STAGE_DECODE
	    : blocks >= 0 && blocks < FEW_BLOCKS ? STAGE_PREFILL : STAGE_UNKNOWN;
}

static void
add_kernel(struct trace *trace, const struct trace_record *record)
{
	uint32_t class = class_of(trace, record);
	struct kernel *kernel = new_kernel(trace, record);
	struct slice stage;

	kernel->class = class;
	kernel->stream = stream_of(trace, record);
	if (trace_get_string(record, "stage", &stage))
		kernel->vote = (uint8_t)name_index(stage_names, stage, STAGE_UNKNOWN);
	if (trace->grid_threshold > 0 && kernel->vote == STAGE_UNKNOWN &&
	    trace->classes[class].type == TYPE_ATTENTION)
		kernel->vote = (uint8_t)stage_of_grid(record, trace->grid_threshold);
	kernel->stage = kernel->vote;
}

void
trace_add_correlation(struct trace *trace, const struct trace_record *record)
{
	new_kernel(trace, record);
}

static void
add_launch(struct trace *trace, const struct trace_record *record)
{
	const struct launch *launch = launches_add(&trace->launches, record);

	if (launch != NULL && launch->ts < trace->first_cpu)
		trace->first_cpu = launch->ts;
}

static void
add_module(struct trace *trace, const struct trace_record *record)
{
	struct slice name = trace_need_string(record, "name");
	struct module *module;

	if (trace->module_count == INT32_MAX)
		trace_fail(record, "more than %d module calls in one trace", INT32_MAX);
	trace->modules = memory_grow(trace->modules, trace->module_count, &trace->module_capacity,
	    sizeof(*trace->modules));
	module = &trace->modules[trace->module_count++];
	*module = (struct module){ .parent = NONE };
	module->ts = trace_need_number(record, "ts");
	module->end = module->ts + trace_need_number(record, "dur");
	module->thread = launches_thread(&trace->launches, record);
	module->name = intern_slice(name);
	module->class = intern_slice(module_class(name));
	if (module->ts < trace->first_cpu)
		trace->first_cpu = module->ts;
}

static void
add_annotation(struct trace *trace, const struct trace_record *record)
{
	struct annotation *annotation;
	struct slice name;
	enum stage stage;

	if (!trace_get_string(record, "stage", &name))
		return;
	stage = (enum stage)name_index(stage_names, name, STAGE_UNKNOWN);
	if (stage == STAGE_UNKNOWN)
		return;
	trace->annotations = memory_grow(trace->annotations, trace->annotation_count,
	    &trace->annotation_capacity, sizeof(*trace->annotations));
	annotation = &trace->annotations[trace->annotation_count++];
	*annotation = (struct annotation){ .stage = stage };
	annotation->ts = trace_need_number(record, "ts");
	annotation->end = annotation->ts + trace_need_number(record, "dur");
	trace_get_bool(record, "gpu", &annotation->gpu);
}

static char *
copy_line(const struct trace_record *record)
{
	char *line = memory_alloc(record->line.length + 1);

	memcpy(line, record->line.bytes, record->line.length);
	line[record->line.length] = '\0';
	return line;
}

void
trace_add(struct trace *trace, const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_TRACE:
		trace_clear(trace);
		trace->head = copy_line(record);
		trace->file = intern_field(record, "file");
		if (trace->file == NULL)
			trace->file = intern_string(record->file);
		trace_get_integer(record, "rank", &trace->rank);
		break;
	case TRACE_KERNEL:
		add_kernel(trace, record);
		break;
	case TRACE_LAUNCH:
		add_launch(trace, record);
		break;
	case TRACE_MODULE:
		add_module(trace, record);
		break;
	case TRACE_ANNOTATION:
		add_annotation(trace, record);
		break;
	case TRACE_END:
		trace->tail = copy_line(record);
		break;
	default:
		break;
	}
}

/* Stable merge sort of the kernels' indexes; most traces are sorted already. */
static void
sort_kernels(struct trace *trace)
{
	const struct kernel *kernels = trace->kernels;
	size_t count = trace->kernel_count, width, i;
	uint32_t *from, *into;
	bool sorted = true;

	trace->by_time = memory_resize(trace->by_time, count, sizeof(*trace->by_time));
	for (i = 0; i < count; i++) {
		trace->by_time[i] = (uint32_t)i;
		sorted = sorted && (i == 0 || kernels[i - 1].ts <= kernels[i].ts);
	}
	if (sorted)
		return;
	from = trace->by_time;
	into = memory_alloc(count * sizeof(*into));
	for (width = 1; width < count; width *= 2) {
		uint32_t *swap;
		size_t begin;

		for (begin = 0; begin < count; begin += 2 * width) {
			size_t middle = begin + width < count ? begin + width : count;
			size_t end = begin + 2 * width < count ? begin + 2 * width : count;
			size_t a = begin, b = middle, at = begin;

			while (at < end)
				into[at++] = a < middle &&
				    (b >= end || kernels[from[a]].ts <= kernels[from[b]].ts)
				    ? from[a++] : from[b++];
		}
		swap = from;
		from = into;
		into = swap;
	}
	trace->by_time = from;
	free(into);
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
static void
link_modules(struct trace *trace)
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

void
trace_ready(struct trace *trace)
{
	sort_kernels(trace);
	launches_sort(&trace->launches);
	link_modules(trace);
}

void
trace_clear(struct trace *trace)
{
	free(trace->head);
	free(trace->tail);
	trace->head = trace->tail = NULL;
	trace->rank = NONE;
	trace->kernel_count = trace->stream_count = 0;
	trace->module_count = trace->annotation_count = 0;
	trace->layer_count = trace->pass_count = trace->tail_layers = 0;
	launches_clear(&trace->launches);
	trace->first_cpu = INFINITY;
}

void
trace_close(struct trace *trace)
{
	trace_clear(trace);
	map_free(&trace->class_index);
	free(trace->kernels);
	free(trace->by_time);
	free(trace->classes);
	free(trace->streams);
	launches_free(&trace->launches);
	free(trace->modules);
	free(trace->annotations);
	free(trace->layers);
	free(trace->passes);
}

const struct launch *
trace_launch(const struct trace *trace, int64_t correlation)
{
	return correlation == NO_CORRELATION ? NULL
	    : launches_find(&trace->launches, correlation);
}

int32_t
trace_module_at(const struct trace *trace, uint32_t thread, double ts)
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

int32_t
trace_add_layer(struct trace *trace, enum method method)
{
	trace->layers = memory_grow(trace->layers, trace->layer_count, &trace->layer_capacity,
	    sizeof(*trace->layers));
	trace->layers[trace->layer_count] = (struct layer){ .pass = NONE, .index = NONE,
		.stage = STAGE_UNKNOWN, .method = (uint8_t)method };
	return (int32_t)trace->layer_count++;
}

int32_t
trace_add_pass(struct trace *trace, enum method method)
{
	trace->passes = memory_grow(trace->passes, trace->pass_count, &trace->pass_capacity,
	    sizeof(*trace->passes));
	trace->passes[trace->pass_count] = (struct pass){ .stage = STAGE_UNKNOWN,
		.method = (uint8_t)method };
	return (int32_t)trace->pass_count++;
}
