/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts each line of a trace stream into its top-level fields. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "json/json_scan.h"
#include "base/lines.h"
#include "base/memory.h"
#include "base/text.h"
#include "json/plain.h"
#include "trace/layout.h"
#include "trace/trace_record.h"

struct trace_reader {
	struct lines lines;
	bool inside;          /* a `trace` has come and its `end` has not */
	bool expects_trace;   /* nothing stands outside */
	struct trace_record record;
	struct trace_field *fields;
	size_t capacity;
	struct arena decoded; /* strings with escapes in them */
	struct layouts layouts;
	struct layout *layout; /* of the record; NULL when it has none */
	bool as_expected; /* the record is as its layout has it, */
	bool distinct; /* and no field comes twice */
};

static const char *const kind_names[] = {
	[TRACE_TRACE] = "trace",
	[TRACE_KERNEL] = "kernel",
	[TRACE_MEMCPY] = "memcpy",
	[TRACE_MEMSET] = "memset",
	[TRACE_LAUNCH] = "launch",
	[TRACE_MODULE] = "module",
	[TRACE_FRAME] = "frame",
	[TRACE_ANNOTATION] = "annotation",
	[TRACE_OP] = "op",
	[TRACE_STACK] = "stack",
	[TRACE_LAYER] = "layer",
	[TRACE_PASS] = "pass",
	[TRACE_SUMMARY] = "summary",
	[TRACE_END] = "end",
};

static struct trace_reader *
new_reader(void)
{
	struct trace_reader *reader = memory_alloc_zero(1, sizeof(*reader));

	reader->record.reader = reader;
	return reader;
}

struct trace_reader *
trace_reader_open(char *const *files)
{
	struct trace_reader *reader = new_reader();

	lines_open(&reader->lines, files);
	return reader;
}

void
trace_reader_expect_trace(struct trace_reader *reader)
{
	reader->expects_trace = true;
}

struct trace_reader *
trace_reader_open_input(struct input *input)
{
	struct trace_reader *reader = new_reader();

	lines_open_input(&reader->lines, input);
	return reader;
}

static _Noreturn void
fail_cut(const struct trace_reader *reader)
{
	trace_fail(&reader->record,
	    "input is cut: the stream does not close with an `end` record");
}

static void
end_file(struct trace_reader *reader)
{
	if (reader->inside)
		fail_cut(reader);
	if (reader->lines.number == 0)
		die("%s: input is empty", reader->lines.file);
	lines_close_file(&reader->lines);
}

static struct slice
decode(struct trace_reader *reader, struct slice string)
{
	struct text text = { 0 };
	struct slice decoded;

	if (memchr(string.bytes, '\\', string.length) == NULL)
		return string;
	json_unescape(&text, string);
	decoded = (struct slice){ arena_copy(&reader->decoded, text.bytes, text.length),
		text.length };
	text_free(&text);
	return decoded;
}

static inline void
add_field(struct trace_reader *reader, struct slice key, struct slice value)
{
	struct trace_record *record = &reader->record;

	/* memory_grow would be called for every field. */
	if (record->field_count == reader->capacity) {
		reader->capacity = reader->capacity > 0 ? 2 * reader->capacity : 64;
		reader->fields = memory_resize(reader->fields, reader->capacity,
		    sizeof(*reader->fields));
	}
	reader->fields[record->field_count++] = (struct trace_field){ key, value };
}

static enum trace_kind
kind_of(struct slice name)
{
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
		if (kind_names[i] != NULL && slice_equals(name, kind_names[i]))
			return (enum trace_kind)i;
	return TRACE_OTHER;
}

static const struct trace_record *
refuse(struct json_fault *fault, const char *at, const char *message)
{
	*fault = (struct json_fault){ at, message };
	return NULL;
}

/* The fields from `at` on, which points after the brace or, with `layout`, after the kind.
 * Up to `readable`, which may be after `end`, bytes can be read. Returns the byte after the
 * closing brace, or NULL with `fault` filled. */
