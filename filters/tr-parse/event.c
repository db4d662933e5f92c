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
	[EVENT_CALL] = "call",
	[EVENT_OVERHEAD] = "overhead",
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
	/* and calls, which their names tell apart */
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
	{ "overhead", EVENT_OVERHEAD, false },
	{ "trace", EVENT_SPAN, false },
	/* Known to be no work of a GPU, and of no use here. */
	{ "ac2g", EVENT_NONE, false },
	{ "async", EVENT_NONE, false },
	{ "async_cpu_to_gpu", EVENT_NONE, false },
	{ "cpu_event", EVENT_NONE, false },
	{ "cpu_instant_event", EVENT_NONE, false },
	{ "cuda_profiler_range", EVENT_NONE, false },
	{ "cuda_sync", EVENT_NONE, false },
	{ "forward_backward", EVENT_NONE, false },
	{ "fwd_bwd", EVENT_NONE, false },
	{ "fwdbwd", EVENT_NONE, false },
	{ "python_gc", EVENT_NONE, false },
};

_Static_assert(sizeof(categories) / sizeof(categories[0]) <= CENSUS_KNOWN,
    "every category has its counter");

uint64_t
event_gpu_work(const struct census *census)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
		if (categories[i].gpu && categories[i].kind != EVENT_ANNOTATION)
			sum += census->known[i];
	return sum;
}

void
event_describe_categories(const struct census *census, struct text *text)
{
	const char *before = "";

	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
		if (census->known[i] > 0) {
			text_add_format(text, "%s%llu %s", before,
			    (unsigned long long)census->known[i], categories[i].name);
			before = ", ";
		}
	census_describe_unknown(census, text, before);
}

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

/* Frames and modules share a category, as may annotations and modules, and launches and
 * other calls do. */
static bool
wants_category(const struct selection *selection, const struct category *category)
{
	if (category == NULL || category->kind == EVENT_NONE)
		return false;
	if (category->kind == EVENT_SPAN || selection->kinds[category->kind])
		return true;
	if (category->kind == EVENT_LAUNCH)
		return selection->kinds[EVENT_CALL];
	return selection->kinds[EVENT_MODULE] &&
	    (category->kind == EVENT_FRAME || category->kind == EVENT_ANNOTATION);
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
			entry--;
		}
		if (entry->counter != NULL)
			++*entry->counter;
		return true;
	}
	return false;
}

/* Remember that events beginning with these bytes are not wanted, only counted. */
static void
reject(struct rejects *rejects, const char *begin, const char *end, uint64_t *counter)
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
	entry->counter = counter;
}

/* Where a value goes that has a name. */
struct slot {
	const char *key;
	size_t offset; /* of the slice in struct event */
};

/* Few keys are of one length, so that it leaves hardly one to compare. */
enum { LONGEST_KEY = 19, KEYS_OF_A_LENGTH = 5 };

struct slots {
	struct slot by_length[LONGEST_KEY + 1][KEYS_OF_A_LENGTH];
};

#define SLOT(key, member) { key, offsetof(struct event, member) }

static const struct slots outer_slots = { {
	[2] = { SLOT("ph", phase), SLOT("ts", ts) },
	[3] = { SLOT("cat", category), SLOT("pid", pid), SLOT("tid", tid), SLOT("dur", dur) },
	[4] = { SLOT("name", name), SLOT("args", arguments) },
} };

static const struct slots argument_slots = { {
	[3] = { SLOT("Seq", sequence) },
	[4] = { SLOT("grid", grid) },
	[5] = { SLOT("block", block), SLOT("bytes", bytes), SLOT("dtype", dtype) },
	[6] = { SLOT("device", device), SLOT("stream", stream), SLOT("Device", device) },
	[9] = { SLOT("Python id", python_id) },
	[10] = { SLOT("Input Dims", dims), SLOT("Input dims", dims), SLOT("Input type", types),
		SLOT("Group size", group_size) },
	[11] = { SLOT("correlation", correlation) },
	[13] = { SLOT("In msg nelems", in_elements), SLOT("Input Strides", strides) },
	[14] = { SLOT("Correlation ID", correlation), SLOT("Out msg nelems", out_elements) },
	[15] = { SLOT("Concrete Inputs", inputs), SLOT("Collective name", collective) },
	[16] = { SLOT("Python parent id", python_parent), SLOT("Python module id", module_id) },
	[18] = { SLOT("Process Group Name", group) },
	[19] = { SLOT("Process Group Ranks", group_ranks) },
} };

