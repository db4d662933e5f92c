/* SPDX-License-Identifier: Apache-2.0 */
/* What a name must hold for a pattern to match it: most patterns need not be tried. */
#ifndef WARPIPE_NAMES_NEED_H
#define WARPIPE_NAMES_NEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"

/* One of these literals is in whatever the pattern matches. NULL when the pattern tells of no
 * such. */
struct names_need {
	const uint16_t *literals; /* NAMES_NO_LITERAL ends them */
};

enum { NAMES_NO_LITERAL = UINT16_MAX };

/* The literals of all patterns. All zero is none. */
struct names_literals {
	struct map by_text; /* in small letters; a literal's number is its place among them */
	struct arena arena;
	/* From names_literals_index: for each three characters in a row the first literal that
	 * is looked for where these stand, and after each literal the next of them. */
	uint16_t *first, *next;
	uint16_t *offset;   /* of the three in the literal */
	uint8_t kinds[256]; /* of characters, as far as they are told apart */
};

/* Reads the literals off a pattern (PCRE2, without regard to case). */
struct names_need names_need_of(struct names_literals *literals, const char *pattern);

/* Where the alternative of a pattern that begins at `at` ends: at `end`, or before a '|'. */
const char *names_need_alternative_end(const char *at, const char *end);

void names_literals_index(struct names_literals *literals);

/* For each literal that the text holds, sets `bit` in found[number]. */
void names_literals_find(const struct names_literals *literals, const char *text,
    size_t length, uint8_t *found, uint8_t bit);

/* Whether one of the literals was found with one of the bits. */
bool names_need_is_met(const struct names_need *need, const uint8_t *found, uint8_t bits);

void names_literals_free(struct names_literals *literals);

#endif