static const char *
read_fields(struct trace_reader *reader, struct layout *layout, const char *at, const char *end,
    const char *readable, struct json_fault *fault)
{
	struct trace_record *record = &reader->record;

	reader->as_expected = layout != NULL;
	reader->distinct = layout != NULL && !layout->twice;
	for (;;) {
		size_t place = record->field_count;
		struct json_member member = { .key_escaped = false };
		const char *value = layout != NULL ?
		    layout_expect(layout, place, at, end, &member.key) : NULL;
		const char *after = value != NULL && value < end ?
		    json_plain_value(value, readable) : NULL;

		if (value != NULL && (after == NULL || after > end))
			after = json_skip_value(value, end, fault);
		if (value != NULL && after == NULL)
			return NULL;
		if (value != NULL) {
			add_field(reader, member.key,
			    (struct slice){ value, (size_t)(after - value) });
			at = after;
			continue;
		}
		if (layout != NULL && at < end && *at == '}')
			return at + 1;
		at = json_next_member(at, end, place == 0, &member, fault);
		if (at == NULL || member.key.bytes == NULL)
			return at;
		reader->as_expected = reader->distinct = false;
		if (layout != NULL && !member.key_escaped)
			layout_learn(layout, place, member.key);
		add_field(reader, member.key_escaped ? decode(reader, member.key) : member.key,
		    member.value);
	}
}

/* `slack` bytes after the line can be read. */
static const struct trace_record *
parse(struct trace_reader *reader, struct slice line, size_t slack, struct json_fault *fault)
{
	struct trace_record *record = &reader->record;
	struct layout *layout = layouts_find(&reader->layouts, line);
	const char *at = line.bytes, *end = line.bytes + line.length;
	struct slice kind;

	arena_reset(&reader->decoded);
	reader->layout = layout;
	record->line = line;
	record->field_count = 0;
	if (layout != NULL) {
		kind = (struct slice){ at + 8, layout->begin_length - 8 };
		at += layout->begin_length;
		add_field(reader, (struct slice){ line.bytes + 2, 4 }, kind);
	} else {
		at = json_skip_space(line.bytes, end);
		if (at == end || *at != '{')
			return refuse(fault, at, "not a JSON object");
		at++;
	}
	at = read_fields(reader, layout, at, end, end + slack, fault);
	if (at == NULL)
		return NULL;
	if (layout != NULL && !reader->as_expected)
		layout_learned(layout, record->field_count);
	record->fields = reader->fields;
	at = json_skip_space(at, end);
	if (at != end)
		return refuse(fault, at, "more than one JSON object");
	if (layout != NULL) {
		record->kind_name = (struct slice){ kind.bytes + 1, kind.length - 2 };
		record->kind = (enum trace_kind)layout->kind;
		return record;
	}
	kind = trace_get(record, "kind");
	if (kind.bytes == NULL || *kind.bytes != '"')
		return refuse(fault, line.bytes, "no string \"kind\"");
	record->kind_name = decode(reader, (struct slice){ kind.bytes + 1, kind.length - 2 });
	record->kind = kind_of(record->kind_name);
	layouts_add(&reader->layouts, (struct slice){ kind.bytes + 1, kind.length - 2 },
	    (int)record->kind);
	return record;
}

const struct trace_record *
trace_reader_parse(struct trace_reader *reader, struct slice line, struct json_fault *fault)
{
	return parse(reader, line, 0, fault);
}

/* A first line that is JSON, or begins like it, but no record. */
static bool
may_be_profile(const struct trace_record *record, struct slice line)
{
	return record->line_number == 1 && (line.bytes[0] == '{' || line.bytes[0] == '[');
}

