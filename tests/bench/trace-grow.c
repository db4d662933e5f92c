/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a trace of any size out of a real one: its events over and over, each time later and
 * with correlations of their own. Streams: trace-grow 20G trace.json.gz | tr-parse */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "json/json_scan.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"

/* A number in the events that grows with each round. */
struct growing {
	size_t offset, length; /* in the trace's bytes */
	int64_t value;         /* without the decimal point */
	int decimals;
	bool is_time;
};

struct trace {
	struct text bytes;
	size_t events_begin, events_end; /* behind '[' and at ']' */
	struct growing *numbers;
	size_t count, capacity;
	int64_t first_ns, last_ns; /* of all events */
	int64_t ids;               /* more than the largest correlation */
};

static const struct option_spec option_table[] = {
	{ 0, NULL, NULL, NULL },
};

static const struct program program = {
	.name = "trace-grow",
	.usage = "SIZE TRACE",
	.sentence = "Repeat a trace's events, later each time, up to SIZE bytes (20G, 512M).",
	.options = option_table,
	.example = "trace-grow 1M fixtures/tr-parse/small.in.json | wc -c",
	.status = NULL,
};

static void
read_all(const char *path, struct text *bytes)
{
	struct input *input = input_open(path);
	ptrdiff_t got;

	while ((got = input_read(input, text_reserve(bytes, 1 << 20), 1 << 20)) > 0)
		bytes->length += (size_t)got;
	if (got < 0)
		die("%s: %s", path, input_error(input));
	input_close(input);
}

static void
add_number(struct trace *trace, struct slice spelled, bool is_time)
{
	struct growing number = { .length = spelled.length, .is_time = is_time };
	bool behind_point = false;

	number.offset = (size_t)(spelled.bytes - trace->bytes.bytes);
	for (size_t i = 0; i < spelled.length; i++) {
		if (spelled.bytes[i] == '.') {
			behind_point = true;
			continue;
		}
		if (spelled.bytes[i] < '0' || spelled.bytes[i] > '9' ||
		    number.value > INT64_MAX / 100)
			return; /* of another form: stays as it is */
		number.value = number.value * 10 + (spelled.bytes[i] - '0');
		number.decimals += behind_point;
	}
	if (number.decimals > 3)
		return;
	trace->numbers = memory_grow(trace->numbers, trace->count, &trace->capacity,
	    sizeof(*trace->numbers));
	trace->numbers[trace->count++] = number;
	if (!is_time && number.value >= trace->ids)
		trace->ids = number.value + 1;
}

static int64_t
nanoseconds(struct slice spelled)
{
	return (int64_t)(json_scan_number(spelled) * 1000);
}

static void
add_arguments(struct trace *trace, struct slice arguments)
{
	const char *at = arguments.bytes + 1, *end = arguments.bytes + arguments.length;
	struct json_member member;

	if (arguments.bytes[0] != '{')
		return;
	for (bool first = true;; first = false) {
		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			return;
		if (slice_equals(member.key, "correlation"))
			add_number(trace, member.value, false);
	}
}

/* `at` points behind the event's '{'. Meta events ("M") say when the trace was written, not
 * when something happened. */
static void
add_event(struct trace *trace, const char *at, const char *end)
{
	struct slice ts = { "0", 1 }, dur = { "0", 1 }, phase = { "", 0 };
	struct json_member member;

	for (bool first = true;; first = false) {
		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			break;
		if (slice_equals(member.key, "ph"))
			phase = member.value;
		if (slice_equals(member.key, "ts"))
			ts = member.value;
		if (slice_equals(member.key, "dur"))
			dur = member.value;
		if (slice_equals(member.key, "ts") || slice_equals(member.key, "id"))
			add_number(trace, member.value, slice_equals(member.key, "ts"));
		if (slice_equals(member.key, "args"))
			add_arguments(trace, member.value);
	}
	if (!slice_equals(phase, "\"X\"") || ts.bytes[0] == '"' || ts.bytes[0] == '0')
		return;
	if (trace->first_ns == 0 || nanoseconds(ts) < trace->first_ns)
		trace->first_ns = nanoseconds(ts);
	if (nanoseconds(ts) + nanoseconds(dur) > trace->last_ns)
		trace->last_ns = nanoseconds(ts) + nanoseconds(dur);
}

