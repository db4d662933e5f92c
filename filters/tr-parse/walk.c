/* SPDX-License-Identifier: Apache-2.0 */
/* The outermost object or array is read token by token, the events by the scan. Where the
 * scan stops, json_scan has the last word on what is wrong and where. */
#include <string.h>

#include "walk.h"
#include "damage.h"
#include "familiar.h"
#include "recheck.h"

/* Values around the events that are longer are skipped, not handed over; an event that is longer is
 * damage: memory has bounds. */
enum { LONGEST_MEMBER = 4 << 20, LONGEST_EVENT = 8 << 20 };

/* More bytes; the byte before *at and what follows stay, and *at moves with them. */
static bool
more(struct walk *walk, const char **at)
{
	size_t before = *at > walk->window.begin ? 1 : 0;

	if (!feed_more(walk->feed, &walk->window, *at - before))
		return false;
	*at = walk->window.begin + before;
	return true;
}

static uint64_t
offset_of(const struct walk *walk, const char *at)
{
	return walk->window.offset + (uint64_t)(at - walk->window.begin);
}

/* Tells of damage at `fault->at`, which may move; *keep, at or before it, moves with it.
 * At the end of the data, damage to the packing is the reason. False when the walk is to
 * stop. */
static bool
damaged(struct walk *walk, const struct json_fault *fault, const char **keep)
{
	struct json_fault moved = *fault;
	size_t distance = (size_t)(fault->at - *keep);
	struct text message = { 0 };

	/* What is shown shall not depend on where a block ends. */
	while (walk->window.end - moved.at <= DAMAGE_SHOWN && more(walk, keep))
		moved.at = *keep + distance;
	walk->damages++;
	damage_describe(&message, &moved, walk->window.begin, walk->window.end,
	    moved.at == walk->window.end ? feed_error(walk->feed) : NULL);
	walk->handler->on_damage(walk->handler->context, offset_of(walk, moved.at),
	    message.bytes);
	text_free(&message);
	return walk->options->keep_going;
}

/* The same for the byte at walk->at. */
static bool
damaged_here(struct walk *walk, const char *message)
{
	return damaged(walk, &(struct json_fault){ walk->at, message }, &walk->at);
}

/* The next byte that is no white space, not used up; -1 at the end. */
static int
peek(struct walk *walk)
{
	for (;;) {
		walk->at = json_skip_space(walk->at, walk->window.end);
		if (walk->at < walk->window.end)
			return (unsigned char)*walk->at;
		if (!more(walk, &walk->at))
			return -1;
	}
}

/* Use up everything. */
static void
drain(struct walk *walk)
{
	walk->at = walk->window.end;
	while (more(walk, &walk->at))
		walk->at = walk->window.end;
}

/* False, with walk->refused filled, when the event is refused. */
static bool
hand_over(struct walk *walk, const char *begin, const char *end)
{
	struct slice event = { begin, (size_t)(end - begin) };
	struct json_fault fault;

	walk->no_event_yet = false;
	if (walk->handler->on_event(walk->handler->context, walk->events++, event, &fault))
		return true;
	walk->refused = fault;
	return false;
}

static bool
on_scanned_event(void *context, const char *begin, const char *end, bool odd)
{
	struct walk *walk = context;
	struct json_fault fault;

	if (odd && json_skip_value(begin, end, &fault) != end)
		return false;
	walk->scan.pause = walk->unasked == 0;
	walk->unasked -= walk->unasked > 0;
	return hand_over(walk, begin, end);
}

/* Where the search for an intact event stands. */
struct search {
	const char *at;
	char before; /* the last byte before `at` that is no white space, 0 if unknown */
	uint64_t failed;
};

/* The next '{' that may begin an event: after a comma or bracket. False at the end. */
static bool
find_candidate(struct walk *walk, struct search *search)
{
	for (;; search->at++) {
		while (search->at == walk->window.end)
			if (!more(walk, &search->at))
				return false;
		if (*search->at == '{' && strchr(",[}", search->before) != NULL &&
		    search->before != '\0')
			return true;
		if (strchr(" \t\r\n", *search->at) == NULL || *search->at == '\0')
			search->before = *search->at;
	}
}

/* Whether an intact event begins at the candidate. */
static bool
is_event(struct walk *walk, struct search *search)
{
	const char *at = search->at + 1, *next;
	struct json_member member;
	struct json_fault fault;
	bool has_phase = false;

	for (;;) {
		next = json_next_member(at, walk->window.end, at == search->at + 1, &member,
		    &fault);
		if (next != NULL && member.key.bytes == NULL)
			return has_phase;
		if (next != NULL) {
			has_phase |= slice_equals(member.key, "ph") && member.value.bytes[0] == '"';
			at = next;
			continue;
		}
		if (fault.at < walk->window.end ||
		    walk->window.end - search->at > LONGEST_EVENT || !more(walk, &search->at)) {
			search->failed++;
			return false;
		}
		at = search->at + 1;
		has_phase = false;
	}
}

