/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what the layers need of a record stream, as small as it can be. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "evidence.h"
#include "trace.h"

/* Of all work together, and so of each piece: 92 years in nanoseconds. */
#define MOST_DURATION INT64_C(3000000000000000000)

const char *const method_names[METHOD_COUNT + 1] = { "modules", "periodic", "markers", NULL };
const char *const place_names[PLACE_COUNT + 1] = { "layer", "prologue", "epilogue", "side",
	"tail", "none", NULL };

/* The roles named in a JSON array of strings, as spelled, but those that tell nothing of
 * layers. */
static unsigned
roles_read(struct slice value)
{
	struct slice rest = value, role;
	unsigned roles = 0;

	while (rest.length > 0) {
		const char *begin = memchr(rest.bytes, '"', rest.length), *end;

		if (begin == NULL)
			break;
		role.bytes = begin + 1;
		rest.length -= (size_t)(role.bytes - rest.bytes);
		end = memchr(role.bytes, '"', rest.length);
		if (end == NULL)
			break;
		role.length = (size_t)(end - role.bytes);
		rest = (struct slice){ end + 1, rest.length - role.length - 1 };
		roles |= 1u << kinds_index(role_names, role, ROLE_COUNT);
	}
	return roles & ((1u << ROLE_COUNT) - 1) & ~(unsigned)(ROLE_CACHE | ROLE_ROPE);
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

static bool
ends_with(const char *text, const char *end)
{
	size_t length = text != NULL ? strlen(text) : 0, size = strlen(end);

	return length >= size && strcmp(text + length - size, end) == 0;
}

static bool
is_same(struct slice a, struct slice b)
{
	return a.length == b.length && (a.bytes == NULL) == (b.bytes == NULL) &&
	    (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* The same bytes, for good. */
static struct slice
keep(struct slice slice)
{
	return slice.bytes == NULL ? slice :
	    (struct slice){ intern(slice.bytes, slice.length), slice.length };
}

/* Names are long, and alike at their beginnings. */
static size_t
memo_place(struct slice name)
{
	size_t part = name.length < 32 ? name.length : 32;

	return (map_hash(name.bytes + name.length - part, part) + name.length +
	    map_hash(name.bytes + (name.length - part) / 2, part)) % CLASS_MEMOS;
}

/* The class of that name, type and roles, which may be one that is known. */
static uint32_t
new_class(struct trace *trace, const struct trace_record *record, struct slice name,
    struct slice type, struct slice roles)
{
	struct text key = { 0 };
	struct kernel_class *class;
	void **place;

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
	class->type = (enum kernel_type)kinds_index(type_names, type, TYPE_OTHER);
	class->roles = roles_of_type(class->type);
	if (roles.bytes != NULL)
		class->roles |= roles_read(roles);
	else if (class->type == TYPE_ATTENTION)
		class->roles |= ROLE_ATTENTION;
	class->has_role = class->roles != 0 ||
	    (roles.bytes != NULL && memchr(roles.bytes, '"', roles.length) != NULL);
	class->name = intern_slice(name);
	class->short_name = intern_field(record, "short");
	if (class->short_name == NULL)
		class->short_name = class->name;
	class->family = intern_field(record, "family");
	class->library = intern_field(record, "library");
	if (class->roles & ROLE_ATTENTION && ends_with(class->family, "softmax"))
		class->roles |= ROLE_SOFTMAX;
	return (uint32_t)(trace->class_count - 1);
}

static uint32_t
class_of(struct trace *trace, const struct trace_record *record)
{
	struct slice name = trace_need_string(record, "name"), type, roles;
	struct class_memo *memo;

	if (!trace_get_string(record, "type", &type))
		trace_fail(record, "kernel has no \"type\": tr-classify goes before tr-layers");
	roles = trace_get(record, "roles");
	if (trace->class_memo == NULL)
		trace->class_memo = memory_alloc_zero(CLASS_MEMOS, sizeof(*trace->class_memo));
	memo = &trace->class_memo[memo_place(name)];
	if (memo->type.bytes == NULL || !is_same(memo->name, name) ||
	    !is_same(memo->type, type) || !is_same(memo->roles, roles))
		*memo = (struct class_memo){ keep(name), keep(type), keep(roles),
			new_class(trace, record, name, type, roles) };
	return memo->class;
}

/* The key's number, from 0 in the order they came; *added when it is new. */
static uint32_t
number_of(struct map *map, const int64_t key[2], bool *added)
{
	void **place = map_put(map, (const char *)key, 2 * sizeof(*key));

	*added = *place == NULL;
	if (*added)
		*place = (void *)(uintptr_t)map->count;
	return (uint32_t)((uintptr_t)*place - 1);
}

static uint32_t
device_of(struct trace *trace, const struct trace_record *record)
{
	uint32_t process = launches_process(&trace->launches, record);
	int64_t key[2] = { process, -1 };
	struct device *device;
	uint32_t number;
	bool added;

	trace_get_integer(record, "device", &key[1]);
	number = number_of(&trace->device_index, key, &added);
	if (!added)
		return number;
	trace->devices = memory_grow(trace->devices, trace->device_count, &trace->device_capacity,
	    sizeof(*trace->devices));
	device = &trace->devices[trace->device_count++];
	*device = (struct device){ .process = process, .number = key[1] };
	if (trace_get(record, "rank").bytes != NULL)
		device->rank = intern_slice(trace_get(record, "rank"));
	return number;
}

static uint32_t
stream_of(struct trace *trace, const struct trace_record *record)
{
	struct stream_memo *memo = &trace->stream_memo;
	struct slice rank = trace_get(record, "rank");
	struct stream stream = { .number = -1 };
	int64_t device = -1, key[2];
	uint32_t number;
	bool added;

	trace_get_integer(record, "device", &device);
	trace_get_integer(record, "stream", &stream.number);
	if (memo->known && memo->device == device && memo->stream == stream.number &&
	    is_same(memo->rank, rank))
		return memo->number;
	stream.device = device_of(trace, record);
	key[0] = stream.device;
	key[1] = stream.number;
	number = number_of(&trace->stream_index, key, &added);
	if (added) {
		trace->streams = memory_grow(trace->streams, trace->stream_count,
		    &trace->stream_capacity, sizeof(*trace->streams));
		trace->streams[trace->stream_count++] = stream;
	}
	*memo = (struct stream_memo){ keep(rank), device, stream.number, number, true };
	return number;
}

/* False when a piece of work has no time that sums can hold: before the epoch, of negative
 * length, or so long that all together no longer fit. */
static bool
get_times(struct trace *trace, const struct trace_record *record, int64_t *ts, int64_t *dur)
{
	if (!trace_get_ns(record, "ts", ts) || !trace_get_ns(record, "dur", dur)) {
		trace_need_number(record, "ts");
		trace_need_number(record, "dur");
		return false;
	}
	if (*ts < 0 || *dur < 0 || *dur > MOST_DURATION - trace->duration)
		return false;
	trace->duration += *dur;
	return true;
}

static void
leave_out(struct trace *trace, size_t place)
{
	trace->left_out = memory_grow(trace->left_out, trace->left_out_count,
	    &trace->left_out_capacity, sizeof(*trace->left_out));
	trace->left_out[trace->left_out_count++] = place;
}

/* NULL, and the kernel left out, when it has no time. */
static struct kernel *
new_kernel(struct trace *trace, const struct trace_record *record)
{
	struct kernel *kernel;
	int64_t ts, dur;

	if (!get_times(trace, record, &ts, &dur)) {
		leave_out(trace, trace->kernel_count + trace->left_out_count);
		return NULL;
	}
	if (trace->kernel_count == UINT32_MAX)
		trace_fail(record, "more than %u kernels in one trace", UINT32_MAX);
	trace->kernels = memory_grow(trace->kernels, trace->kernel_count, &trace->kernel_capacity,
	    sizeof(*trace->kernels));
	kernel = &trace->kernels[trace->kernel_count++];
	*kernel = (struct kernel){ .ts = ts, .dur = dur, .layer = NONE, .pass = NONE,
		.vote = STAGE_UNKNOWN, .stage = STAGE_UNKNOWN, .place = PLACE_NONE,
		.correlation = NO_CORRELATION };
	trace_get_integer(record, "correlation", &kernel->correlation);
	return kernel;
}

static void
add_copy(struct trace *trace, const struct trace_record *record)
{
	struct copy copy = { .device = device_of(trace, record),
		.fill = record->kind == TRACE_MEMSET };

	if (!get_times(trace, record, &copy.ts, &copy.dur)) {
		trace->copies_left_out++;
		return;
	}
	trace->copies = memory_grow(trace->copies, trace->copy_count, &trace->copy_capacity,
	    sizeof(*trace->copies));
	trace->copies[trace->copy_count++] = copy;
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

/* As in tr-classify: more than the threshold is prefill; who gives one says that the rest is
 * decode. */
static enum stage
stage_of_grid(const struct trace_record *record, int64_t threshold)
{
	int64_t blocks = first_of_array(trace_get(record, "grid"));

	return blocks > threshold ? STAGE_PREFILL : blocks >= 0 ? STAGE_DECODE : STAGE_UNKNOWN;
}

/* An array as spelled; NULL where there is none. */
static const char *
intern_shape(const struct trace_record *record, const char *key)
{
	struct slice value = trace_get(record, key);

	return value.bytes != NULL && value.bytes[0] == '[' ? intern_slice(value) : NULL;
}

static void
add_shape(struct trace *trace, const struct trace_record *record)
{
	trace->shapes = memory_grow(trace->shapes, trace->kernel_count - 1,
	    &trace->shape_capacity, sizeof(*trace->shapes));
	trace->shapes[trace->kernel_count - 1] = (struct shape){ intern_shape(record, "grid"),
		intern_shape(record, "block") };
}

static void
add_kernel(struct trace *trace, const struct trace_record *record)
{
	uint32_t class = class_of(trace, record);
	uint32_t stream = stream_of(trace, record);
	struct kernel *kernel = new_kernel(trace, record);
	struct slice stage;

	if (kernel == NULL)
		return;
	kernel->class = class;
	kernel->stream = stream;
	kernel->limit = limits_add(&trace->limits, record);
	if (trace->wants_shapes)
		add_shape(trace, record);
	if (trace_get_string(record, "stage", &stage))
		kernel->vote = (uint8_t)kinds_index(stage_names, stage, STAGE_UNKNOWN);
	if (trace->grid_threshold > 0 && kernel->vote == STAGE_UNKNOWN &&
	    trace->classes[class].type == TYPE_ATTENTION)
		kernel->vote = (uint8_t)stage_of_grid(record, trace->grid_threshold);
	kernel->stage = kernel->vote;
}

void
trace_add_correlation(struct trace *trace, const struct trace_record *record)
{
	uint32_t stream = stream_of(trace, record);
	struct kernel *kernel = new_kernel(trace, record);

	if (kernel != NULL)
		kernel->stream = stream;
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
	case TRACE_MEMCPY:
	case TRACE_MEMSET:
		add_copy(trace, record);
		break;
	case TRACE_LAUNCH:
		launches_add(&trace->launches, record);
		break;
	case TRACE_MODULE:
		host_add_module(trace, record);
		break;
	case TRACE_ANNOTATION:
		host_add_annotation(trace, record);
		break;
	case TRACE_END:
		trace->tail = copy_line(record);
		break;
	case TRACE_OTHER:
		if (slice_equals(record->kind_name, "limits"))
			limits_add_whole(&trace->limits, record);
		break;
	default:
		break;
	}
}

void
trace_ready(struct trace *trace)
{
	zeros_leave_out(trace);
	order_find(trace);
	overruns_clip(trace);
	displaced_find(trace);
	launches_sort(&trace->launches);
	host_link_modules(trace);
	training_detect(trace);
}

void
trace_clear(struct trace *trace)
{
	free(trace->head);
	free(trace->tail);
	trace->head = trace->tail = NULL;
	trace->rank = NONE;
	trace->kernel_count = trace->stream_count = trace->device_count = 0;
	trace->copy_count = trace->left_out_count = trace->copies_left_out = 0;
	trace->duration = trace->clipped = 0;
	trace->clipped_count = trace->displaced_count = 0;
	trace->mismatched = false;
	map_free(&trace->device_index);
	map_free(&trace->stream_index);
	trace->device_index = trace->stream_index = (struct map){ 0 };
	trace->stream_memo.known = false;
	trace->module_count = trace->annotation_count = trace->profiler_step_count = 0;
	trace->optimizer_call_count = 0;
	trace->step_count = 0;
	trace->layer_count = trace->pass_count = trace->tail_layers = 0;
	limits_clear(&trace->limits);
	launches_clear(&trace->launches);
}

void
trace_close(struct trace *trace)
{
	trace_clear(trace);
	map_free(&trace->class_index);
	free(trace->class_memo);
	free(trace->kernels);
	free(trace->by_time);
	free(trace->by_stream);
	free(trace->stream_begin);
	free(trace->by_device);
	free(trace->device_begin);
	free(trace->copies);
	free(trace->shapes);
	free(trace->left_out);
	free(trace->devices);
	free(trace->classes);
	free(trace->renumbered);
	free(trace->streams);
	limits_close(&trace->limits);
	launches_free(&trace->launches);
	free(trace->modules);
	free(trace->annotations);
	free(trace->profiler_steps);
	free(trace->optimizer_calls);
	free(trace->steps);
	free(trace->layers);
	free(trace->passes);
}

const struct launch *
trace_launch(const struct trace *trace, const struct kernel *kernel)
{
	return kernel->correlation == NO_CORRELATION ? NULL
	    : launches_find(&trace->launches,
	          trace->devices[trace_device(trace, kernel)].process, kernel->correlation);
}

/* `spelled` as JSON has it, with or without quotes. */
static bool
is_label(const char *spelled, const char *label)
{
	size_t quote = spelled[0] == '"', length = strlen(label);

	return strncmp(spelled + quote, label, length) == 0 &&
	    strlen(spelled) == length + 2 * quote;
}

uint32_t
trace_find_device(const struct trace *trace, const char *rank, const char *number)
{
	uint32_t found = NO_DEVICE;
	char spelled[24];

	for (size_t i = 0; i < trace->device_count; i++) {
		const struct device *device = &trace->devices[i];

		snprintf(spelled, sizeof(spelled), "%lld", (long long)device->number);
		if (strcmp(spelled, number) != 0)
			continue;
		if (device->rank != NULL && is_label(device->rank, rank))
			return (uint32_t)i;
		if (found == NO_DEVICE)
			found = (uint32_t)i;
	}
	/* One that has no number in the trace has another name in the account. */
	return found == NO_DEVICE && trace->device_count == 1 ? 0 : found;
}

int32_t
trace_add_layer(struct trace *trace, enum method method)
{
	trace->layers = memory_grow(trace->layers, trace->layer_count, &trace->layer_capacity,
	    sizeof(*trace->layers));
	trace->layers[trace->layer_count] = (struct layer){ .pass = NONE, .index = NONE,
		.order = 2 * (uint64_t)trace->layer_count, .stage = STAGE_UNKNOWN,
		.method = (uint8_t)method };
	return (int32_t)trace->layer_count++;
}

int32_t
trace_add_pass(struct trace *trace, enum method method, uint32_t device)
{
	trace->passes = memory_grow(trace->passes, trace->pass_count, &trace->pass_capacity,
	    sizeof(*trace->passes));
	trace->passes[trace->pass_count] = (struct pass){ .stage = STAGE_UNKNOWN,
		.device = device, .method = (uint8_t)method };
	return (int32_t)trace->pass_count++;
}
