/* SPDX-License-Identifier: Apache-2.0 */
/* Steps from event to event without the scan, as long as they are like those before them. */
#include "familiar.h"
#include "json/json_scan.h"

/* Where the next event begins that a comma parts from what ends at `at`, or NULL. */
static const char *
after_comma(const char *at, const char *end)
{
	at = json_skip_space(at, end);
	if (at == end || *at != ',')
		return NULL;
	at = json_skip_space(at + 1, end);
	return at < end && *at == '{' ? at : NULL;
}

bool
familiar_take(struct walk *walk)
{
	enum { MOST_UNASKED = 64 };
	const struct walk_handler *handler = walk->handler;
	const char *at = walk->scan.anchor, *end = walk->window.end, *event, *after;
	uint64_t before = walk->events;
	struct json_fault fault = { NULL, NULL };

	while ((event = after_comma(at, end)) != NULL) {
		after = handler->on_text(handler->context, walk->events,
		    (struct slice){ event, (size_t)(end - event) }, &fault);
		if (after == NULL)
			break;
		walk->events++;
		if (fault.message != NULL) {
			walk->refused = fault;
			scan_resume(&walk->scan, event, false);
			walk->scan.inside = true;
			return false;
		}
		at = after;
	}
	walk->strange = walk->events > before ? 0 : walk->strange + 1;
	walk->unasked = walk->strange < MOST_UNASKED ? walk->strange : MOST_UNASKED;
	scan_resume(&walk->scan, at, true);
	return true;
}
