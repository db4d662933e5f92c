/* SPDX-License-Identifier: Apache-2.0 */
/* Values are copied as the trace spells them. Each value is written twice at most, so that a
 * record has room in twice its event and its own keys; the functions below
 * write to `to` and return where they stopped. */
#include <stdbool.h>
#include <string.h>

#include "emit.h"
#include "json/json_scan.h"

/* More than all keys, literals and numbers of a record that its event does not have. */
enum { OWN_BYTES = 768 };

static char *
put(char *to, const char *bytes, size_t length)
{
	memcpy(to, bytes, length);
	return to + length;
}

#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

static char *
put_integer(char *to, uint64_t number)
{
	char digits[20];
	int count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	while (count > 0)
		*to++ = digits[--count];
	return to;
}

/* A key such as ",\"ts\":" and a value; null where there is none. */
#define PUT_VALUE(to, key, value) put_value(PUT(to, key), value)

static char *
put_value(char *to, struct slice value)
{
	return value.bytes != NULL ? put(to, value.bytes, value.length) : PUT(to, "null");
}

static struct slice
only_number(struct slice value)
{
	bool is_number = value.bytes != NULL &&
	    (value.bytes[0] == '-' || (value.bytes[0] >= '0' && value.bytes[0] <= '9'));

	return is_number ? value : (struct slice){ NULL, 0 };
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
static char *
put_triple(char *to, struct slice value)
{
	static const char delimiters[] = ",,]";
	const char *at = value.bytes, *end;
	struct slice numbers[3];

	if (at != NULL && *at == '"')
		at++, value.length -= 2;
	if (at == NULL || *at != '[')
		return PUT(to, "null");
	end = at + value.length;
	for (int i = 0; i < 3; i++) {
		numbers[i] = next_number(at, end, delimiters[i]);
		if (numbers[i].bytes == NULL)
			return PUT(to, "null");
		at = json_skip_space(numbers[i].bytes + numbers[i].length, end);
	}
	for (int i = 0; i < 3; i++) {
		*to++ = i == 0 ? '[' : ',';
		to = put_value(to, numbers[i]);
	}
	*to++ = ']';
	return to;
}

static bool
is_string(struct slice value)
{
	return value.bytes != NULL && value.bytes[0] == '"';
}

/* The name, without the first `skipped` bytes of its text. */
static char *
put_name(char *to, const struct event *event, size_t skipped)
{
	to = PUT(to, ",\"name\":\"");
	if (is_string(event->name))
		return put(to, event->name.bytes + 1 + skipped, event->name.length - 1 - skipped);
	*to++ = '"';
	return to;
}

static char *
put_times(char *to, const struct event *event)
{
	struct slice duration = only_number(event->dur);

	to = PUT_VALUE(to, ",\"ts\":", only_number(event->ts));
	if (duration.bytes == NULL)
		return PUT(to, ",\"dur\":0"); /* as viewers read it */
	return PUT_VALUE(to, ",\"dur\":", duration);
}

/* Numbers, or the words that Kineto has for processes that are none. */
static struct slice
only_scalar(struct slice value)
{
	bool is_nested = value.bytes != NULL && (value.bytes[0] == '[' || value.bytes[0] == '{');

	return is_nested ? (struct slice){ NULL, 0 } : value;
}

static char *
put_thread(char *to, const struct event *event)
{
	to = PUT_VALUE(to, ",\"pid\":", only_scalar(event->pid));
	return PUT_VALUE(to, ",\"tid\":", only_scalar(event->tid));
}

static char *
put_place(char *to, const struct event *event)
{
	to = PUT_VALUE(to, ",\"device\":", event->device);
	return PUT_VALUE(to, ",\"stream\":", event->stream);
}

/* Where "(line): " begins in a name such as "file.py(12): function", and how long it is;
 * bytes NULL when the name is of another form. */
static struct slice
find_line(const char *at, const char *end)
{
	for (; at < end; at++) {
		const char *digit = at + 1;

		if (*at != '(')
			continue;
		while (digit < end && *digit >= '0' && *digit <= '9')
			digit++;
		if (digit > at + 1 && (at[1] != '0' || digit == at + 2) && end - digit >= 3 &&
		    memcmp(digit, "): ", 3) == 0)
			return (struct slice){ at, (size_t)(digit + 3 - at) };
	}
	return (struct slice){ NULL, 0 };
}

static char *
put_frame_name(char *to, struct slice name)
{
	const char *at, *end;
	struct slice line;

	if (!is_string(name))
		return PUT(to, ",\"file\":null,\"line\":null,\"function\":null");
	at = name.bytes + 1;
	end = name.bytes + name.length - 1;
	line = find_line(at, end);
	if (line.bytes == NULL)
		return put_value(PUT(to, ",\"file\":null,\"line\":null,\"function\":"), name);
	to = PUT(to, ",\"file\":\"");
	to = put(to, at, (size_t)(line.bytes - at));
	to = PUT(to, "\",\"line\":");
	to = put(to, line.bytes + 1, line.length - 4);
	to = PUT(to, ",\"function\":\"");
	at = line.bytes + line.length;
	return put(to, at, (size_t)(end + 1 - at));
}

static char *
put_python_ids(char *to, const struct event *event)
{
	to = PUT_VALUE(to, ",\"python_id\":", only_number(event->python_id));
	return PUT_VALUE(to, ",\"python_parent\":", only_number(event->python_parent));
}

/* A nested value without the white space between its parts, which may hold line ends. */
static char *
put_compact(char *to, struct slice value)
{
	bool quoted = false;

	if (value.bytes == NULL)
		return PUT(to, "null");
	for (size_t at = 0; at < value.length; at++) {
		char byte = value.bytes[at];

		if (quoted && byte == '\\')
			*to++ = value.bytes[at++], byte = value.bytes[at];
		else if (byte == '"')
			quoted = !quoted;
		if (quoted || !(byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'))
			*to++ = byte;
	}
	return to;
}

/* What the trace says of a collective; nothing for other kernels. */
static char *
put_collective(char *to, const struct event *event)
{
	if (event->collective.bytes == NULL && event->group.bytes == NULL)
		return to;
	to = put_compact(PUT(to, ",\"collective\":{\"name\":"), event->collective);
	to = put_compact(PUT(to, ",\"group\":"), event->group);
	to = put_compact(PUT(to, ",\"group_ranks\":"), event->group_ranks);
	to = put_compact(PUT(to, ",\"group_size\":"), event->group_size);
	to = put_compact(PUT(to, ",\"seq\":"), event->sequence);
	to = put_compact(PUT(to, ",\"in_elements\":"), event->in_elements);
	to = put_compact(PUT(to, ",\"out_elements\":"), event->out_elements);
	to = put_compact(PUT(to, ",\"dtype\":"), event->dtype);
	*to++ = '}';
	return to;
}

static char *
put_gpu_work(char *to, const struct event *event)
{
	to = put_name(to, event, 0);
	to = put_times(to, event);
	to = put_place(to, event);
	to = PUT_VALUE(to, ",\"correlation\":", event->correlation);
	if (event->kind != EVENT_KERNEL)
		return PUT_VALUE(to, ",\"bytes\":", only_number(event->bytes));
	to = put_triple(PUT(to, ",\"grid\":"), event->grid);
	to = put_triple(PUT(to, ",\"block\":"), event->block);
	return put_collective(to, event);
}

static char *
put_launch(char *to, const struct event *event)
{
	to = put_name(to, event, 0);
	to = put_times(to, event);
	to = put_thread(to, event);
	return PUT_VALUE(to, ",\"correlation\":", event->correlation);
}

static char *
put_module(char *to, const struct event *event)
{
	to = put_name(to, event, sizeof(EVENT_MODULE_PREFIX) - 1);
	to = put_times(to, event);
	to = put_thread(to, event);
	to = put_python_ids(to, event);
	return PUT_VALUE(to, ",\"module_id\":", only_number(event->module_id));
}

static char *
put_frame(char *to, const struct event *event)
{
	to = put_frame_name(to, event->name);
	to = put_times(to, event);
	to = put_thread(to, event);
	return put_python_ids(to, event);
}

static char *
put_op(char *to, const struct event *event)
{
	to = put_name(to, event, 0);
	to = put_times(to, event);
	to = put_thread(to, event);
	to = put_compact(PUT(to, ",\"dims\":"), event->dims);
	to = put_compact(PUT(to, ",\"types\":"), event->types);
	to = put_compact(PUT(to, ",\"strides\":"), event->strides);
	return put_compact(PUT(to, ",\"inputs\":"), event->inputs);
}

static char *
put_annotation(char *to, const struct event *event)
{
	to = put_name(to, event, 0);
	to = put_times(to, event);
	to = put_thread(to, event);
	if (!event->gpu)
		return PUT(to, ",\"gpu\":false");
	to = put_place(to, event);
	return PUT(to, ",\"gpu\":true");
}

static char *
put_fields(char *to, const struct event *event)
{
	switch (event->kind) {
	case EVENT_KERNEL:
	case EVENT_MEMCPY:
	case EVENT_MEMSET:
		return put_gpu_work(to, event);
	case EVENT_LAUNCH:
	case EVENT_CALL:
		return put_launch(to, event);
	case EVENT_OVERHEAD:
		return put_thread(put_times(put_name(to, event, 0), event), event);
	case EVENT_MODULE:
		return put_module(to, event);
	case EVENT_FRAME:
		return put_frame(to, event);
	case EVENT_OP:
		return put_op(to, event);
	default:
		return put_annotation(to, event);
	}
}

void
emit_event(struct text *line, const struct event *event, uint64_t index, struct slice rank)
{
	const char *kind = event_kind_names[event->kind];
	char *to = text_reserve(line, 2 * event->size + rank.length + OWN_BYTES);

	to = PUT(to, "{\"kind\":\"");
	to = put(to, kind, strlen(kind));
	to = PUT(to, "\",\"index\":");
	to = put_integer(to, index);
	to = PUT(to, ",\"rank\":\"");
	if (event->label.bytes != NULL)
		rank = event->label;
	to = put(to, rank.bytes, rank.length);
	*to++ = '"';
	to = put_fields(to, event);
	to = PUT(to, "}\n");
	*to = '\0';
	line->length = (size_t)(to - line->bytes);
}
