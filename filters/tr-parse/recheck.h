/* SPDX-License-Identifier: Apache-2.0 */
/* What an event is that the scan stopped at. */
#ifndef TR_PARSE_RECHECK_H
#define TR_PARSE_RECHECK_H

#include "walk.h"

enum { LONGEST_ODD_NUMBER = sizeof("-infinity") };

/* What the bytes from the scan's anchor on hold: the byte after the event, or NULL with *fault
 * filled; *event is where the event begins, if one does, else NULL. */
const char *recheck_event(const struct walk *walk, const char **event, struct json_fault *fault);

/* How long the spelling of a number that is none is, as printf and Python write it, and
 * which JSON does not have; 0 when nothing such is there. */
size_t recheck_odd_number(const char *at, const char *end);

/* Copy the event at `at` to walk->mended, null in the place of what is no number. Returns
 * the byte after the event, or NULL when the window ends before it. */
const char *recheck_without_odd(struct walk *walk, const char *at);

/* Nothing but the ']' is missing, which the format allows. */
bool recheck_ends_well(const struct walk *walk, const struct json_fault *fault,
    const char *event);

#endif
