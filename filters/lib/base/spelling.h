/* SPDX-License-Identifier: Apache-2.0 */
/* Which names somebody may have meant by a word that names nothing. */
#ifndef WARPIPE_SPELLING_H
#define WARPIPE_SPELLING_H

#include <stddef.h>

#include "base/text.h"

enum { SPELLING_MOST = 3 };

/* The nearest names so far, the nearest first. They and the word are borrowed. */
struct spelling {
	const char *word;
	const char *names[SPELLING_MOST];
	unsigned far[SPELLING_MOST];
	size_t count;
};

void spelling_begin(struct spelling *near, const char *word);

/* Take the name if it is close: it holds the word (of three letters or more), or a few
 * letters are put in, left out, changed or swapped with the next (one, and one more for
 * every four of the word). Capitals count as small letters. */
void spelling_try(struct spelling *near, const char *name);

/* Add ": did you mean a, b or c?" to the text, or nothing if no name is close. */
void spelling_add(const struct spelling *near, struct text *text);

#endif
