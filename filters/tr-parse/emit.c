/* SPDX-License-Identifier: Apache-2.0 */
/* Values are copied as the trace spells them. */
#include <string.h>

#include "emit.h"
#include "json_scan.h"

static void
put(struct text *line, const char *name, struct slice value)
{
	text_add_string(line, name);
	if (value.bytes != NULL)
		text_add(line, value.bytes, value.length);
	else
		text_add_string(line, "null");
}

/* A number of any spelling; 0 bytes of it make `otherwise`. */
static void
put_number(struct text *line, const char *name, struct slice value, const char *otherwise)
{
	bool is_number = value.bytes != NULL &&
	    (value.bytes[0] == '-' || (value.bytes[0] >= '0' && value.bytes[0] <= '9'));

	put(line, name, is_number ? value : (struct slice){ otherwise, strlen(otherwise) });
}

/* The next number of a list whose last delimiter is at `at`; bytes NULL when there is none
 * or it is not followed by `delimiter`. */
static struct slice
next_number(const char *at, const char *end, char delimiter)
{
	const char *begin = json_skip_space(at + 1, end), *behind;
	struct json_fault fault;

	if (begin == end || !(*begin == '-' || (*begin >= '0' && *begin <= '9')))
		return (struct slice){ NULL, 0 };
	behind = json_skip_value(begin, end, &fault);
	if (behind == NULL || json_skip_space(behind, end) == end ||
	    *json_skip_space(behind, end) != delimiter)
		return (struct slice){ NULL, 0 };
	return (struct slice){ begin, (size_t)(behind - begin) };
}

/* Three numbers without the white space between them; null for anything else. Old traces
 * quote the list. */
static void
put_triple(struct text *line, const char *name, struct slice value)
{
	static const char delimiters[] = ",,]";
	const char *at = value.bytes, *end;
	struct slice numbers[3];

	text_add_string(line, name);
	if (at != NULL && *at == '"')
		at++, value.length -= 2;
	if (at == NULL || *at != '[') {
		text_add_string(line, "null");
		return;
	}
	end = at + value.length;
	for (int i = 0; i < 3; i++) {
		numbers[i] = next_number(at, end, delimiters[i]);
		if (numbers[i].bytes == NULL) {
			text_add_string(line, "null");
			return;
		}
		at = json_skip_space(numbers[i].bytes + numbers[i].length, end);
	}
	for (int i = 0; i < 3; i++) {
		text_add_char(line, i == 0 ? '[' : ',');
		text_add(line, numbers[i].bytes, numbers[i].length);
	}
	text_add_char(line, ']');
}

static void
put_name(struct text *line, const char *name, struct slice value)
{
	if (value.bytes == NULL || value.bytes[0] != '"')
		value = (struct slice){ "\"\"", 2 };
	put(line, name, value);
}

/* A string value without the first `skipped` bytes of its text. */
static void
put_name_behind(struct text *line, const char *name, struct slice value, size_t skipped)
{
	text_add_string(line, name);
	text_add_char(line, '"');
	text_add(line, value.bytes + 1 + skipped, value.length - 1 - skipped);
}

static void
put_times(struct text *line, const struct event *event)
{
	put_number(line, ",\"ts\":", event->ts, "null");
	put_number(line, ",\"dur\":", event->dur, "0"); /* as viewers read it */
}

static void
put_thread(struct text *line, const struct event *event)
{
	put(line, ",\"pid\":", event->pid);
	put(line, ",\"tid\":", event->tid);
}

static void
put_place(struct text *line, const struct event *event)
{
	put(line, ",\"device\":", event->device);
	put(line, ",\"stream\":", event->stream);
}

/* "file(line): function"; what a name of another form says is the function. */
static void
put_frame_name(struct text *line, struct slice name)
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
		text_add_string(line, ",\"file\":\"");
		text_add(line, at, (size_t)(open - at));
		text_add_string(line, "\",\"line\":");
		text_add(line, open + 1, (size_t)(digit - open - 1));
		text_add_string(line, ",\"function\":\"");
		text_add(line, digit + 3, (size_t)(end - digit - 2));
		return;
	}
	put(line, ",\"file\":null,\"line\":null,\"function\":", name);
}

static void
put_python_ids(struct text *line, const struct event *event)
{
	put_number(line, ",\"python_id\":", event->python_id, "null");
	put_number(line, ",\"python_parent\":", event->python_parent, "null");
}

static void
emit_module(struct text *line, const struct event *event)
{
	put_name_behind(line, ",\"name\":", event->name, sizeof("nn.Module: ") - 1);
	put_times(line, event);
	put_thread(line, event);
	put_python_ids(line, event);
	put_number(line, ",\"module_id\":", event->module_id, "null");
}

static void
emit_frame(struct text *line, const struct event *event)
{
	if (event->name.bytes != NULL && event->name.bytes[0] == '"')
		put_frame_name(line, event->name);
	else
		text_add_string(line, ",\"file\":null,\"line\":null,\"function\":null");
	put_times(line, event);
	put_thread(line, event);
	put_python_ids(line, event);
}

static void
emit_gpu_work(struct text *line, const struct event *event)
{
	put_name(line, ",\"name\":", event->name);
	put_times(line, event);
	put_place(line, event);
	put(line, ",\"correlation\":", event->correlation);
	if (event->kind == EVENT_KERNEL) {
		put_triple(line, ",\"grid\":", event->grid);
		put_triple(line, ",\"block\":", event->block);
	} else {
		put_number(line, ",\"bytes\":", event->bytes, "null");
	}
}

static void
emit_launch(struct text *line, const struct event *event)
{
	put_name(line, ",\"name\":", event->name);
	put_times(line, event);
	put_thread(line, event);
	put(line, ",\"correlation\":", event->correlation);
}

static void
emit_annotation(struct text *line, const struct event *event)
{
	put_name(line, ",\"name\":", event->name);
	put_times(line, event);
	put_thread(line, event);
	if (event->gpu)
		put_place(line, event);
	text_add_string(line, event->gpu ? ",\"gpu\":true" : ",\"gpu\":false");
}

void
emit_event(struct text *line, const struct event *event, uint64_t index)
{
	text_add_format(line, "{\"kind\":\"%s\",\"index\":%llu",
	    event_kind_names[event->kind], (unsigned long long)index);
	switch (event->kind) {
	case EVENT_KERNEL:
	case EVENT_MEMCPY:
	case EVENT_MEMSET:
		emit_gpu_work(line, event);
		break;
	case EVENT_LAUNCH:
		emit_launch(line, event);
		break;
	case EVENT_MODULE:
		emit_module(line, event);
		break;
	case EVENT_FRAME:
		emit_frame(line, event);
		break;
	default:
		emit_annotation(line, event);
		break;
	}
	text_add_string(line, "}\n");
}
