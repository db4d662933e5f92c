/* SPDX-License-Identifier: Apache-2.0 */
/* What a name must hold for a pattern to match it: most patterns need not be tried. */
#ifndef WARPIPE_NAMES_NEED_H
#define WARPIPE_NAMES_NEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { NAMES_GRAM_BITS = 1 << 13 };

/* Which three letters in a row some texts hold, by hash: a set bit may be another's. */
struct names_grams {
	uint64_t bits[NAMES_GRAM_BITS / 64];
};

/* One of these literals, as the hashes of its threes, is in whatever the pattern matches. None
 * when the pattern tells of no such. */
struct names_need {
	const uint16_t *grams; /* of each literal how many and which; 0 ends them */
};

void names_grams_add(struct names_grams *grams, const char *text, size_t length);

/* Reads the literals off a pattern (PCRE2, without regard to case). */
struct names_need names_need_of(struct arena *arena, const char *pattern);

bool names_need_is_met(const struct names_need *need, const struct names_grams *grams);

#endif
