/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the passes of a side from what tr-layers --kernels, and tr-account after it, write. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "trace/trace_record.h"
#include "charge.h"
#include "side.h"
#include "trace/kinds.h"

struct reading {
	struct side *side;
	struct rows *rows;
	struct text key;
};

static char *
copy(struct slice text)
{
	char *bytes = memory_alloc(text.length + 1);

	if (text.length > 0)
		memcpy(bytes, text.bytes, text.length);
	bytes[text.length] = '\0';
	return bytes;
}

static struct slice
string_or_empty(const struct trace_record *record, const char *key)
{
	struct slice text = { "", 0 };

	if (record->field_count > 0)
		trace_get_string(record, key, &text);
	return text;
}

/* The row of this name, made where it is new. */
static uint32_t
row_of(struct reading *reading, const struct trace_record *record, enum row_class class,
    enum row_place place, struct slice name)
{
	struct rows *rows = reading->rows;
	struct slice short_name = string_or_empty(record, "short");
	void **found;

	text_clear(&reading->key);
	text_add_char(&reading->key, (char)('0' + (int)class));
	text_add_char(&reading->key, (char)('0' + (int)place));
	text_add(&reading->key, name.bytes, name.length);
	found = map_put(&rows->map, reading->key.bytes, reading->key.length);
	if (*found == NULL) {
		rows->rows = memory_grow(rows->rows, rows->count, &rows->capacity,
		    sizeof(*rows->rows));
		rows->rows[rows->count] = (struct row){ class, place, copy(name),
			copy(short_name.length > 0 ? short_name : name),
			copy(string_or_empty(record, "type")) };
		*found = (void *)(uintptr_t)++rows->count;
	}
	return (uint32_t)((uintptr_t)*found - 1);
}

/* The number of the record's stream, rank and device, whose key is then in reading->key.
 * tr-parse writes a device as a number, tr-account as a string: both are one. */
static uint32_t
device_of(struct reading *reading, const struct trace_record *record)
{
	struct side *side = reading->side;
	struct slice rank = trace_get(record, "rank"), device = trace_get(record, "device");
	void **found;

	if (device.length >= 2 && device.bytes[0] == '"')
		device = (struct slice){ device.bytes + 1, device.length - 2 };
	text_clear(&reading->key);
	text_add_format(&reading->key, "%zu\n%.*s\n%.*s", side->streams,
	    (int)rank.length, rank.bytes != NULL ? rank.bytes : "",
	    (int)device.length, device.bytes != NULL ? device.bytes : "");
	found = map_put(&side->devices, reading->key.bytes, reading->key.length);
	if (*found == NULL)
		*found = (void *)(uintptr_t)side->devices.count;
	return (uint32_t)((uintptr_t)*found - 1);
}

/* The pass of this number on the record's device, made where it is new. */
static uint32_t
pass_of(struct reading *reading, const struct trace_record *record, int64_t number)
{
	struct side *side = reading->side;
	uint32_t device = device_of(reading, record);
	void **found;

	text_add_format(&reading->key, "\n%lld", (long long)number);
	found = map_put(&side->keys, reading->key.bytes, reading->key.length);
	if (*found == NULL) {
		side->passes = memory_grow(side->passes, side->pass_count,
		    &side->pass_capacity, sizeof(*side->passes));
		side->passes[side->pass_count] = (struct pass){ .stage = STAGE_UNKNOWN,
			.device = device };
		*found = (void *)(uintptr_t)++side->pass_count;
	}
	return (uint32_t)((uintptr_t)*found - 1);
}

static bool
slice_is(struct slice slice, const char *word)
{
	return slice.length == strlen(word) && memcmp(slice.bytes, word, slice.length) == 0;
}

static enum row_place
place_of(const struct trace_record *record)
{
	int64_t layer;

	if (trace_get(record, "layer").bytes == NULL)
		return PLACE_UNKNOWN;
	return trace_get_integer(record, "layer", &layer) ? PLACE_LAYER : PLACE_OUTSIDE;
}

