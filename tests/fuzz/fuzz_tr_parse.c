/* SPDX-License-Identifier: Apache-2.0 */
/* tr-parse against made-up traces. On every input, with damage skipped and not, the scan
 * with vector units fed in large blocks and the portable scan fed in small ones must tell
 * the same, and yajl must agree on whether the text is JSON. Every record must be JSON, too.
 *
 * The feed is one of its own: it moves the window to a block of its own size each time, so
 * that AddressSanitizer sees a byte read behind it or a pointer kept too long. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../filters/tr-parse/emit.h"
#include "../../filters/tr-parse/event.h"
#include "../../filters/tr-parse/walk.h"
#include "json/json.h"
#include "base/memory.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input_bytes;
static size_t input_size;

struct feed {
	size_t block_size;
	size_t used;
	char *block;
};

struct feed *
feed_open(const char *path, size_t block_size, bool portable)
{
	struct feed *feed = memory_alloc_zero(1, sizeof(*feed));

	(void)path, (void)portable;
	feed->block_size = block_size;
	return feed;
}

bool
feed_more(struct feed *feed, struct window *window, const char *keep)
{
	size_t kept = (size_t)(window->end - keep), more = input_size - feed->used;
	char *block;

	if (more > feed->block_size)
		more = feed->block_size;
	if (more == 0)
		return false;
	block = memory_alloc(kept + more + FEED_SLACK);
	memcpy(block, keep, kept);
	memcpy(block + kept, input_bytes + feed->used, more);
	feed->used += more;
	window->offset += (uint64_t)(keep - window->begin);
	window->begin = block;
	window->end = block + kept + more;
	free(feed->block);
	feed->block = block;
	return true;
}

const char *
feed_error(const struct feed *feed)
{
	(void)feed;
	return NULL;
}

void
feed_close(struct feed *feed)
{
	free(feed->block);
	free(feed);
}

/* What one walk told, as text. */
struct told {
	struct text log;
	struct text line;
	struct selection selection;
	struct seen seen;
	struct census census;
	uint64_t damages;
	uint64_t refused; /* events that JSON has nothing against */
};

static void
must(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fuzz_tr_parse: %s\n", what);
	abort();
}

static void
on_member(void *context, struct slice key, struct slice value)
{
	struct told *told = context;

	text_add_string(&told->log, "member ");
	text_add(&told->log, key.bytes, key.length);
	text_add(&told->log, value.bytes, value.length);
}

static void
on_events(void *context)
{
	struct told *told = context;

	text_add_string(&told->log, "events\n");
}

/* What was read of an event is what reading it alone gives, and makes a record. */
static void
tell_event(struct told *told, uint64_t index, struct slice bytes, const struct event *event,
    enum event_result result)
{
	struct json_error error;
	struct json_fault fault;
	struct arena arena = { 0 };
	struct event again;
	struct seen none;
	struct census counted = { 0 };
	struct text alone = { 0 };

	seen_begin(&none, true);
	must(json_skip_value(bytes.bytes, bytes.bytes + bytes.length, &fault) ==
	    bytes.bytes + bytes.length, "an event is not JSON");
	must(result == event_read(&again, bytes, &told->selection, &none, &counted, &fault),
	    "a remembered beginning or shape rejects what is wanted");
	census_free(&counted);
	seen_free(&none);
	text_add_format(&told->log, "%llu ", (unsigned long long)index);
	text_add(&told->log, bytes.bytes, bytes.length);
	told->refused += result == EVENT_DAMAGED;
	if (result != EVENT_WANTED)
		return;
	text_clear(&told->line);
	emit_event(&told->line, event, index, (struct slice){ "r", 1 });
	emit_event(&alone, &again, index, (struct slice){ "r", 1 });
	must(alone.length == told->line.length &&
	    memcmp(alone.bytes, told->line.bytes, alone.length) == 0,
	    "a remembered shape gives another record");
	text_free(&alone);
	must(json_parse(&arena, told->line.bytes, told->line.length, &error) != NULL,
	    "a record is not JSON");
	must(memchr(told->line.bytes, '\n', told->line.length) ==
	    told->line.bytes + told->line.length - 1, "a record is not one line");
	arena_free(&arena);
	text_add(&told->log, told->line.bytes, told->line.length);
}

static bool
on_event(void *context, uint64_t index, struct slice bytes, struct json_fault *fault)
{
	struct told *told = context;
	struct event event;
	enum event_result result = event_read(&event, bytes, &told->selection, &told->seen,
	    &told->census, fault);

	tell_event(told, index, bytes, &event, result);
	return result != EVENT_DAMAGED;
}

