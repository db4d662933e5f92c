/* SPDX-License-Identifier: Apache-2.0 */
/* Finds where the events of a JSON array begin and end, and checks the grammar between
 * them, 64 bytes at a time. */
#ifndef TR_PARSE_SCAN_H
#define TR_PARSE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/json_scan.h"

/* What a bracket opened. */
enum scan_level { SCAN_OBJECT, SCAN_ARRAY, SCAN_EVENTS };

enum scan_result {
	SCAN_MORE,  /* all bytes are used up and the array or object is still open */
	SCAN_FAULT, /* what comes next is not what the grammar wants */
	SCAN_PAUSE, /* after an event, as asked: scan_resume goes on there */
	SCAN_END    /* the array or object that the scan began with is closed */
};

/* The state between two blocks: what stood before the next one. */
struct scan_carry {
	uint64_t in_string; /* all ones inside a string */
	uint64_t escaped;   /* 1: the next byte is escaped by a backslash */
	/* 1: the last token was '[', '{' or ','; was ',' or ':'; was a string where a key
	 * may come. */
	uint64_t begins, goes_on, after_key;
	/* 1: the last byte was inside a scalar; a dot; a zero that begins a number; a digit
	 * after a dot. */
	uint64_t scalar, dot, zero, fraction;
};

struct scan {
	/* Called for each event with its first byte and the byte after it. `odd`: it holds
	 * something that the scan leaves to a closer look (json_skip_value): escapes, bytes
	 * that are not ASCII, control characters, numbers with signs or exponents, literals.
	 * False stops the scan with SCAN_FAULT, `anchor` still at the event. */
	bool (*on_event)(void *context, const char *begin, const char *end, bool odd);
	void *context;
	bool pause; /* set by on_event: stop after this event */

	const char *at;     /* bytes before it are used up */
	const char *anchor; /* first byte of the open event, or the byte after the last one */
	bool inside;        /* an event is open */
	bool odd;           /* it is odd so far */
	unsigned depth;
	struct scan_carry carry;
	uint8_t levels[JSON_SCAN_DEEPEST + 1]; /* enum scan_level, of depth 1 and deeper */
};

/* Moves `at` forward to `end` or to what stops the scan. Bytes that do not fill a block are
 * left until `last` tells that no more will come. The caller may move the bytes between two
 * calls and then moves `at` and `anchor`. On SCAN_FAULT something is wrong within or after
 * the event at `anchor`, and nothing before. */
struct scan_engine {
	enum scan_result (*run)(struct scan *scan, const char *end, bool last);
};

/* The fastest engine that this machine can run, or the one for all machines: they differ
 * in nothing but speed. */
const struct scan_engine *scan_engine(bool portable);

/* Begin at `at`, which points to the '[' of an array of events or, with `events` false, to
 * any '[' or '{' whose end is wanted. */
void scan_begin(struct scan *scan, const char *at, bool events);

/* Begin inside an array of events: at an event's first byte or, with `behind`, at the byte
 * after an event. */
void scan_resume(struct scan *scan, const char *at, bool behind);

#endif
