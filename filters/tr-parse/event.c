/* SPDX-License-Identifier: Apache-2.0 */
/* What an event's fields say: kind, times, place, and whether it is wanted. */
#include <string.h>

#include "event.h"
#include "fields.h"
#include "json/json_scan.h"

const char *const event_kind_names[EVENT_KINDS] = {
	[EVENT_KERNEL] = "kernel",
	[EVENT_MEMCPY] = "memcpy",
	[EVENT_MEMSET] = "memset",
	[EVENT_LAUNCH] = "launch",
	[EVENT_MODULE] = "module",
	[EVENT_FRAME] = "frame",
	[EVENT_ANNOTATION] = "annotation",
	[EVENT_OP] = "op",
	[EVENT_CALL] = "call",
	[EVENT_OVERHEAD] = "overhead",
};

/* Runtime calls that put work on a GPU, whatever the vendor calls them. */
static bool
is_launch(struct slice name)
{
	static const char *const words[] = { "Launch", "Memcpy", "Memset", "memcpy", "memset" };

	for (size_t at = 0; at + 6 <= name.length; at++) {
		if (name.bytes[at] != 'L' && (name.bytes[at] | 0x20) != 'm')
			continue;
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (memcmp(name.bytes + at, words[i], 6) == 0)
				return true;
	}
	return false;
}

static bool
is_number(struct slice value)
{
	return value.bytes != NULL &&
	    (value.bytes[0] == '-' || (value.bytes[0] >= '0' && value.bytes[0] <= '9'));
}

/* The number in a value that is one or, in quotes, spells one, maybe after a word as in
 * "stream 7"; bytes NULL when there is none. */
static struct slice
number_in(struct slice value)
{
	struct slice text = event_text(value);
	struct json_fault fault;

	if (is_number(value))
		return value;
	if (slice_begins(text, "stream "))
		text = (struct slice){ text.bytes + 7, text.length - 7 };
	if (is_number(text) && json_skip_value(text.bytes, text.bytes + text.length, &fault) ==
	    text.bytes + text.length)
		return text;
	return (struct slice){ NULL, 0 };
}

/* The same for what is to be a whole number that fits 64 bits. */
static struct slice
integer_in(struct slice value)
{
	struct slice number = number_in(value);
	int64_t integer;

	if (number.bytes == NULL || (number.length >= 19 && !json_scan_integer(number, &integer)))
		return (struct slice){ NULL, 0 };
	for (size_t i = number.bytes[0] == '-'; i < number.length; i++)
		if (!json_is_digit(number.bytes[i]))
			return (struct slice){ NULL, 0 };
	return number;
}

/* Merged traces have the rank's label before the process: "[TP03] 3". */
static void
read_label(struct event *event)
{
	const char *at = event->pid.bytes, *end, *close;

	if (at == NULL || event->pid.length < 4 || at[0] != '"' || at[1] != '[')
		return;
	end = at + event->pid.length;
	close = memchr(at, ']', (size_t)(end - at));
	if (close == NULL || close == at + 2)
		return;
	event->label = (struct slice){ at + 2, (size_t)(close - at - 2) };
}

/* The process without a label. */
static struct slice
process(const struct event *event)
{
	const char *end, *at;

	if (event->label.bytes == NULL)
		return number_in(event->pid);
	end = event->pid.bytes + event->pid.length;
	at = json_skip_space(event->label.bytes + event->label.length + 1, end - 1);
	return (struct slice){ at, (size_t)(end - 1 - at) };
}

/* Old traces say device and stream with the event's process and thread only. */
static void
place(struct event *event)
{
	struct json_fault fault;

	event->device = integer_in(event->device);
	event->stream = integer_in(event->stream);
	if (event->device.bytes == NULL) {
		struct slice text = process(event);

		if (is_number(text) && json_skip_value(text.bytes, text.bytes + text.length,
		    &fault) == text.bytes + text.length)
			event->device = integer_in(text);
	}
	if (event->stream.bytes == NULL)
		event->stream = integer_in(event->tid);
}

static bool
is_listed(const int64_t *list, size_t count, struct slice number)
{
	int64_t value;

	if (count == 0)
		return true;
	if (!json_scan_integer(number, &value))
		return false;
	for (size_t i = 0; i < count; i++)
		if (list[i] == value)
			return true;
	return false;
}