static void
parse_line(struct trace_reader *reader, struct slice line)
{
	const struct trace_record *record = &reader->record;
	struct json_fault fault;

	if (parse(reader, line, LINES_SLACK, &fault) != NULL)
		return;
	if (may_be_profile(record, line))
		die("%s:%llu:%zu: %s; is this a profiler's trace? tr-parse makes records of it: "
		    "tr-parse -a FILE | tr-classify | tr-layers", record->file,
		    (unsigned long long)record->line_number,
		    (size_t)(fault.at - line.bytes) + 1, fault.message);
	else
		die("%s:%llu:%zu: %s", record->file, (unsigned long long)record->line_number,
		    (size_t)(fault.at - line.bytes) + 1, fault.message);
}

/* The next line that is not empty; false at the end of the last file. */
static bool
next_line(struct trace_reader *reader, struct slice *line)
{
	struct lines *lines = &reader->lines;

	for (;;) {
		if (lines->input == NULL && !lines_next_file(lines))
			return false;
		if (!lines_next(lines, line))
			end_file(reader);
		else if (line->length > 0)
			return true;
	}
}

const struct trace_record *
trace_reader_next(struct trace_reader *reader)
{
	struct trace_record *record = &reader->record;
	struct slice line;

	if (!next_line(reader, &line))
		return NULL;
	record->file = reader->lines.file;
	record->line_number = reader->lines.number;
	parse_line(reader, line);
	if (record->kind == TRACE_TRACE) {
		if (reader->inside)
			fail_cut(reader);
		reader->inside = true;
	} else if (!reader->inside && reader->expects_trace) {
		trace_fail(record, "no `trace` record goes before this one: the beginning of the "
		    "stream is missing");
	} else if (record->kind == TRACE_END) {
		reader->inside = false;
	}
	return record;
}

void
trace_reader_close(struct trace_reader *reader)
{
	lines_close(&reader->lines);
	arena_free(&reader->decoded);
	free(reader->fields);
	free(reader);
}

void
trace_fail(const struct trace_record *record, const char *format, ...)
{
	struct text message = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_add_arguments(&message, format, arguments);
	va_end(arguments);
	die("%s:%llu: %s", record->file, (unsigned long long)record->line_number, message.bytes);
}

struct slice
trace_get(const struct trace_record *record, const char *key)
{
	struct layout_asked *asked;
	size_t at;

	if (record->field_count == 0) /* made by no reader, it may be */
		return (struct slice){ NULL, 0 };
	asked = record->reader->distinct ? layout_asked(record->reader->layout, key) : NULL;
	if (asked == NULL || asked->key != key) {
		for (at = 0; at < record->field_count; at++)
			if (slice_equals(record->fields[at].key, key))
				break;
		/* A record may end before the last field that others of its layout have. */
		if (asked != NULL && (at < record->field_count ||
		    at == record->reader->layout->count))
			*asked = (struct layout_asked){ key, at };
	} else {
		at = asked->place;
	}
	return at < record->field_count ? record->fields[at].value : (struct slice){ NULL, 0 };
}

/* Whether the field is there and not null. */
static bool
has_value(struct slice value)
{
	return value.bytes != NULL && value.bytes[0] != 'n';
}

bool
trace_get_string(const struct trace_record *record, const char *key, struct slice *text)
{
	struct slice value = trace_get(record, key);

	if (!has_value(value))
		return false;
	if (value.bytes[0] != '"')
		trace_fail(record, "\"%s\" is not a string", key);
	*text = decode(record->reader, (struct slice){ value.bytes + 1, value.length - 2 });
	return true;
}

static bool
is_number(struct slice value)
{
	return value.bytes[0] == '-' || (value.bytes[0] >= '0' && value.bytes[0] <= '9');
}

bool
trace_get_number(const struct trace_record *record, const char *key, double *number)
{
	struct slice value = trace_get(record, key);

	if (!has_value(value))
		return false;
	if (!is_number(value))
		trace_fail(record, "\"%s\" is not a number", key);
	*number = json_scan_number(value);
	return true;
}