/* Take up at the next intact event after walk->at, which points to what is damaged; one
 * event was lost there if `in_event`. False when there is none. */
static bool
resynchronise(struct walk *walk, bool in_event)
{
	uint64_t from = offset_of(walk, walk->at);
	struct search search = { walk->at, '\0', in_event ? 1 : 0 };
	bool found = false;

	if (in_event)
		search.before = *search.at++;
	else if (search.at > walk->window.begin)
		search.before = search.at[-1];
	while (!found && find_candidate(walk, &search)) {
		found = is_event(walk, &search);
		if (!found) {
			search.before = '{';
			search.at++;
		}
	}
	walk->lost_bytes += offset_of(walk, search.at) - from;
	walk->lost_events += search.failed;
	walk->events += search.failed;
	walk->at = search.at;
	return found;
}

/* ENDS: as the grammar wants it; END: the rest is lost. */
enum step { STEP_ON, STEP_ENDS, STEP_END, STEP_STOP };

/* Take the event at `event`, which the grammar refuses at fault->at, if only numbers that
 * are none are wrong with it. Returns the byte after it, or NULL; *more_needed tells that
 * the window ends too early to say. */
static const char *
take_odd_numbers(struct walk *walk, const char *event, const struct json_fault *fault,
    bool *more_needed)
{
	const char *end, *copy, *copy_end;
	struct json_fault ignored;

	*more_needed = false;
	if (event == NULL || recheck_odd_number(fault->at, walk->window.end) == 0)
		return NULL;
	end = recheck_without_odd(walk, event);
	*more_needed = end == NULL;
	if (end == NULL)
		return NULL;
	copy = walk->mended.bytes;
	copy_end = copy + walk->mended.length;
	if (json_skip_value(copy, copy_end, &ignored) != copy_end)
		return NULL;
	if (hand_over(walk, copy, copy_end))
		walk->not_numbers++;
	else
		walk->refused = *fault; /* the copy's address would say nothing */
	return end;
}

/* Step over the event in [event, end), which on_event refused. */
static enum step
step_over_refused(struct walk *walk, const char *event, const char *end)
{
	size_t length = (size_t)(end - event);

	walk->at = event;
	walk->lost_events++;
	walk->lost_bytes += length;
	if (!damaged(walk, &walk->refused, &walk->at))
		return STEP_STOP;
	walk->refused.message = NULL;
	scan_resume(&walk->scan, walk->at + length, true);
	return STEP_ON;
}

/* The scan stopped at something: find out what, step over it. */
static enum step
mend(struct walk *walk)
{
	struct scan *scan = &walk->scan;
	struct json_fault fault = { NULL, NULL };
	const char *event, *end;

	for (;;) {
		bool more_needed = false, handed = walk->refused.message != NULL;

		end = recheck_event(walk, &event, &fault);
		if (end == NULL) {
			end = take_odd_numbers(walk, event, &fault, &more_needed);
			handed = true;
		}
		if (end != NULL) {
			if (!handed)
				hand_over(walk, event, end);
			if (walk->refused.message != NULL)
				return step_over_refused(walk, event, end);
			scan_resume(scan, end, true);
			return STEP_ON;
		}
		if (walk->window.end - scan->anchor > LONGEST_EVENT)
			fault = (struct json_fault){ event != NULL ? event : scan->anchor,
				"an event too long to be one" };
		else if ((walk->window.end - fault.at <= LONGEST_ODD_NUMBER || more_needed) &&
		    more(walk, &scan->anchor))
			continue;
		break;
	}
	if (recheck_ends_well(walk, &fault, event)) {
		walk->at = walk->window.end;
		return STEP_ENDS;
	}
	walk->at = event != NULL ? event : scan->anchor;
	if (!damaged(walk, &fault, &walk->at))
		return STEP_STOP;
	if (!resynchronise(walk, event != NULL))
		return STEP_END;
	scan_resume(scan, walk->at, false);
	return STEP_ON;
}

