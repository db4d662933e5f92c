/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the kinds. */
#include <stddef.h>
#include <string.h>

#include "trace/kinds.h"

#define NAME(id, name, ...) name,
#define SHORT(id, name, short_name, color) short_name,
#define COLOR(id, name, short_name, color) color,
#define PLAIN(id, name, plain) plain,
#define WORDS(id, name, words) words,

const char *const type_names[TYPE_COUNT + 1] = { KINDS_TYPES(NAME) NULL };
const char *const type_shorts[TYPE_COUNT + 1] = { KINDS_TYPES(SHORT) NULL };
const char *const type_colors[TYPE_COUNT] = { KINDS_TYPES(COLOR) };
const char *const stage_names[STAGE_COUNT + 1] = { KINDS_STAGES(NAME) NULL };
const char *const role_names[ROLE_COUNT + 1] = { KINDS_ROLES(NAME) NULL };
const char *const via_names[VIAS + 1] = { KINDS_VIAS(NAME) NULL };
const char *const cause_names[CAUSE_COUNT + 1] = { KINDS_CAUSES(NAME) NULL };
const char *const cause_words[CAUSE_COUNT] = { KINDS_CAUSES(WORDS) };

int
kinds_index(const char *const *names, struct slice word, int otherwise)
{
	for (int i = 0; names[i] != NULL; i++)
		if (slice_equals(word, names[i]))
			return i;
	return otherwise;
}

bool
via_is_plain(const char *via)
{
	static const bool plain[VIAS] = { KINDS_VIAS(PLAIN) };
	int at = kinds_index(via_names, (struct slice){ via, strlen(via) }, VIAS);

	return at < VIAS && plain[at];
}