static const char *
on_text(void *context, uint64_t index, struct slice text, struct json_fault *fault)
{
	struct told *told = context;
	struct event event;
	enum event_result result;
	const char *end = event_find(&event, text, &told->selection, &told->seen, &told->census,
	    &result, fault);

	if (end == NULL)
		return NULL;
	text.length = (size_t)(end - text.bytes);
	tell_event(told, index, text, &event, result);
	if (result != EVENT_DAMAGED)
		fault->message = NULL;
	return end;
}

static void
on_damage(void *context, uint64_t offset, const char *message)
{
	struct told *told = context;

	told->damages++;
	text_add_format(&told->log, "damage %llu %s\n", (unsigned long long)offset, message);
}

static enum walk_result
walk_once(const struct walk_options *options, struct told *told,
    struct walk *walk)
{
	const struct walk_handler handler = { told, on_member, on_events, on_event, on_text,
		on_damage };
	enum walk_result result;

	seen_begin(&told->seen, options->portable);
	for (int kind = EVENT_KERNEL; kind < EVENT_KINDS; kind++)
		told->selection.kinds[kind] = true;
	result = walk_file(walk, "input", options, &handler);
	text_add_format(&told->log, "%d %llu %llu %llu\n", (int)result,
	    (unsigned long long)walk->events, (unsigned long long)walk->lost_events,
	    (unsigned long long)walk->lost_bytes);
	text_free(&told->line);
	census_free(&told->census);
	seen_free(&told->seen);
	return result;
}

/* Whether an event was refused that JSON has nothing against. */
static bool
compare(bool keep_going, const struct walk_options *odd_ones,
    enum walk_result *result, struct walk *walk)
{
	struct walk_options fast = { .block_size = 16 << 10, .keep_going = keep_going };
	struct walk_options slow = *odd_ones;
	struct told first = { 0 }, second = { 0 };

	slow.keep_going = keep_going;
	*result = walk_once(&slow, &second, walk);
	must(walk_once(&fast, &first, walk) == *result, "the two scans end differently");
	if (strcmp(first.log.bytes, second.log.bytes) != 0)
		fprintf(stderr, "--- fast\n%s\n--- portable\n%s\n", first.log.bytes,
		    second.log.bytes);
	must(first.log.length == second.log.length &&
	    memcmp(first.log.bytes, second.log.bytes, first.log.length) == 0,
	    "the two scans tell different things");
	must((*result == WALK_DONE) == (first.damages == 0), "damage without a result");
	text_free(&first.log);
	text_free(&second.log);
	return first.refused > 0;
}

/* What yajl says: the number of events, or -1 when this is no trace. */
static long
count_events(const char *bytes, size_t size)
{
	struct arena arena = { 0 };
	struct json_error error;
	const struct json *root = json_parse(&arena, bytes, size, &error);
	long count = -1;

	if (root != NULL && root->type == JSON_ARRAY) {
		count = 0;
		for (const struct json *child = root->child; child != NULL && count >= 0;
		    child = child->next)
			count = child->type == JSON_OBJECT ? count + 1 : -1;
	} else if (root != NULL && root->type == JSON_OBJECT) {
		for (const struct json *member = root->child; member != NULL;
		    member = member->next) {
			if (member->key_length != 11 || member->type != JSON_ARRAY ||
			    memcmp(member->key, "traceEvents", 11) != 0)
				continue;
			if (count < 0)
				count = 0;
			for (const struct json *child = member->child; child != NULL;
			    child = child->next) {
				if (child->type != JSON_OBJECT) {
					arena_free(&arena);
					return -1;
				}
				count++;
			}
		}
	}
	arena_free(&arena);
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk_options odd_ones = { .portable = true };
	enum walk_result result;
	struct walk walk;
	long count;
	bool refused;

	if (size == 0)
		return 0;
	odd_ones.block_size = 1 + data[0] % 97;
	input_bytes = ++data;
	input_size = --size;
	compare(true, &odd_ones, &result, &walk);
	refused = compare(false, &odd_ones, &result, &walk);
	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		data += 3, size -= 3;
	/* yajl takes UTF-8 that is longer than it need be, and surrogates. */
	if (!utf8_is_valid((const char *)data, size)) {
		must(result != WALK_DONE, "text that is not UTF-8 is taken");
		return 0;
	}
	/* To yajl these are white space. */
	if (memchr(data, '\v', size) != NULL || memchr(data, '\f', size) != NULL)
		return 0;
	count = count_events((const char *)data, size);
	/* What is taken beyond JSON, and what is not though it is JSON. */
	if (refused || walk.not_numbers > 0 || (walk.bare && result == WALK_DONE && count < 0))
		return 0;
	must((result == WALK_DONE) == (count >= 0), "yajl is of another opinion");
	must(count < 0 || (uint64_t)count == walk.events, "yajl counts other events");
	return 0;
}
