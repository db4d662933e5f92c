/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to hold an event against a shape: they differ in nothing but speed. */
#ifndef TR_PARSE_FIT_H
#define TR_PARSE_FIT_H

#include "shape.h"

/* The byte after the event that `text` begins with, or NULL when it is not of this shape; fills
 * `places` as far as it is, for a wanted shape, which are `size` bytes and 0 elsewhere. `checked`:
 * the text is this event, and JSON; otherwise only values that are found good on the way fit.
 * SHAPE_SLACK bytes after the text can be read. */
const char *fit_portable(struct shape *shape, struct slice text, bool checked, void *places,
    size_t size);
#if defined(__x86_64__)
const char *fit_avx2(struct shape *shape, struct slice text, bool checked, void *places,
    size_t size);
#endif

/* The byte after any value, or NULL: it is not plain (json/plain.h) and not checked. */
const char *fit_other(const char *at, const char *end, bool checked);

static inline void
fit_store(void *places, int place, const char *at, const char *after)
{
	*(struct slice *)(void *)((char *)places + place) =
	    (struct slice){ at, (size_t)(after - at) };
}

#endif