static bool
is_wanted(const struct event *event, const struct selection *selection)
{
	double ts;

	if (event->gpu && (!is_listed(selection->devices, selection->device_count, event->device) ||
	    !is_listed(selection->streams, selection->stream_count, event->stream)))
		return false;
	if (!selection->has_from && !selection->has_to)
		return true;
	ts = json_scan_number(event->ts);
	return !(selection->has_from && ts < selection->from) &&
	    !(selection->has_to && ts >= selection->to);
}

/* What kind of record the event makes, beyond what its category tells. */
static enum event_kind
kind_of(const struct event *event)
{
	struct slice name = event_text(event->name);

	if (event->kind == EVENT_LAUNCH)
		return is_launch(name) ? EVENT_LAUNCH : EVENT_CALL;
	if (!event->gpu && slice_begins(name, EVENT_MODULE_PREFIX))
		return EVENT_MODULE;
	return event->kind;
}

/* Without a time an event has no place. */
static bool
read_times(struct event *event, struct slice bytes, struct json_fault *fault)
{
	struct slice ts = number_in(event->ts), dur = number_in(event->dur);

	*fault = (struct json_fault){ event->ts.bytes != NULL ? event->ts.bytes : bytes.bytes,
		"no usable \"ts\"" };
	if (ts.bytes == NULL || !json_scan_thousandths(ts, &event->ts_ns))
		return false;
	/* Without one it is 0, as viewers read it. */
	*fault = (struct json_fault){ event->dur.bytes, "no usable \"dur\"" };
	if (event->dur.bytes != NULL &&
	    (dur.bytes == NULL || !json_scan_thousandths(dur, &event->dur_ns)))
		return false;
	event->ts = ts;
	event->dur = dur;
	return true;
}

/* Sums and spans in the census. */
static void
take_census(const struct event *event, struct census *census)
{
	struct census_rank *rank = census_rank(census, event->label);

	if (event->gpu) {
		if (event->kind == EVENT_ANNOTATION)
			return;
		rank->ts_zero += event->ts_ns <= 0;
		rank->negative += event->ts_ns > 0 && event->dur_ns < 0;
		rank->zero_duration += event->ts_ns > 0 && event->dur_ns == 0;
	} else if (event->kind != EVENT_OVERHEAD && event->ts_ns > 0 && event->dur_ns >= 0) {
		if (rank->first_ns == 0 || event->ts_ns < rank->first_ns)
			rank->first_ns = event->ts_ns;
		if (event->ts_ns + event->dur_ns > rank->last_ns)
			rank->last_ns = event->ts_ns + event->dur_ns;
	}
}

/* What follows from the fields. */
static enum event_result
judge(struct event *event, struct slice bytes, const struct selection *selection,
    struct census *census, struct json_fault *fault)
{
	event->kind = kind_of(event);
	if (event->kind != EVENT_SPAN && !selection->kinds[event->kind])
		return EVENT_LEFT_OUT;
	read_label(event);
	if (!read_times(event, bytes, fault)) {
		if (event->kind == EVENT_SPAN)
			return EVENT_LEFT_OUT;
		census_rank(census, event->label)->no_time[event->gpu]++;
		return EVENT_DAMAGED;
	}
	take_census(event, census);
	if (event->kind == EVENT_SPAN)
		return EVENT_LEFT_OUT;
	fields_read_arguments(event);
	event->correlation = integer_in(event->correlation);
	if (event->gpu)
		place(event);
	return is_wanted(event, selection) ? EVENT_WANTED : EVENT_LEFT_OUT;
}

enum event_result
event_read(struct event *event, struct slice bytes, const struct selection *selection,
    struct seen *seen, struct census *census, struct json_fault *fault)
{
	if (!fields_read(event, bytes, selection, seen, census))
		return EVENT_LEFT_OUT;
	return judge(event, bytes, selection, census, fault);
}

const char *
event_find(struct event *event, struct slice text, const struct selection *selection,
    struct seen *seen, struct census *census, enum event_result *result,
    struct json_fault *fault)
{
	const char *end;

	switch (fields_find(event, text, seen, census, &end)) {
	case FIELDS_NONE:
		return NULL;
	case FIELDS_LEFT_OUT:
		*result = EVENT_LEFT_OUT;
		return end;
	default:
		text.length = (size_t)(end - text.bytes);
		*result = judge(event, text, selection, census, fault);
		return end;
	}
}