bool
trace_get_ns(const struct trace_record *record, const char *key, int64_t *ns)
{
	struct slice value = trace_get(record, key);

	if (!has_value(value))
		return false;
	if (!is_number(value))
		trace_fail(record, "\"%s\" is not a number", key);
	return json_scan_thousandths(value, ns);
}

bool
trace_get_integer(const struct trace_record *record, const char *key, int64_t *number)
{
	struct slice value = trace_get(record, key);

	if (!has_value(value))
		return false;
	if (!json_scan_integer(value, number))
		trace_fail(record, "\"%s\" is not a whole number", key);
	return true;
}

bool
trace_get_bool(const struct trace_record *record, const char *key, bool *truth)
{
	struct slice value = trace_get(record, key);

	if (!has_value(value))
		return false;
	if (value.bytes[0] != 't' && value.bytes[0] != 'f')
		trace_fail(record, "\"%s\" is neither true nor false", key);
	*truth = value.bytes[0] == 't';
	return true;
}

struct slice
trace_need_string(const struct trace_record *record, const char *key)
{
	struct slice text;

	if (!trace_get_string(record, key, &text))
		trace_fail(record, "no string \"%s\"", key);
	return text;
}

double
trace_need_number(const struct trace_record *record, const char *key)
{
	double number;

	if (!trace_get_number(record, key, &number))
		trace_fail(record, "no number \"%s\"", key);
	return number;
}

double
trace_need_duration(const struct trace_record *record)
{
	double us = trace_need_number(record, "dur"), clipped;

	if (trace_get_number(record, "clipped_by", &clipped) && clipped > 0 && clipped <= us)
		us -= clipped;
	return us;
}

int64_t
trace_need_integer(const struct trace_record *record, const char *key)
{
	int64_t number;

	if (!trace_get_integer(record, key, &number))
		trace_fail(record, "no whole number \"%s\"", key);
	return number;
}

void
trace_write(const struct trace_record *record, struct output *out)
{
	output_bytes(out, record->line.bytes, record->line.length);
	output_char(out, '\n');
}

static bool
is_owned(const char *const *owned, struct slice key)
{
	for (; owned != NULL && *owned != NULL; owned++)
		if (slice_equals(key, *owned))
			return true;
	return false;
}

/* Whether the record has a field that is owned. Those of one layout all have, or none. */
static bool
has_owned(const struct trace_record *record, const char *const *owned)
{
	struct layout *layout = record->reader->layout;
	bool expected = layout != NULL && record->reader->distinct &&
	    record->field_count == layout->count, found = false;

	if (expected && layout->owned == owned)
		return layout->has_owned;
	for (size_t i = 0; i < record->field_count && !found; i++)
		found = is_owned(owned, record->fields[i].key);
	if (expected) {
		layout->owned = owned;
		layout->has_owned = found;
	}
	return found;
}

/* The fields one by one, without those that are owned. Whether there were any. */
static bool
write_others(const struct trace_record *record, struct output *out, const char *const *owned)
{
	bool first = true;

	output_char(out, '{');
	for (size_t i = 0; i < record->field_count; i++) {
		const struct trace_field *field = &record->fields[i];
		struct text key = { 0 };

		if (is_owned(owned, field->key))
			continue;
		json_escape(&key, field->key);
		output_string(out, first ? "" : ",");
		output_bytes(out, key.bytes, key.length);
		output_char(out, ':');
		output_bytes(out, field->value.bytes, field->value.length);
		text_free(&key);
		first = false;
	}
	return !first;
}

void
trace_write_with(const struct trace_record *record, struct output *out,
    const char *const *owned, struct slice members)
{
	size_t length = record->line.length;
	bool others = true;

	if (has_owned(record, owned)) {
		others = write_others(record, out, owned);
	} else {
		while (record->line.bytes[length - 1] != '}')
			length--;
		output_bytes(out, record->line.bytes, length - 1);
	}
	output_string(out, others ? "," : "");
	output_bytes(out, members.bytes, members.length);
	output_string(out, "}\n");
}
