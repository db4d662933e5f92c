/* SPDX-License-Identifier: Apache-2.0 */
/* Adds up a stream: kernels by name and stage, passes, layers, idle time by cause. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "trace/trace_record.h"
#include "measure.h"

static bool
slice_is(struct slice slice, const char *word)
{
	return slice.length == strlen(word) && memcmp(slice.bytes, word, slice.length) == 0;
}

static enum stage
stage_of(const struct trace_record *record)
{
	struct slice word;

	if (trace_get_string(record, "stage", &word))
		for (int stage = 0; stage < STAGE_COUNT; stage++)
			if (slice_is(word, stage_names[stage]))
				return (enum stage)stage;
	return STAGE_UNKNOWN;
}

/* The name of the table that equals the record's type: it lives as long as the program. */
static const char *
type_of(const struct trace_record *record)
{
	struct slice word;

	if (trace_get_string(record, "type", &word))
		for (int type = 0; type < TYPE_COUNT; type++)
			if (slice_is(word, type_names[type]))
				return type_names[type];
	return "";
}

static int64_t
need_ns(const struct trace_record *record, const char *key)
{
	int64_t ns;

	if (!trace_get_ns(record, key, &ns))
		trace_fail(record, "no time \"%s\"", key);
	return ns;
}

static void
add_kernel(struct measures *measures, const struct trace_record *record, int64_t ns)
{
	struct slice name = trace_need_string(record, "name");
	void **place = map_put(&measures->kernels, name.bytes, name.length);
	enum stage stage = stage_of(record);
	struct kernel_sum *sum;
	int64_t pass;

	if (*place == NULL)
		*place = memory_alloc_zero(1, sizeof(*sum));
	sum = *place;
	sum->type = type_of(record);
	sum->ns[stage] += ns;
	sum->calls[stage]++;
	if (trace_get_integer(record, "pass", &pass))
		sum->in_passes_ns[stage] += ns;
}

/* A kernel, copy or fill. */
static void
add_work(struct measures *measures, const struct trace_record *record)
{
	int64_t ns = need_ns(record, "dur"), clipped;

	if (trace_get_ns(record, "clipped_by", &clipped))
		ns -= clipped;
	if (ns < 0) {
		measures->left_out++;
		return;
	}
	measures->gpu_ns += ns;
	if (record->kind == TRACE_KERNEL)
		add_kernel(measures, record, ns);
}

static void
add_span(struct span_list *list, const struct trace_record *record, const char *time)
{
	struct span_time span = { .ns = need_ns(record, time), .index = -1,
		.stage = stage_of(record) };

	if (record->kind == TRACE_LAYER)
		span.index = trace_need_integer(record, "layer");
	list->spans = memory_grow(list->spans, list->count, &list->capacity, sizeof(span));
	list->spans[list->count++] = span;
}

/* The members of an object whose values are whole numbers, added to those of a map. */
static void
add_members(struct map *sums, const struct trace_record *record, const char *key)
{
	struct slice object = trace_get(record, key);
	const char *at = object.bytes, *end = object.bytes + object.length;
	struct json_member member;
	bool first = true;
	int64_t value;
	void **place;

	if (object.length < 2 || *at++ != '{')
		trace_fail(record, "no object \"%s\"", key);
	for (;; first = false) {
		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			return;
		if (!json_scan_integer(member.value, &value))
			trace_fail(record, "a time in \"%s\" is no whole number", key);
		place = map_put(sums, member.key.bytes, member.key.length);
		if (*place == NULL)
			*place = memory_alloc_zero(1, sizeof(int64_t));
		*(int64_t *)*place += value;
	}
}

/* Of a pass's own account nothing is taken: the device's has all of it. */
static void
add_account(struct measures *measures, const struct trace_record *record)
{
	int64_t pass;

	if (trace_get_integer(record, "pass", &pass))
		return;
	measures->accounts++;
	measures->window_ns += trace_need_integer(record, "window_ns");
	measures->all_idle_ns += trace_need_integer(record, "idle_ns");
	measures->exposed_communication_ns +=
	    trace_need_integer(record, "exposed_communication_ns");
	measures->exposed_copies_ns += trace_need_integer(record, "exposed_copies_ns");
	add_members(&measures->idle_ns, record, "idle_by_cause_ns");
}

static void
add_summary(struct measures *measures, const struct trace_record *record)
{
	int64_t layers = trace_need_integer(record, "layers");

	/* Where traces disagree there is no one count; -1 equals no budget. */
	measures->layer_count = measures->summaries == 0 || measures->layer_count == layers
	    ? layers : -1;
	measures->summaries++;
}

static void
add_join(struct measures *measures, const struct trace_record *record)
{
	struct slice object = trace_get(record, "explained");
	const char *at = object.bytes, *end = object.bytes + object.length;
	struct json_member member;
	bool first = true;
	double sum = 0, none = 0, value;

	if (object.length < 2 || *at++ != '{')
		trace_fail(record, "no object \"explained\"");
	for (;; first = false) {
		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			break;
		value = json_scan_number(member.value);
		sum += value;
		if (slice_is(member.key, "none"))
			none += value;
	}
	measures->joined += sum;
	measures->explained += sum - none;
	measures->joins++;
}

static void
add(struct measures *measures, const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_TRACE:
		measures->streams++;
		break;
	case TRACE_KERNEL:
	case TRACE_MEMCPY:
	case TRACE_MEMSET:
		add_work(measures, record);
		break;
	case TRACE_PASS:
		add_span(&measures->passes, record, "dur");
		break;
	case TRACE_LAYER:
		add_span(&measures->layers, record, "busy");
		break;
	case TRACE_SUMMARY:
		add_summary(measures, record);
		break;
	default:
		if (slice_is(record->kind_name, "account"))
			add_account(measures, record);
		else if (slice_is(record->kind_name, "join"))
			add_join(measures, record);
	}
}

void
measure_read(struct measures *measures, char *const *files)
{
	struct trace_reader *in = trace_reader_open(files);
	const struct trace_record *record;

	while ((record = trace_reader_next(in)) != NULL)
		add(measures, record);
	trace_reader_close(in);
}

static bool
is_of(const struct span_time *span, int stage, int64_t index)
{
	return (stage < 0 || span->stage == (enum stage)stage) &&
	    (index < 0 || span->index == index);
}

static int
compare_ns(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

	return (first > second) - (first < second);
}

bool
measure_median(const struct span_list *list, int stage, int64_t index, int64_t *ns)
{
	int64_t *times = memory_alloc((list->count + 1) * sizeof(*times));
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (is_of(&list->spans[i], stage, index))
			times[count++] = list->spans[i].ns;
	qsort(times, count, sizeof(*times), compare_ns);
	if (count > 0)
		*ns = times[(count - 1) / 2];
	free(times);
	return count > 0;
}

size_t
measure_count(const struct span_list *list, int stage)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += is_of(&list->spans[i], stage, -1);
	return count;
}

static void
free_values(struct map *map)
{
	for (size_t i = 0; i < map->count; i++)
		free(map->entries[i].value);
	map_free(map);
}

void
measure_free(struct measures *measures)
{
	free_values(&measures->kernels);
	free_values(&measures->idle_ns);
	free(measures->passes.spans);
	free(measures->layers.spans);
}
