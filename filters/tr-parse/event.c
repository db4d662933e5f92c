/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the two fields that tell events apart first, and the others only of those that are
 * wanted. */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "event.h"
#include "json/json_scan.h"
#include "base/text.h"

const char *const event_kind_names[EVENT_KINDS] = {
	[EVENT_KERNEL] = "kernel",
	[EVENT_MEMCPY] = "memcpy",
	[EVENT_MEMSET] = "memset",
	[EVENT_LAUNCH] = "launch",
	[EVENT_MODULE] = "module",
	[EVENT_FRAME] = "frame",
	[EVENT_ANNOTATION] = "annotation",
	[EVENT_OP] = "op",
};

/* Categories as profilers write them, compared without regard to case: those of Kineto
 * today, and those before 2022 ("Kernel", "Memcpy", "Runtime"). */
static const struct category {
	const char *name;
	enum event_kind kind;
	bool gpu; /* on the GPU's time line */
} categories[] = {
	{ "kernel", EVENT_KERNEL, true },
	{ "gpu_memcpy", EVENT_MEMCPY, true },
	{ "memcpy", EVENT_MEMCPY, true },
	{ "gpu_memset", EVENT_MEMSET, true },
	{ "memset", EVENT_MEMSET, true },
	{ "cuda_runtime", EVENT_LAUNCH, false },
	{ "cuda_driver", EVENT_LAUNCH, false },
	{ "hip_runtime", EVENT_LAUNCH, false },
	{ "hip_driver", EVENT_LAUNCH, false },
	{ "xpu_runtime", EVENT_LAUNCH, false },
	{ "xpu_driver", EVENT_LAUNCH, false },
	{ "privateuse1_runtime", EVENT_LAUNCH, false },
	{ "privateuse1_driver", EVENT_LAUNCH, false },
	{ "runtime", EVENT_LAUNCH, false },
	{ "driver", EVENT_LAUNCH, false },
	{ "python_function", EVENT_FRAME, false },
	{ "user_annotation", EVENT_ANNOTATION, false },
	{ "gpu_user_annotation", EVENT_ANNOTATION, true },
	{ "cpu_op", EVENT_OP, false },
	{ "operator", EVENT_OP, false },
};

/* The text of a string value without its quotes; bytes NULL when it is no string. */
static struct slice
string_text(struct slice value)
{
	if (value.bytes == NULL || value.bytes[0] != '"')
		return (struct slice){ NULL, 0 };
	return (struct slice){ value.bytes + 1, value.length - 2 };
}

/* Of categories and phases: no name of ours has an escape in it, but a trace may spell
 * them with escapes. */
static struct slice
plain_text(struct slice value, char *buffer, size_t size)
{
	struct slice text = string_text(value);
	struct text decoded = { 0 };

	if (text.bytes == NULL || memchr(text.bytes, '\\', text.length) == NULL)
		return text;
	json_unescape(&decoded, text);
	text.length = decoded.length < size ? decoded.length : size;
	memcpy(buffer, decoded.bytes, text.length);
	text.bytes = buffer;
	text_free(&decoded);
	return text;
}

static bool
is_complete(struct slice phase)
{
	char buffer[8];

	return slice_equals(plain_text(phase, buffer, sizeof(buffer)), "X");
}

