/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a literal in each alternative of a regular expression. Whatever it does not understand
 * ends a literal; an alternative without one makes the pattern one that is always tried. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "names/names_need.h"

enum { MOST_GRAMS = 4096, DEEPEST_GROUP = 8, MOST_GROUPS = 8, LONGEST_LITERAL = 64 };

struct finding {
	uint16_t grams[MOST_GRAMS];
	size_t count;
	bool failed;
};

static uint16_t
gram_of(const char *at)
{
	uint32_t hash = 0;

	for (int i = 0; i < 3; i++)
		hash = hash * 37 + (uint32_t)tolower((unsigned char)at[i]);
	return (uint16_t)((hash * 2654435761u) >> 19);
}

void
names_grams_add(struct names_grams *grams, const char *text, size_t length)
{
	for (size_t i = 0; i + 3 <= length; i++) {
		uint16_t gram = gram_of(text + i);

		grams->bits[gram / 64] |= (uint64_t)1 << gram % 64;
	}
}

/* Past the group or class that opens at `at`; NULL when it does not close. */
static const char *
skip_bracket(const char *at, const char *end)
{
	int depth = 0;

	for (; at < end; at++) {
		if (*at == '\\') {
			at++;
		} else if (*at == '[') {
			for (at += at[1] == '^' ? 2 : 1, at += *at == ']'; at < end && *at != ']'; at++)
				at += *at == '\\';
			if (depth == 0)
				return at < end ? at + 1 : NULL;
		} else if (*at == '(') {
			depth++;
		} else if (*at == ')' && --depth == 0) {
			return at + 1;
		}
	}
	return NULL;
}

/* The end of the alternative that begins at `at`. */
static const char *
end_of_alternative(const char *at, const char *end)
{
	while (at < end && *at != '|') {
		if (*at == '(' || *at == '[') {
			at = skip_bracket(at, end);
			if (at == NULL)
				return end;
		} else {
			at += *at == '\\' && at + 1 < end ? 2 : 1;
		}
	}
	return at;
}

static void
add_literal(struct finding *finding, const char *literal, size_t length)
{
	if (finding->count + length >= MOST_GRAMS - 2) {
		finding->failed = true;
		return;
	}
	finding->grams[finding->count++] = (uint16_t)(length - 2);
	for (size_t i = 0; i + 3 <= length; i++)
		finding->grams[finding->count++] = gram_of(literal + i);
}

static void find_in(struct finding *finding, const char *at, const char *end, int depth);

/* The inside of a group that must match, or NULL: of a look-around, or of flags alone. */
static const char *
group_inside(const char *at)
{
	if (at[1] != '?')
		return at + 1;
	if (at[2] == ':')
		return at + 3;
	if (strncmp(at, "(?-i:", 5) == 0)
		return at + 5;
	if (at[2] == '<' && at[3] != '=' && at[3] != '!')
		return strchr(at, '>') + 1;
	return NULL;
}

/* How seldom a literal is, as far as its length tells: nearly all names have "kernel". */
static size_t
worth_of(const char *literal, size_t length)
{
	for (size_t i = 0; i + 6 <= length; i++)
		if (strncasecmp(literal + i, "kernel", 6) == 0)
			return length - 5;
	return length;
}

/* A group of an alternative that has to match. */
struct group {
	const char *inside, *end;
};

/* What one of the groups needs: any of them will do. */
static void
find_in_groups(struct finding *finding, const struct group *groups, size_t count, int depth)
{
	size_t before = finding->count;

	for (size_t i = 0; i < count && depth < DEEPEST_GROUP; i++) {
		find_in(finding, groups[i].inside, groups[i].end, depth + 1);
		if (!finding->failed)
			return;
		finding->failed = false;
		finding->count = before;
	}
	finding->failed = true;
}

static bool
is_optional(const char *at, const char *end)
{
	return at < end && (*at == '?' || *at == '*' || *at == '{');
}

/* The longest literal of one alternative or, without one, what one of its groups needs. */
static void
find_in_alternative(struct finding *finding, const char *at, const char *end, int depth)
{
	char run[LONGEST_LITERAL], best[LONGEST_LITERAL];
	size_t length = 0, longest = 0, worth = 0;
	struct group groups[MOST_GROUPS];
	size_t group_count = 0;

	while (at < end) {
		const char *next = at + 1;
		bool literal = false;

		if (*at == '(' || *at == '[') {
			next = skip_bracket(at, end);
			if (next == NULL)
				break;
			if (*at == '(' && group_count < MOST_GROUPS && !is_optional(next, end) &&
			    group_inside(at) != NULL)
				groups[group_count++] = (struct group){ group_inside(at), next - 1 };
		} else if (*at == '{') { /* "{3,4}": how often, no text */
			const char *close = memchr(at, '}', (size_t)(end - at));

			next = close != NULL ? close + 1 : next;
		} else if (*at == '\\') {
			next = at + 2;
			literal = at + 1 < end && ispunct((unsigned char)at[1]);
		} else {
			literal = strchr(".^$*+?{}", *at) == NULL;
		}
		if (literal && length < LONGEST_LITERAL && !is_optional(next, end)) {
			run[length++] = *at == '\\' ? at[1] : *at;
			if (length >= 3 && worth_of(run, length) > worth) {
				worth = worth_of(run, length);
				longest = length;
				memcpy(best, run, length);
			}
			/* "ab+": what follows the b may be another. */
			if (next < end && *next == '+')
				length = 0;
		} else {
			length = 0;
		}
		at = next;
	}
	if (longest >= 3)
		add_literal(finding, best, longest);
	else
		find_in_groups(finding, groups, group_count, depth);
}

static void
find_in(struct finding *finding, const char *at, const char *end, int depth)
{
	for (;;) {
		const char *stop = end_of_alternative(at, end);

		find_in_alternative(finding, at, stop, depth);
		if (stop >= end || finding->failed)
			return;
		at = stop + 1;
	}
}

struct names_need
names_need_of(struct arena *arena, const char *pattern)
{
	struct finding finding = { .count = 0 };
	size_t length = strlen(pattern);
	uint16_t *grams;

	/* Flags for all of the pattern, at its head, change nothing here but x does. */
	if (strncmp(pattern, "(?-i)", 5) == 0)
		find_in(&finding, pattern + 5, pattern + length, 0);
	else if (strstr(pattern, "(?x") != NULL || strstr(pattern, "\\Q") != NULL)
		finding.failed = true;
	else
		find_in(&finding, pattern, pattern + length, 0);
	if (finding.failed || finding.count == 0)
		return (struct names_need){ NULL };
	finding.grams[finding.count++] = 0;
	grams = arena_alloc(arena, finding.count * sizeof(*grams));
	memcpy(grams, finding.grams, finding.count * sizeof(*grams));
	return (struct names_need){ grams };
}

bool
names_need_is_met(const struct names_need *need, const struct names_grams *grams)
{
	const uint16_t *at = need->grams;

	if (at == NULL)
		return true;
	for (; *at > 0; at += *at + 1) {
		uint16_t held = 0;

		while (held < *at && (grams->bits[at[held + 1] / 64] >> at[held + 1] % 64 & 1))
			held++;
		if (held == *at)
			return true;
	}
	return false;
}
