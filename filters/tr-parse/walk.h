/* SPDX-License-Identifier: Apache-2.0 */
/* Walks one trace file from its first byte to its last: what stands around the events,
 * each event, and what is damaged. */
#ifndef TR_PARSE_WALK_H
#define TR_PARSE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "feed.h"
#include "scan.h"
#include "base/slice.h"
#include "base/text.h"

/* Who is told. The slices are valid during the call. */
struct walk_handler {
	void *context;
	/* A member of the outermost object other than its events; `value` as spelled. */
	void (*on_member)(void *context, struct slice key, struct slice value);
	/* The events begin. */
	void (*on_events)(void *context);
	/* One event, checked, as spelled; `index` is its place in traceEvents. False, with
	 * *fault filled, when it is damaged in another way than the grammar tells. */
	bool (*on_event)(void *context, uint64_t index, struct slice event,
	    struct json_fault *fault);
	/* The event that `text` begins with, which is not checked and ends somewhere in it, if it is
	 * like others before it. Returns the byte after it, with fault->message NULL unless it is
	 * damaged as above; or NULL, having done nothing: then it is checked and goes to on_event. */
	const char *(*on_text)(void *context, uint64_t index, struct slice text,
	    struct json_fault *fault);
	/* Something is damaged at a byte of the unpacked stream. Before the walk goes on or
	 * gives up. */
	void (*on_damage)(void *context, uint64_t offset, const char *message);
};

struct walk_options {
	size_t block_size;
	bool portable;
	bool keep_going; /* skip what is damaged */
};

enum walk_result {
	WALK_DONE,
	WALK_MENDED, /* done, after something was skipped */
	WALK_FAILED  /* stopped at the first damage */
};

struct walk {
	const struct walk_handler *handler;
	const struct walk_options *options;
	const struct scan_engine *engine;
	struct feed *feed;
	struct window window;
	const char *at;       /* within the window: bytes before it are used up */
	struct scan scan;
	bool no_event_yet;    /* since the array's '[' */
	bool has_events;      /* an array of events was seen */
	bool odd_events;      /* traceEvents was something else */
	bool bare;            /* the trace is the array: its ']' may be missing */
	unsigned strange;     /* times in a row that on_text did not take what it was asked for */
	unsigned unasked;     /* events to go before it is asked again */
	struct json_fault refused; /* by on_event; message NULL: nothing is */
	uint64_t events;      /* begun so far: the next one's index */
	uint64_t lost_events; /* of these, skipped as damaged */
	uint64_t lost_bytes;
	uint64_t damages;
	uint64_t not_numbers; /* events with NaN or inf in them, read with null instead */
	struct text key, mended;
};

/* Opens the file and walks to its end. `walk` needs no initial value; its counts hold
 * after the call. Dies when the file cannot be opened or read. */
enum walk_result walk_file(struct walk *walk, const char *path,
    const struct walk_options *options, const struct walk_handler *handler);

#endif