static void
store(struct event *event, const struct slots *slots, struct slice key, struct slice value)
{
	const struct slot *slot;

	if (key.length > LONGEST_KEY)
		return;
	for (slot = slots->by_length[key.length]; slot->key != NULL; slot++) {
		struct slice *place;

		if (memcmp(slot->key, key.bytes, key.length) != 0)
			continue;
		place = (struct slice *)(void *)((char *)event + slot->offset);
		if (place->bytes == NULL)
			*place = value;
		return;
	}
}

static void
store_member(struct event *event, const struct slots *slots, const struct json_member *member)
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
		store_member(event, &argument_slots, &member);
	}
}

/* Count a complete event whose fields have been read so far as the category wants. */
static uint64_t *
count_event(const struct event *event, const struct category *category, struct census *census)
{
	uint64_t *counter = category != NULL ? &census->known[category - categories] :
	    census_unknown(census, string_text(event->category));

	++*counter;
	return counter;
}

/* Reads the outer fields up to the end or to where the event is known not to be wanted;
 * then false. */
static bool
read_fields(struct event *event, struct slice bytes, const struct selection *selection,
    struct rejects *rejects, struct census *census)
{
	const char *at = bytes.bytes + 1, *end = bytes.bytes + bytes.length;
	const struct category *category = NULL;
	struct json_member member;
	bool complete = false, counted = false;
	int fields = 0;

	for (;; fields++) {
		uint64_t *counter = NULL;

		at = json_next_known_member(at, end, fields == 0, &member);
		if (member.key.bytes == NULL)
			break;
		store_member(event, &outer_slots, &member);
		if (!complete && event->phase.bytes != NULL &&
		    !(complete = is_complete(event->phase))) {
			if (fields == 0)
				reject(rejects, bytes.bytes, at, NULL);
			return false;
		}
		if (!complete || counted || event->category.bytes == NULL)
			continue;
		category = find_category(event->category);
		counter = count_event(event, category, census);
		counted = true;
		if (wants_category(selection, category))
			continue;
		/* Other fields differ from event to event. */
		if (fields == 1)
			reject(rejects, bytes.bytes, at, counter);
		return false;
	}
	if (complete && !counted)
		count_event(event, NULL, census);
	event->kind = category != NULL ? category->kind : EVENT_NONE;
	event->gpu = category != NULL && category->gpu;
	return counted;
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

/* The number in a value that is one or, in quotes, spells one, maybe after a word as in
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

/* The same for what is to be a whole number that fits 64 bits. */
static struct slice
integer_in(struct slice value)
{
	struct slice number = number_in(value);
	int64_t integer;

	return number.bytes != NULL &&
	    (number.length < 19 || json_scan_integer(number, &integer)) &&
	    memchr(number.bytes, '.', number.length) == NULL &&
	    memchr(number.bytes, 'e', number.length) == NULL &&
	    memchr(number.bytes, 'E', number.length) == NULL ? number : (struct slice){ NULL, 0 };
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
	const char *end = event->pid.bytes + event->pid.length, *at;

	if (event->label.bytes == NULL)
		return number_in(event->pid);
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
	struct slice name = string_text(event->name);

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

enum event_result
event_read(struct event *event, struct slice bytes, const struct selection *selection,
    struct rejects *rejects, struct census *census, struct json_fault *fault)
{
	if (is_rejected(rejects, bytes))
		return EVENT_LEFT_OUT;
	*event = (struct event){ .size = bytes.length };
	if (!read_fields(event, bytes, selection, rejects, census))
		return EVENT_LEFT_OUT;
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
	read_arguments(event);
	event->correlation = integer_in(event->correlation);
	if (event->gpu)
		place(event);
	return is_wanted(event, selection) ? EVENT_WANTED : EVENT_LEFT_OUT;
}