/* The array that begins at walk->at. */
static enum step
read_events(struct walk *walk)
{
	struct scan *scan = &walk->scan;
	bool last = false;

	walk->has_events = walk->no_event_yet = true;
	walk->handler->on_events(walk->handler->context);
	scan->on_event = on_scanned_event;
	scan->context = walk;
	scan_begin(scan, walk->at, true);
	for (;;) {
		enum scan_result result = walk->engine->run(scan, walk->window.end, last);
		size_t done = (size_t)(scan->at - scan->anchor);

		if (result == SCAN_END) {
			walk->at = scan->at;
			return STEP_ON;
		}
		if (result == SCAN_PAUSE && familiar_take(walk))
			continue;
		if (result == SCAN_MORE && !last && done <= LONGEST_EVENT) {
			last = !more(walk, &scan->anchor);
			scan->at = scan->anchor + done;
			continue;
		}
		switch (mend(walk)) {
		case STEP_ON:
			break;
		case STEP_ENDS:
			return STEP_ON;
		case STEP_END:
			return STEP_END;
		case STEP_STOP:
			return STEP_STOP;
		}
	}
}

/* The value at walk->at, whole in the window, or NULL: then it was skipped for its length,
 * or *fault tells what is wrong with it. */
static const char *
take_value(struct walk *walk, struct json_fault *fault)
{
	for (;;) {
		const char *end = json_skip_value(walk->at, walk->window.end, fault);
		size_t seen = (size_t)(walk->window.end - walk->at);

		/* A number that touches the end may go on after it. */
		if (end != NULL && (end < walk->window.end || *walk->at == '[' ||
		    *walk->at == '{' || *walk->at == '"'))
			return end;
		if (end == NULL && fault->at < walk->window.end)
			return NULL;
		if (seen > LONGEST_MEMBER && end == NULL) {
			fault->message = NULL;
			return NULL;
		}
		if (!more(walk, &walk->at))
			return end;
	}
}

static bool
ignore_event(void *context, const char *begin, const char *end, bool odd)
{
	(void)context, (void)begin, (void)end, (void)odd;
	return true;
}

/* Past a string of any length; only its end is looked for. */
static bool
skip_long_string(struct walk *walk, struct json_fault *fault)
{
	bool escaped = false;

	for (walk->at++;; walk->at++) {
		if (walk->at == walk->window.end && !more(walk, &walk->at)) {
			*fault = (struct json_fault){ walk->at, "string does not end" };
			return false;
		}
		if (*walk->at == '"' && !escaped)
			break;
		escaped = *walk->at == '\\' && !escaped;
	}
	walk->at++;
	return true;
}

/* Past a value of any length; only its structure is checked. */
static bool
skip_long_value(struct walk *walk, struct json_fault *fault)
{
	struct scan *scan = &walk->scan;
	enum scan_result result;
	bool last = false;

	if (*walk->at == '"')
		return skip_long_string(walk, fault);
	*fault = (struct json_fault){ walk->at, "a number too long to be one" };
	if (*walk->at != '[' && *walk->at != '{')
		return false;
	scan->on_event = ignore_event;
	scan_begin(scan, walk->at, false);
	while ((result = walk->engine->run(scan, walk->window.end, last)) == SCAN_MORE && !last)
		last = !more(walk, &scan->at);
	walk->at = scan->at;
	*fault = (struct json_fault){ walk->at, result == SCAN_MORE ? "text ends too early" :
		"not JSON" };
	return result == SCAN_END;
}

/* The key at walk->at into walk->key, past its colon, to its value. */
static bool
take_key(struct walk *walk, struct json_fault *fault)
{
	const char *end;

	*fault = (struct json_fault){ walk->at, "a key should begin here" };
	if (peek(walk) != '"') {
		fault->at = walk->at;
		return false;
	}
	end = take_value(walk, fault);
	if (end == NULL)
		return false;
	text_clear(&walk->key);
	json_unescape(&walk->key,
	    (struct slice){ walk->at + 1, (size_t)(end - walk->at - 2) });
	walk->at = end;
	if (peek(walk) != ':') {
		*fault = (struct json_fault){ walk->at, "':' should stand here" };
		return false;
	}
	walk->at++;
	peek(walk);
	return true;
}

/* One member of the outermost object; its key is at walk->at. */
static enum step
read_member(struct walk *walk, struct json_fault *fault)
{
	struct slice key;
	const char *end;

	if (!take_key(walk, fault))
		return STEP_STOP;
	key = (struct slice){ walk->key.bytes, walk->key.length };
	if (slice_equals(key, "traceEvents") && walk->at < walk->window.end && *walk->at == '[') {
		fault->message = NULL; /* told where it was found */
		return read_events(walk);
	}
	walk->odd_events |= slice_equals(key, "traceEvents");
	end = take_value(walk, fault);
	if (end != NULL) {
		walk->handler->on_member(walk->handler->context, key,
		    (struct slice){ walk->at, (size_t)(end - walk->at) });
		walk->at = end;
	} else if (fault->message != NULL || !skip_long_value(walk, fault)) {
		return STEP_STOP;
	}
	return STEP_ON;
}