static const struct category *
find_category(struct slice value)
{
	char buffer[64];
	struct slice text = plain_text(value, buffer, sizeof(buffer));

	if (text.bytes == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
		if (strlen(categories[i].name) == text.length &&
		    strncasecmp(categories[i].name, text.bytes, text.length) == 0)
			return &categories[i];
	return NULL;
}

/* Frames and modules share a category, as may annotations and modules. */
static bool
wants_category(const struct selection *selection, const struct category *category)
{
	if (category == NULL)
		return false;
	return selection->kinds[category->kind] || (selection->kinds[EVENT_MODULE] &&
	    (category->kind == EVENT_FRAME || category->kind == EVENT_ANNOTATION));
}

static uint64_t
load(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Every event is compared: eight bytes at a time, the last first, where they differ. */
static bool
begins_like(const char *bytes, const struct reject *entry)
{
	size_t last = entry->length - sizeof(uint64_t);

	if (load(bytes + last) != load(entry->bytes + last))
		return false;
	for (size_t at = 0; at < last; at += sizeof(uint64_t))
		if (load(bytes + at) != load(entry->bytes + at))
			return false;
	return true;
}

static bool
is_rejected(struct rejects *rejects, struct slice event)
{
	for (size_t i = 0; i < rejects->count; i++) {
		struct reject *entry = &rejects->entries[i];

		if (event.length < entry->length || !begins_like(event.bytes, entry))
			continue;
		if (i > 0) {
			struct reject before = entry[-1];

			entry[-1] = *entry;
			*entry = before;
		}
		return true;
	}
	return false;
}

/* Remember that events beginning with these bytes are not wanted. */
static void
reject(struct rejects *rejects, const char *begin, const char *end)
{
	size_t length = (size_t)(end - begin);
	struct reject *entry;

	if (length < sizeof(uint64_t) || length > LONGEST_REJECT)
		return;
	if (rejects->count < REJECTS)
		rejects->count++;
	entry = &rejects->entries[rejects->count - 1];
	memcpy(entry->bytes, begin, length);
	entry->length = length;
}

/* Where a value goes that has a name. */
struct slot {
	const char *key;
	size_t length;
	size_t offset; /* of the slice in struct event */
};

#define SLOT(key, member) { key, sizeof(key) - 1, offsetof(struct event, member) }

static const struct slot outer_slots[] = {
	SLOT("ph", phase), SLOT("cat", category), SLOT("name", name), SLOT("pid", pid),
	SLOT("tid", tid), SLOT("ts", ts), SLOT("dur", dur), SLOT("args", arguments),
	{ NULL, 0, 0 }
};

static const struct slot argument_slots[] = {
	SLOT("device", device), SLOT("stream", stream), SLOT("correlation", correlation),
	SLOT("grid", grid), SLOT("block", block), SLOT("bytes", bytes),
	SLOT("Python id", python_id), SLOT("Python parent id", python_parent),
	SLOT("Python module id", module_id), SLOT("Input Dims", dims), SLOT("Input dims", dims),
	SLOT("Input type", types), SLOT("Concrete Inputs", inputs), { NULL, 0, 0 }
};

static void
store(struct event *event, const struct slot *slot, struct slice key, struct slice value)
{
	for (; slot->key != NULL; slot++) {
		struct slice *place;

		if (slot->length != key.length || memcmp(slot->key, key.bytes, key.length) != 0)
			continue;
		place = (struct slice *)(void *)((char *)event + slot->offset);
		if (place->bytes == NULL)
			*place = value;
		return;
	}
}

static void
store_member(struct event *event, const struct slot *slots, const struct json_member *member)
{
	struct text decoded = { 0 };

	if (!member->key_escaped) {
		store(event, slots, member->key, member->value);
		return;
	}
	json_unescape(&decoded, member->key);
	store(event, slots, (struct slice){ decoded.bytes, decoded.length }, member->value);
	text_free(&decoded);
}

static void
read_arguments(struct event *event)
{
	const char *at = event->arguments.bytes, *end;
	struct json_member member;

	if (at == NULL || *at != '{')
		return;
	end = at++ + event->arguments.length;
	for (bool first = true;; first = false) {
		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			return;
		store_member(event, argument_slots, &member);
	}
}

/* Reads the outer fields up to the end or to where the event is known not to be wanted;
 * then false. */
static bool
read_fields(struct event *event, struct slice bytes, const struct selection *selection,
    struct rejects *rejects)
{
	const char *at = bytes.bytes + 1, *end = bytes.bytes + bytes.length;
	struct json_member member;
	int fields = 0, telling;

	for (;; fields++) {
		bool had_phase = event->phase.bytes != NULL;
		bool had_category = event->category.bytes != NULL;

		at = json_next_known_member(at, end, fields == 0, &member);
		if (member.key.bytes == NULL)
			break;
		store_member(event, outer_slots, &member);
		if ((!had_phase && event->phase.bytes != NULL && !is_complete(event->phase)) ||
		    (!had_category && event->category.bytes != NULL &&
		    !wants_category(selection, find_category(event->category)))) {
			/* Other fields differ from event to event. */
			telling = (event->phase.bytes != NULL) + (event->category.bytes != NULL);
			if (telling == fields + 1)
				reject(rejects, bytes.bytes, at);
			return false;
		}
	}
	return event->phase.bytes != NULL && event->category.bytes != NULL;
}

/* Runtime calls that put work on a GPU, whatever the vendor calls them. */
static bool
is_launch(struct slice name)
{
	static const char *const words[] = { "Launch", "Memcpy", "Memset", "memcpy", "memset" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t length = strlen(words[i]);

		for (size_t at = 0; at + length <= name.length; at++)
			if (memcmp(name.bytes + at, words[i], length) == 0)
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

/* The number in a value that is one or, in quotes, spells one, maybe behind a word as in
 * "stream 7"; bytes NULL when there is none. */
static struct slice
number_in(struct slice value)
{
	struct slice text = string_text(value);
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

/* Old traces say device and stream with the event's process and thread only. */
static void
place(struct event *event)
{
	event->device = number_in(event->device);
	event->stream = number_in(event->stream);
	if (event->device.bytes == NULL)
		event->device = number_in(event->pid);
	if (event->stream.bytes == NULL)
		event->stream = number_in(event->tid);
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

	if (!selection->kinds[event->kind])
		return false;
	if (event->gpu && (!is_listed(selection->devices, selection->device_count, event->device) ||
	    !is_listed(selection->streams, selection->stream_count, event->stream)))
		return false;
	if (!selection->has_from && !selection->has_to)
		return true;
	ts = event->ts.bytes != NULL ? json_scan_number(event->ts) : 0;
	return !(selection->has_from && ts < selection->from) &&
	    !(selection->has_to && ts >= selection->to);
}

bool
event_read(struct event *event, struct slice bytes, const struct selection *selection,
    struct rejects *rejects)
{
	struct slice name;
	const struct category *category;

	if (is_rejected(rejects, bytes))
		return false;
	*event = (struct event){ .size = bytes.length };
	if (!read_fields(event, bytes, selection, rejects))
		return false;
	category = find_category(event->category);
	event->kind = category->kind;
	event->gpu = category->gpu;
	name = string_text(event->name);
	if (!event->gpu && event->kind != EVENT_LAUNCH && slice_begins(name, EVENT_MODULE_PREFIX))
		event->kind = EVENT_MODULE;
	if (event->kind == EVENT_LAUNCH && !is_launch(name))
		return false;
	read_arguments(event);
	event->ts = number_in(event->ts);
	event->dur = number_in(event->dur);
	event->correlation = number_in(event->correlation);
	if (event->gpu)
		place(event);
	return is_wanted(event, selection);
}