static void
add_event(struct reading *reading, const struct trace_record *record)
{
	struct side *side = reading->side;
	enum row_class class = record->kind == TRACE_MEMCPY ? ROW_COPY
	    : record->kind == TRACE_MEMSET ? ROW_FILL
	    : slice_is(string_or_empty(record, "type"), type_names[TYPE_COMMUNICATION]) ? ROW_COMMUNICATION
	    : ROW_COMPUTE;
	struct event event;
	int64_t number, duration, clipped;

	if (!trace_get_ns(record, "ts", &event.start) || !trace_get_ns(record, "dur", &duration) ||
	    duration < 0)
		trace_fail(record, "no times \"ts\" and \"dur\" that can be added up");
	if (trace_get_ns(record, "clipped_by", &clipped) && clipped <= duration)
		duration -= clipped;
	event.end = event.start + duration;
	event.index = (uint64_t)trace_need_integer(record, "index");
	event.row = row_of(reading, record, class, place_of(record),
	    trace_need_string(record, "name"));
	if (!trace_get_integer(record, "pass", &number)) {
		side->loose = memory_grow(side->loose, side->loose_count, &side->loose_capacity,
		    sizeof(*side->loose));
		side->loose[side->loose_count++] = (struct loose){ event,
			device_of(reading, record) };
		return;
	}
	event.pass = pass_of(reading, record, number);
	side->events = memory_grow(side->events, side->event_count, &side->event_capacity,
	    sizeof(event));
	side->events[side->event_count++] = event;
}

/* Its time says which passes a gap lies in: its "pass" is that of the work after it, which
 * may be a copy without one. */
static void
add_gap(struct reading *reading, const struct trace_record *record)
{
	struct side *side = reading->side;
	struct gap gap;

	gap.start = trace_need_integer(record, "start_ns");
	gap.end = gap.start + trace_need_integer(record, "gap_ns");
	gap.row = row_of(reading, record, ROW_IDLE, PLACE_UNKNOWN,
	    trace_need_string(record, "cause"));
	gap.device = device_of(reading, record);
	side->gaps = memory_grow(side->gaps, side->gap_count, &side->gap_capacity, sizeof(gap));
	side->gaps[side->gap_count++] = gap;
}

static void
set_stage(struct reading *reading, const struct trace_record *record)
{
	struct slice word = string_or_empty(record, "stage");
	uint32_t pass = pass_of(reading, record, trace_need_integer(record, "pass"));

	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (slice_is(word, stage_names[stage]))
			reading->side->passes[pass].stage = (enum stage)stage;
}

static void
add(struct reading *reading, const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_TRACE:
		reading->side->streams++;
		break;
	case TRACE_KERNEL:
	case TRACE_MEMCPY:
	case TRACE_MEMSET:
		add_event(reading, record);
		break;
	case TRACE_PASS:
		set_stage(reading, record);
		break;
	default:
		reading->side->has_gaps = reading->side->has_gaps ||
		    slice_is(record->kind_name, "account");
		if (slice_is(record->kind_name, "gap"))
			add_gap(reading, record);
	}
}

/* What is idle and has no gap of its own: short gaps that tr-account does not list, or all of
 * it where the stream has no account. */
static uint32_t
rest_row(struct reading *reading)
{
	static const struct trace_record none = { .kind = TRACE_OTHER };
	const char *name = reading->side->has_gaps ? "not listed" : "idle";

	return row_of(reading, &none, ROW_IDLE, PLACE_UNKNOWN,
	    (struct slice){ name, strlen(name) });
}

void
side_read(struct side *side, struct rows *rows, char *const *files)
{
	struct reading reading = { .side = side, .rows = rows };
	struct trace_reader *in = trace_reader_open(files);
	const struct trace_record *record;

	while ((record = trace_reader_next(in)) != NULL)
		add(&reading, record);
	trace_reader_close(in);
	if (side->event_count == 0)
		die("%s: no kernel of it is in a pass (tr-layers --kernels finds passes%s)",
		    files[0] != NULL ? files[0] : "<stdin>", side->has_gaps
		    ? "; its records go before those of tr-account, which has no kernels" : "");
	charge_passes(side, rows, rest_row(&reading));
	text_free(&reading.key);
}

void
rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		free((char *)rows->rows[i].name);
		free((char *)rows->rows[i].short_name);
		free((char *)rows->rows[i].type);
	}
	free(rows->rows);
	map_free(&rows->map);
}

void
side_free(struct side *side)
{
	for (size_t i = 0; i < side->pass_count; i++)
		free(side->passes[i].shares);
	free(side->passes);
	free(side->events);
	free(side->loose);
	free(side->gaps);
	map_free(&side->keys);
	map_free(&side->devices);
}
