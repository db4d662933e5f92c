/* SPDX-License-Identifier: Apache-2.0 */
/* Values are copied as the trace spells them. */
#include <string.h>

#include "emit.h"
#include "json_scan.h"

static void
put(struct output *out, const char *name, struct slice value)
{
	output_string(out, name);
	if (value.bytes != NULL)
		output_bytes(out, value.bytes, value.length);
	else
		output_string(out, "null");
}

/* A number of any spelling; 0 bytes of it make `otherwise`. */
static void
put_number(struct output *out, const char *name, struct slice value, const char *otherwise)
{
	bool is_number = value.bytes != NULL &&
	    (value.bytes[0] == '-' || (value.bytes[0] >= '0' && value.bytes[0] <= '9'));

	put(out, name, is_number ? value : (struct slice){ otherwise, strlen(otherwise) });
}

/* Three numbers without the white space between them; null for anything else. Old traces
 * quote the list. */
static void
put_triple(struct output *out, const char *name, struct slice value)
{
	const char *at = value.bytes, *end = at + value.length;

	if (value.length > 2 && at[0] == '"') {
		struct json_fault fault;

		at++, end--;
		if (json_skip_value(at, end, &fault) != end)
			at = end;
	}
	output_string(out, name);
	if (at == NULL || at == end || *at != '[' ||
	    memchr(at, '{', (size_t)(end - at)) != NULL ||
	    memchr(at, '"', (size_t)(end - at)) != NULL) {
		output_string(out, "null");
		return;
	}
	for (; at < end; at++)
		if (strchr(" \t\r\n", *at) == NULL)
			output_char(out, *at);
}

static void
put_name(struct output *out, const char *name, struct slice value)
{
	if (value.bytes == NULL || value.bytes[0] != '"')
		value = (struct slice){ "\"\"", 2 };
	put(out, name, value);
}

/* A string value without the first `skipped` bytes of its text. */
static void
put_name_behind(struct output *out, const char *name, struct slice value, size_t skipped)
{
	output_string(out, name);
	output_char(out, '"');
	output_bytes(out, value.bytes + 1 + skipped, value.length - 1 - skipped);
}

static void
put_times(struct output *out, const struct event *event)
{
	put_number(out, ",\"ts\":", event->ts, "null");
	put_number(out, ",\"dur\":", event->dur, "0"); /* as viewers read it */
}

static void
put_thread(struct output *out, const struct event *event)
{
	put(out, ",\"pid\":", event->pid);
	put(out, ",\"tid\":", event->tid);
}

static void
put_place(struct output *out, const struct event *event)
{
	put(out, ",\"device\":", event->device);
	put(out, ",\"stream\":", event->stream);
}

/* "file(line): function"; what a name of another form says is the function. */
static void
put_frame_name(struct output *out, struct slice name)
{
	const char *at = name.bytes + 1, *end = name.bytes + name.length - 1;

	for (const char *open = at; open < end; open++) {
		const char *digit = open + 1;

		if (*open != '(')
			continue;
		while (digit < end && *digit >= '0' && *digit <= '9')
			digit++;
		if (digit == open + 1 || end - digit < 3 || memcmp(digit, "): ", 3) != 0 ||
		    (open[1] == '0' && digit > open + 2))
			continue;
		output_string(out, ",\"file\":\"");
		output_bytes(out, at, (size_t)(open - at));
		output_string(out, "\",\"line\":");
		output_bytes(out, open + 1, (size_t)(digit - open - 1));
		output_string(out, ",\"function\":\"");
		output_bytes(out, digit + 3, (size_t)(end - digit - 2));
		return;
	}
	put(out, ",\"file\":null,\"line\":null,\"function\":", name);
}

static void
put_python_ids(struct output *out, const struct event *event)
{
	put_number(out, ",\"python_id\":", event->python_id, "null");
	put_number(out, ",\"python_parent\":", event->python_parent, "null");
}

static void
emit_module(struct output *out, const struct event *event)
{
	put_name_behind(out, ",\"name\":", event->name, sizeof("nn.Module: ") - 1);
	put_times(out, event);
	put_thread(out, event);
	put_python_ids(out, event);
	put_number(out, ",\"module_id\":", event->module_id, "null");
}

static void
emit_frame(struct output *out, const struct event *event)
{
	if (event->name.bytes != NULL && event->name.bytes[0] == '"')
		put_frame_name(out, event->name);
	else
		output_string(out, ",\"file\":null,\"line\":null,\"function\":null");
	put_times(out, event);
	put_thread(out, event);
	put_python_ids(out, event);
}

static void
emit_gpu_work(struct output *out, const struct event *event)
{
	put_name(out, ",\"name\":", event->name);
	put_times(out, event);
	put_place(out, event);
	put(out, ",\"correlation\":", event->correlation);
	if (event->kind == EVENT_KERNEL) {
		put_triple(out, ",\"grid\":", event->grid);
		put_triple(out, ",\"block\":", event->block);
	} else {
		put_number(out, ",\"bytes\":", event->bytes, "null");
	}
}

static void
emit_launch(struct output *out, const struct event *event)
{
	put_name(out, ",\"name\":", event->name);
	put_times(out, event);
	put_thread(out, event);
	put(out, ",\"correlation\":", event->correlation);
}

static void
emit_annotation(struct output *out, const struct event *event)
{
	put_name(out, ",\"name\":", event->name);
	put_times(out, event);
	put_thread(out, event);
	if (event->gpu)
		put_place(out, event);
	output_string(out, event->gpu ? ",\"gpu\":true" : ",\"gpu\":false");
}

void
emit_event(struct output *out, const struct event *event, uint64_t index)
{
	output_format(out, "{\"kind\":\"%s\",\"index\":%llu",
	    event_kind_names[event->kind], (unsigned long long)index);
	switch (event->kind) {
	case EVENT_KERNEL:
	case EVENT_MEMCPY:
	case EVENT_MEMSET:
		emit_gpu_work(out, event);
		break;
	case EVENT_LAUNCH:
		emit_launch(out, event);
		break;
	case EVENT_MODULE:
		emit_module(out, event);
		break;
	case EVENT_FRAME:
		emit_frame(out, event);
		break;
	default:
		emit_annotation(out, event);
		break;
	}
	output_string(out, "}\n");
}
