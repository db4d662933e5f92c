/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the two fields that tell events apart first, and the others only of those that are
 * wanted; of one that has the shape of another before it, all at once. */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "fields.h"
#include "json/json_scan.h"
#include "base/text.h"

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

/* Of categories and phases: no name of ours has an escape in it, but a trace may spell
 * them with escapes. */
static struct slice
plain_text(struct slice value, char *buffer, size_t size)
{
	struct slice text = event_text(value);
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

static const struct reject *
find_reject(struct rejects *rejects, struct slice event)
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
		return entry;
	}
	return NULL;
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

static const struct slot *
find_slot(const struct slots *slots, struct slice key)
{
	const struct slot *slot;

	if (key.length > LONGEST_KEY)
		return NULL;
	for (slot = slots->by_length[key.length]; slot->key != NULL; slot++)
		if (memcmp(slot->key, key.bytes, key.length) == 0)
			return slot;
	return NULL;
}

static void
store(struct event *event, const struct slots *slots, struct slice key, struct slice value)
{
	const struct slot *slot = find_slot(slots, key);
	struct slice *place;

	if (slot == NULL)
		return;
	place = (struct slice *)(void *)((char *)event + slot->offset);
	if (place->bytes == NULL)
		*place = value;
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

void
fields_read_arguments(struct event *event)
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

/* One walk over an event, to remember its shape. */
struct learning {
	struct shape_draft draft;
	bool stored[sizeof(struct event)]; /* by offset: the slice has its value */
	bool odd;                          /* what a comparison of bytes cannot tell */
};

/* Of two with one name the first counts. */
static int
place_of(struct learning *learning, const struct slot *slot)
{
	if (slot == NULL || learning->stored[slot->offset])
		return -1;
	learning->stored[slot->offset] = true;
	return (int)slot->offset;
}

static void
learn_members(struct learning *learning, struct slice object, const struct slots *slots)
{
	const char *at = object.bytes + 1, *end = object.bytes + object.length;
	struct json_member member;

	for (bool first = true;; first = false) {
		const struct slot *slot;
		int place;

		at = json_next_known_member(at, end, first, &member);
		if (member.key.bytes == NULL)
			return;
		learning->odd |= member.key_escaped;
		slot = find_slot(slots, member.key);
		place = place_of(learning, slot);
		/* Phase and category are the same in all events of a shape. */
		if (place == (int)offsetof(struct event, phase) ||
		    place == (int)offsetof(struct event, category))
			continue;
		if (place == (int)offsetof(struct event, arguments) && *member.value.bytes == '{' &&
		    *json_skip_space(member.value.bytes + 1, end) != '}')
			learn_members(learning, member.value, &argument_slots);
		else
			shape_add(&learning->draft, member.value, place);
	}
}

static struct shape *
learn(struct shapes *shapes, struct slice event)
{
	struct learning learning = { .odd = false };

	shape_begin(&learning.draft, event);
	learn_members(&learning, event, &outer_slots);
	if (!learning.odd)
		return shape_end(&learning.draft, shapes, event);
	shape_drop(&learning.draft);
	return NULL;
}

static void
learn_wanted(struct seen *seen, struct slice event, const struct category *category)
{
	struct shape *shape = learn(&seen->shapes, event);

	if (shape == NULL)
		return;
	shape->wanted = true;
	shape->category = (int)(category - categories);
}

/* Operators have as many shapes as arguments: what is met again and again is met soon enough
 * where not every one is learned. */
static void
learn_unwanted(struct seen *seen, struct slice event, uint64_t *counter)
{
	enum { EVERY = 16 };
	struct shape *shape;

	if (seen->unwanted++ % EVERY != 0)
		return;
	shape = learn(&seen->shapes, event);
	if (shape == NULL)
		return;
	for (size_t i = 0; i < shape->count; i++)
		shape->values[i].place = -1;
	shape->counter = counter;
}

/* Count a complete event whose fields have been read so far as the category wants. */
static uint64_t *
count_event(const struct event *event, const struct category *category, struct census *census)
{
	uint64_t *counter = category != NULL ? &census->known[category - categories] :
	    census_unknown(census, event_text(event->category));

	++*counter;
	return counter;
}

/* Reads the outer fields up to the end or to where the event is known not to be wanted; then
 * NULL, else its category. */
static const struct category *
read_fields(struct event *event, struct slice bytes, const struct selection *selection,
    struct seen *seen, struct census *census)
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
				reject(&seen->rejects, bytes.bytes, at, NULL);
			learn_unwanted(seen, bytes, NULL);
			return NULL;
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
			reject(&seen->rejects, bytes.bytes, at, counter);
		learn_unwanted(seen, bytes, counter);
		return NULL;
	}
	if (complete && !counted)
		count_event(event, NULL, census);
	return counted ? category : NULL;
}

static void
take_category(struct event *event, const struct category *category, size_t size)
{
	event->size = size;
	event->kind = category->kind;
	event->gpu = category->gpu;
}

enum fields_result
fields_find(struct event *event, struct slice text, struct seen *seen, struct census *census,
    const char **end)
{
	struct slice bytes;
	const struct shape *shape = shapes_find(&seen->shapes, text, event, sizeof(*event), &bytes);

	if (shape == NULL)
		return FIELDS_NONE;
	*end = bytes.bytes + bytes.length;
	if (!shape->wanted) {
		if (shape->counter != NULL)
			++*shape->counter;
		return FIELDS_LEFT_OUT;
	}
	census->known[shape->category]++;
	take_category(event, &categories[shape->category], bytes.length);
	return FIELDS_FILLED;
}

bool
fields_read(struct event *event, struct slice bytes, const struct selection *selection,
    struct seen *seen, struct census *census)
{
	const struct reject *reject = find_reject(&seen->rejects, bytes);
	const struct category *category;
	const struct shape *shape;

	if (reject != NULL) {
		learn_unwanted(seen, bytes, reject->counter);
		return false;
	}
	shape = shapes_read(&seen->shapes, bytes, event, sizeof(*event));
	if (shape != NULL) {
		census->known[shape->category]++;
		take_category(event, &categories[shape->category], bytes.length);
		return true;
	}
	*event = (struct event){ .kind = EVENT_NONE };
	category = read_fields(event, bytes, selection, seen, census);
	if (category == NULL)
		return false;
	take_category(event, category, bytes.length);
	learn_wanted(seen, bytes, category);
	return true;
}

void
seen_begin(struct seen *seen, bool portable)
{
	seen->rejects.count = 0;
	seen->unwanted = 0;
	shapes_begin(&seen->shapes, portable);
}

void
seen_free(struct seen *seen)
{
	shapes_free(&seen->shapes);
}