static const char *
find_events(const char *bytes, const char *end)
{
	const char *at = json_skip_space(bytes, end);
	struct json_member member;
	struct json_fault fault;

	if (at < end && *at == '[')
		return at;
	if (json_skip_value(at, end, &fault) == NULL || *at != '{')
		die("not a trace: %s", "no object");
	at++;
	for (bool first = true;; first = false) {
		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			die("not a trace: %s", "no traceEvents");
		if (slice_equals(member.key, "traceEvents"))
			return member.value.bytes;
	}
}

static void
read_trace(struct trace *trace, const char *path)
{
	const char *at, *end;
	struct json_fault fault;

	read_all(path, &trace->bytes);
	end = trace->bytes.bytes + trace->bytes.length;
	at = find_events(trace->bytes.bytes, end) + 1;
	trace->events_begin = (size_t)(at - trace->bytes.bytes);
	for (at = json_skip_space(at, end); *at != ']'; at = json_skip_space(at, end)) {
		const char *behind = json_skip_value(at, end, &fault);

		if (behind == NULL || *at != '{')
			die("%s: not a trace", path);
		add_event(trace, at + 1, behind);
		at = json_skip_space(behind, end);
		at += *at == ',';
	}
	trace->events_end = (size_t)(at - trace->bytes.bytes);
	if (trace->count == 0)
		die("%s: no events", path);
}

/* Digits with the decimal point back in; returns how many bytes. */
static size_t
spell(char *out, int64_t value, int decimals)
{
	char digits[24];
	size_t count = 0, length = 0;

	do
		digits[count++] = (char)('0' + value % 10);
	while ((value /= 10) != 0 || count <= (size_t)decimals);
	while (count > 0) {
		if (count == (size_t)decimals)
			out[length++] = '.';
		out[length++] = digits[--count];
	}
	return length;
}

/* All events once, `round` spans later. Returns the bytes written. */
static uint64_t
write_round(const struct trace *trace, struct output *out, int64_t round)
{
	static const int64_t scale[] = { 1000, 100, 10, 1 }; /* ns of the last decimal */
	int64_t shift = round * (trace->last_ns - trace->first_ns + 1000000);
	size_t at = trace->events_begin;
	uint64_t written = 0;
	char digits[32];

	for (size_t i = 0; i < trace->count; i++) {
		const struct growing *number = &trace->numbers[i];
		int64_t add = number->is_time ? shift / scale[number->decimals] :
		    round * trace->ids;
		size_t length = spell(digits, number->value + add, number->decimals);

		output_bytes(out, trace->bytes.bytes + at, number->offset - at);
		output_bytes(out, digits, length);
		written += number->offset - at + length;
		at = number->offset + number->length;
	}
	output_bytes(out, trace->bytes.bytes + at, trace->events_end - at);
	return written + trace->events_end - at;
}

static uint64_t
parse_size(const struct option_scan *scan, const char *text)
{
	static const char units[] = "KMGT";
	char *end;
	unsigned long long size = strtoull(text, &end, 10);
	const char *unit = *end != '\0' ? strchr(units, *end) : NULL;

	if (end == text || (*end != '\0' && (unit == NULL || end[1] != '\0')))
		options_fail(scan, "no size: '%s'", text);
	return unit != NULL ? (uint64_t)size << (10 * (unit - units + 1)) : (uint64_t)size;
}

int
main(int argc, char *argv[])
{
	struct option_scan scan;
	struct trace trace = { 0 };
	struct output *out;
	uint64_t size, written = 0;

	options_begin(&scan, &program, argc, argv);
	while (options_next(&scan) != OPTION_END)
		;
	if (scan.operand_count != 2)
		options_fail(&scan, "a size and a trace are wanted");
	size = parse_size(&scan, scan.operands[0]);
	read_trace(&trace, scan.operands[1]);
	out = output_stdout();
	output_bytes(out, trace.bytes.bytes, trace.events_begin);
	for (int64_t round = 0; round == 0 || written < size; round++) {
		if (round > 0)
			output_char(out, ',');
		written += write_round(&trace, out, round);
	}
	output_bytes(out, trace.bytes.bytes + trace.events_end,
	    trace.bytes.length - trace.events_end);
	output_close(out);
	free(trace.numbers);
	text_free(&trace.bytes);
	return 0;
}