static enum step
read_members(struct walk *walk, bool first, struct json_fault *fault)
{
	for (;; first = false) {
		enum step step;
		int byte = peek(walk);

		if (byte == '}') {
			walk->at++;
			return STEP_ON;
		}
		if (!first) {
			if (byte != ',') {
				*fault = (struct json_fault){ walk->at,
					byte < 0 ? "text ends too early" :
					"',' or '}' should stand here" };
				return STEP_STOP;
			}
			walk->at++;
		}
		step = read_member(walk, fault);
		if (step != STEP_ON)
			return step;
	}
}

/* A byte order mark says nothing in UTF-8. */
static void
skip_byte_order_mark(struct walk *walk)
{
	while (walk->window.end - walk->at < 3 && more(walk, &walk->at))
		;
	if (walk->window.end - walk->at >= 3 && memcmp(walk->at, "\xef\xbb\xbf", 3) == 0)
		walk->at += 3;
}

static enum step
read_top(struct walk *walk, struct json_fault *fault)
{
	skip_byte_order_mark(walk);
	switch (peek(walk)) {
	case '[':
		walk->bare = true;
		return read_events(walk);
	case '{':
		walk->at++;
		return read_members(walk, true, fault);
	default:
		*fault = (struct json_fault){ walk->at, "a trace begins with '{' or '['" };
		return STEP_STOP;
	}
}

/* Whether the key of the events, its colon and the '[' are at walk->at; moves to the '['. */
static bool
at_events(struct walk *walk)
{
	static const char key[] = "\"traceEvents\"";
	size_t length = sizeof(key) - 1;

	while ((size_t)(walk->window.end - walk->at) < length && more(walk, &walk->at))
		;
	if ((size_t)(walk->window.end - walk->at) < length || memcmp(walk->at, key, length) != 0)
		return false;
	walk->at += length;
	if (peek(walk) != ':')
		return false;
	walk->at++;
	return peek(walk) == '[';
}

/* The head is damaged: forward to the events. False when there are none. */
static bool
find_events(struct walk *walk)
{
	uint64_t from = offset_of(walk, walk->at);
	bool found = false;

	while (!found) {
		const char *quote = memchr(walk->at, '"', (size_t)(walk->window.end - walk->at));

		walk->at = quote != NULL ? quote : walk->window.end;
		if (quote == NULL && !more(walk, &walk->at))
			break;
		if (quote == NULL)
			continue;
		found = at_events(walk);
		if (!found && walk->at == quote)
			walk->at++;
	}
	walk->lost_bytes += offset_of(walk, walk->at) - from;
	return found;
}

/* What is left is lost. */
static enum step
lose_rest(struct walk *walk)
{
	uint64_t from = offset_of(walk, walk->at);

	drain(walk);
	walk->lost_bytes += offset_of(walk, walk->at) - from;
	return STEP_END;
}

static enum step
read_document(struct walk *walk)
{
	struct json_fault fault = { NULL, NULL };
	enum step step = read_top(walk, &fault);

	while (step == STEP_STOP && fault.message != NULL) {
		if (!damaged(walk, &fault, &walk->at))
			return STEP_STOP;
		if (walk->has_events || !find_events(walk))
			return lose_rest(walk);
		fault.message = NULL;
		step = read_events(walk);
		if (step == STEP_ON)
			step = read_members(walk, false, &fault);
	}
	if (step == STEP_ON && peek(walk) >= 0) {
		if (!damaged_here(walk, "more after the end of the trace"))
			return STEP_STOP;
		return lose_rest(walk);
	}
	return step;
}

enum walk_result
walk_file(struct walk *walk, const char *path, const struct walk_options *options,
    const struct walk_handler *handler)
{
	static const char nothing[] = "";
	enum step step;

	*walk = (struct walk){ .handler = handler, .options = options, .at = nothing };
	walk->window = (struct window){ nothing, nothing, 0 };
	walk->engine = scan_engine(options->portable);
	walk->feed = feed_open(path, options->block_size, options->portable);
	step = read_document(walk);
	if (step == STEP_ON && feed_error(walk->feed) != NULL &&
	    !damaged_here(walk, feed_error(walk->feed)))
		step = STEP_STOP;
	else if (step == STEP_ON && !walk->has_events && !damaged_here(walk,
	    walk->odd_events ? damage_odd_events : damage_no_events))
		step = STEP_STOP;
	feed_close(walk->feed);
	text_free(&walk->key);
	text_free(&walk->mended);
	return step == STEP_STOP ? WALK_FAILED : walk->damages > 0 ? WALK_MENDED : WALK_DONE;
}
