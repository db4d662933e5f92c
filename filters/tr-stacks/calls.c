/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps each span small: what it says is kept once for all that say the same. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"

/* Drops " at 0x7f1951d023e0": where an object lies is not what was called. */
static void
add_without_address(struct text *json, struct slice value)
{
	static const char mark[] = " at 0x";
	size_t length = sizeof(mark) - 1, at, end;

	for (at = 0; at + length <= value.length; at++)
		if (memcmp(value.bytes + at, mark, length) == 0)
			break;
	if (at + length > value.length)
		at = value.length;
	text_add(json, value.bytes, at);
	if (at == value.length)
		return;
	for (end = at + length; end < value.length && isxdigit((unsigned char)value.bytes[end]);)
		end++;
	text_add(json, value.bytes + end, value.length - end);
}

static void
add_plain(struct text *label, const struct trace_record *record, const char *key)
{
	struct slice value = trace_get(record, key), text;
	struct text plain = { 0 };

	if (value.bytes != NULL && value.bytes[0] == '"' && trace_get_string(record, key, &text))
		value = text;
	if (value.bytes != NULL)
		add_without_address(&plain, value);
	for (size_t i = 0; i < plain.length; i++)
		text_add_char(label, plain.bytes[i] == ';' || (unsigned char)plain.bytes[i] < 32
		    ? ':' : plain.bytes[i]);
	text_free(&plain);
}

/* "forward (a.py:3)", "Attention", "aten::mm". */
static const char *
label_of(enum content_kind kind, const struct trace_record *record)
{
	struct text label = { 0 };
	struct slice file;
	const char *kept;

	if (kind == CONTENT_FRAME) {
		add_plain(&label, record, "function");
		if (trace_get_string(record, "file", &file)) {
			text_add_string(&label, " (");
			add_plain(&label, record, "file");
			text_add_char(&label, ':');
			add_plain(&label, record, "line");
			text_add_char(&label, ')');
		}
	} else if (kind == CONTENT_MODULE) {
		struct slice class = module_class(trace_need_string(record, "name"));

		text_add(&label, class.bytes, class.length);
	} else
		add_plain(&label, record, "name");
	kept = intern(label.length > 0 ? label.bytes : "", label.length);
	text_free(&label);
	return kept;
}

static uint32_t
content_of(struct calls *calls, enum content_kind kind, const struct text *json,
    const struct trace_record *record)
{
	void **place = map_put(&calls->content_index, json->bytes, json->length);

	if (*place == NULL) {
		calls->contents = memory_grow(calls->contents, calls->content_count,
		    &calls->content_capacity, sizeof(*calls->contents));
		calls->contents[calls->content_count++] = (struct content){ kind,
			intern(json->bytes, json->length), label_of(kind, record) };
		*place = (void *)(uintptr_t)calls->content_count;
	}
	return (uint32_t)((uintptr_t)*place - 1);
}

static void
add_field(struct text *json, const char *key, const struct trace_record *record)
{
	struct slice value = trace_get(record, key);

	text_add_format(json, "%c\"%s\":", json->length == 0 ? '{' : ',', key);
	if (value.bytes != NULL)
		add_without_address(json, value);
	else
		text_add_string(json, "null");
}

/* What a stack record says of it. */
static enum content_kind
describe(struct text *json, const struct trace_record *record)
{
	static const char *const frame_fields[] = { "file", "line", "function", NULL };
	static const char *const op_fields[] = { "name", "dims", "types", "strides", "inputs", NULL };
	const char *const *field = record->kind == TRACE_FRAME ? frame_fields : op_fields;

	if (record->kind == TRACE_MODULE) { /* without its number: all layers share one stack */
		json_escape(json, module_class(trace_need_string(record, "name")));
		return CONTENT_MODULE;
	}
	for (; *field != NULL; field++)
		add_field(json, *field, record);
	text_add_char(json, '}');
	return record->kind == TRACE_FRAME ? CONTENT_FRAME : CONTENT_OP;
}

static void
add_span(struct calls *calls, const struct trace_record *record)
{
	struct text json = { 0 };
	enum content_kind kind = describe(&json, record);
	struct span *span;
	int64_t ts, dur;

	if (!trace_get_ns(record, "ts", &ts) || !trace_get_ns(record, "dur", &dur)) {
		trace_need_number(record, "ts");
		trace_need_number(record, "dur");
		text_free(&json);
		return;
	}
	if (calls->span_count == INT32_MAX)
		trace_fail(record, "more than %d calls in one trace", INT32_MAX);
	calls->spans = memory_grow(calls->spans, calls->span_count, &calls->span_capacity,
	    sizeof(*calls->spans));
	span = &calls->spans[calls->span_count++];
	*span = (struct span){ .parent = NONE };
	span->content = content_of(calls, kind, &json, record);
	span->ts = ts;
	span->end = ts + dur;
	span->thread = launches_thread(&calls->launches, record);
	text_free(&json);
}

static void
add_ran(struct calls *calls, const struct trace_record *record)
{
	int64_t correlation;

	if (!trace_get_integer(record, "correlation", &correlation))
		return;
	calls->ran = memory_grow(calls->ran, calls->ran_count, &calls->ran_capacity,
	    sizeof(*calls->ran));
	calls->ran[calls->ran_count++] = correlation;
}

void
calls_add(struct calls *calls, const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_FRAME:
	case TRACE_MODULE:
	case TRACE_OP:
		add_span(calls, record);
		break;
	case TRACE_LAUNCH:
		launches_add(&calls->launches, record);
		break;
	case TRACE_KERNEL:
		add_ran(calls, record);
		break;
	default:
		break;
	}
}

/* Of two that begin together the longer one is around the other. */
static int
compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return a->content < b->content ? -1 : a->content > b->content;
}

static void
nest_spans(struct calls *calls)
{
	size_t i;

	for (i = 1; i < calls->span_count; i++) {
		struct span *span = &calls->spans[i];
		int32_t parent = (int32_t)i - 1;

		if (calls->spans[parent].thread != span->thread)
			continue;
		while (parent != NONE && calls->spans[parent].end < span->end)
			parent = calls->spans[parent].parent;
		span->parent = parent;
	}
}

void
calls_ready(struct calls *calls)
{
	launches_sort(&calls->launches);
	if (calls->span_count > 0)
		qsort(calls->spans, calls->span_count, sizeof(*calls->spans), compare_spans);
	nest_spans(calls);
}

int32_t
calls_at(const struct calls *calls, uint32_t thread, int64_t ts)
{
	size_t low = 0, high = calls->span_count;
	int32_t at;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct span *span = &calls->spans[middle];

		if (span->thread < thread || (span->thread == thread && span->ts <= ts))
			low = middle + 1;
		else
			high = middle;
	}
	at = (int32_t)low - 1;
	if (at == NONE || calls->spans[at].thread != thread)
		return NONE;
	while (at != NONE && calls->spans[at].end < ts)
		at = calls->spans[at].parent;
	return at;
}

void
calls_add_ops(const struct calls *calls, int32_t span, struct text *text)
{
	const char *comma = "";

	for (; span != NONE; span = calls->spans[span].parent)
		if (calls->contents[calls->spans[span].content].kind == CONTENT_OP) {
			text_add_format(text, "%s%d", comma, (int)span);
			comma = ",";
		}
}

void
calls_clear(struct calls *calls)
{
	free(calls->contents);
	free(calls->spans);
	launches_free(&calls->launches);
	free(calls->ran);
	map_free(&calls->content_index);
	*calls = (struct calls){ 0 };
}
