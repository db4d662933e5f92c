/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a literal in each alternative of a regular expression. Whatever it does not understand
 * ends a literal; an alternative without one makes the pattern one that is always tried. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "names/names_need.h"

enum { MOST_LITERALS = 512, DEEPEST_GROUP = 8, MOST_GROUPS = 8, LONGEST_LITERAL = 64 };

/* Characters are told apart as far as names need it: letters, digits and four marks. */
enum { KINDS = 41, TRIPLES = KINDS * KINDS * KINDS };

/* The literals of one pattern. */
struct finding {
	char texts[MOST_LITERALS][LONGEST_LITERAL];
	size_t lengths[MOST_LITERALS];
	size_t count;
	bool failed;
};

static unsigned
kind_of(char c)
{
	static const char marks[] = "_:<,";
	const char *mark;

	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 1;
	if ((c | ' ') >= 'a' && (c | ' ') <= 'z')
		return (unsigned)((c | ' ') - 'a') + 11;
	mark = c != '\0' ? strchr(marks, c) : NULL;
	return mark != NULL ? (unsigned)(mark - marks) + 37 : 0;
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

const char *
names_need_alternative_end(const char *at, const char *end)
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
	if (finding->count == MOST_LITERALS) {
		finding->failed = true;
		return;
	}
	for (size_t i = 0; i < length; i++)
		finding->texts[finding->count][i] = (char)tolower((unsigned char)literal[i]);
	finding->lengths[finding->count++] = length;
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

/* What a literal is worth that is seldom. */
enum { LEAST_WORTH = 3 };

/* How seldom a literal is, as far as its length tells: nearly all names have "kernel". */
static size_t
worth_of(const char *literal, size_t length)
{
	static const char common[] = "kernel";

	for (size_t i = 0; i + 3 <= length; i++) {
		size_t same = 0;

		while (i + same < length && same < 6 &&
		    tolower((unsigned char)literal[i + same]) == common[same])
			same++;
		if (same >= 3)
			return length - same + 1;
	}
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

/* The longest literal of one alternative or, without one that is seldom, what one of its groups
 * needs. */
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
			if (length >= 3 && worth_of(run, length) >= worth) {
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
	finding->failed = true;
	if (worth < LEAST_WORTH)
		find_in_groups(finding, groups, group_count, depth);
	if (finding->failed && longest >= 3) {
		finding->failed = false;
		add_literal(finding, best, longest);
	}
}

static void
find_in(struct finding *finding, const char *at, const char *end, int depth)
{
	for (;;) {
		const char *stop = names_need_alternative_end(at, end);

		find_in_alternative(finding, at, stop, depth);
		if (stop >= end || finding->failed)
			return;
		at = stop + 1;
	}
}

/* The literal's number; it is remembered when it is new. */
static uint16_t
number_of(struct names_literals *literals, const char *text, size_t length)
{
	void **place = map_put(&literals->by_text, text, length);
	uint16_t *number = *place;

	if (number == NULL) {
		number = *place = arena_alloc(&literals->arena, sizeof(*number));
		*number = (uint16_t)(literals->by_text.count - 1);
	}
	return *number;
}

struct names_need
names_need_of(struct names_literals *literals, const char *pattern)
{
	struct finding *finding = memory_alloc_zero(1, sizeof(*finding));
	size_t length = strlen(pattern);
	uint16_t *numbers = NULL;

	/* Flags for all of the pattern, at its head, change nothing here but x does. */
	if (strncmp(pattern, "(?-i)", 5) == 0)
		find_in(finding, pattern + 5, pattern + length, 0);
	else if (strstr(pattern, "(?x") != NULL || strstr(pattern, "\\Q") != NULL)
		finding->failed = true;
	else
		find_in(finding, pattern, pattern + length, 0);
	if (!finding->failed && finding->count > 0 &&
	    literals->by_text.count + finding->count < NAMES_NO_LITERAL) {
		numbers = arena_alloc(&literals->arena, (finding->count + 1) * sizeof(*numbers));
		for (size_t i = 0; i < finding->count; i++)
			numbers[i] = number_of(literals, finding->texts[i], finding->lengths[i]);
		numbers[finding->count] = NAMES_NO_LITERAL;
	}
	free(finding);
	return (struct names_need){ numbers };
}

static size_t
triple_at(const struct names_literals *literals, const char *text)
{
	const uint8_t *kinds = literals->kinds;

	return ((size_t)kinds[(uint8_t)text[0]] * KINDS + kinds[(uint8_t)text[1]]) * KINDS +
	    kinds[(uint8_t)text[2]];
}

void
names_literals_index(struct names_literals *literals)
{
	const struct map *texts = &literals->by_text;
	uint16_t *held = memory_alloc_zero(TRIPLES, sizeof(*held));

	for (int c = 0; c < 256; c++)
		literals->kinds[c] = (uint8_t)kind_of((char)c);
	literals->first = memory_alloc(TRIPLES * sizeof(*literals->first));
	memset(literals->first, 0xff, TRIPLES * sizeof(*literals->first));
	literals->next = memory_alloc((texts->count + 1) * sizeof(*literals->next));
	literals->offset = memory_alloc((texts->count + 1) * sizeof(*literals->offset));
	for (size_t n = 0; n < texts->count; n++)
		for (size_t i = 0; i + 3 <= texts->entries[n].key_length; i++)
			held[triple_at(literals, texts->entries[n].key + i)]++;
	for (size_t n = 0; n < texts->count; n++) {
		const char *text = texts->entries[n].key;
		size_t rarest = 0;
		size_t triple;

		/* What many literals hold is in many names, too. */
		for (size_t i = 1; i + 3 <= texts->entries[n].key_length; i++)
			if (held[triple_at(literals, text + i)] < held[triple_at(literals, text + rarest)])
				rarest = i;
		triple = triple_at(literals, text + rarest);
		literals->offset[n] = (uint16_t)rarest;
		literals->next[n] = literals->first[triple];
		literals->first[triple] = (uint16_t)n;
	}
	free(held);
}

static bool
stands_at(const struct names_literals *literals, size_t number, const char *text, size_t length)
{
	const struct map_entry *literal = &literals->by_text.entries[number];

	if (literal->key_length > length)
		return false;
	for (size_t i = 0; i < literal->key_length; i++)
		if (literals->kinds[(uint8_t)text[i]] != literals->kinds[(uint8_t)literal->key[i]])
			return false;
	return true;
}

void
names_literals_find(const struct names_literals *literals, const char *text, size_t length,
    uint8_t *found, uint8_t bit)
{
	for (size_t at = 0; at + 3 <= length; at++) {
		size_t n = literals->first[triple_at(literals, text + at)];

		for (; n != NAMES_NO_LITERAL; n = literals->next[n]) {
			size_t before = literals->offset[n];

			if (!(found[n] & bit) && before <= at &&
			    stands_at(literals, n, text + at - before, length - at + before))
				found[n] |= bit;
		}
	}
}

bool
names_need_is_met(const struct names_need *need, const uint8_t *found, uint8_t bits)
{
	const uint16_t *number = need->literals;

	if (number == NULL)
		return true;
	while (*number != NAMES_NO_LITERAL && !(found[*number] & bits))
		number++;
	return *number != NAMES_NO_LITERAL;
}

void
names_literals_free(struct names_literals *literals)
{
	map_free(&literals->by_text);
	arena_free(&literals->arena);
	free(literals->first);
	free(literals->next);
	free(literals->offset);
}
