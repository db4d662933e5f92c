/* SPDX-License-Identifier: Apache-2.0 */
/* Where the fields of an event stand. */
#ifndef TR_PARSE_FIELDS_H
#define TR_PARSE_FIELDS_H

#include "event.h"

/* The text of a string value without its quotes; bytes NULL when it is no string. */
static inline struct slice
event_text(struct slice value)
{
	if (value.bytes == NULL || value.bytes[0] != '"')
		return (struct slice){ NULL, 0 };
	return (struct slice){ value.bytes + 1, value.length - 2 };
}

/* Fills the event's fields, and its kind as far as the category tells, and counts it in the
 * census. False when its category is not wanted. */
bool fields_read(struct event *event, struct slice bytes, const struct selection *selection,
    struct seen *seen, struct census *census);

/* The same for the event that `text` begins with, which nobody has checked and whose end is not
 * known: where it is like others before it, it is found good, and *end is the byte after it. */
enum fields_result {
	FIELDS_NONE,     /* unlike those before it: *end is not known, and nothing was counted */
	FIELDS_LEFT_OUT, /* its category is not wanted */
	FIELDS_FILLED
};
enum fields_result fields_find(struct event *event, struct slice text, struct seen *seen,
    struct census *census, const char **end);

/* What fields_read or fields_find left of the arguments. */
void fields_read_arguments(struct event *event);

#endif
