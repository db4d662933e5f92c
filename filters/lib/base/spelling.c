/* SPDX-License-Identifier: Apache-2.0 */
/* Distances of Damerau and Levenshtein, in the restricted form: no letter is moved twice. */
#include <stdbool.h>
#include <string.h>

#include "base/spelling.h"

enum { MOST_LETTERS = 64 };

static char
small(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Both words have at most MOST_LETTERS. Three rows are kept: this one and two before. */
static unsigned
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][MOST_LETTERS + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			char x = small(a[i - 1]), y = small(b[j - 1]);

			row[j] = least(above[j - 1] + (x != y), least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == small(b[j - 2]) && y == small(a[i - 2]))
				row[j] = least(row[j], two[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

static bool
holds(const char *name, const char *word, size_t length)
{
	for (; *name != '\0'; name++) {
		size_t at = 0;

		while (at < length && small(name[at]) == small(word[at]))
			at++;
		if (at == length)
			return true;
	}
	return false;
}

void
spelling_begin(struct spelling *near, const char *word)
{
	*near = (struct spelling){ .word = word };
}

void
spelling_try(struct spelling *near, const char *name)
{
	size_t length = strlen(near->word), other = strlen(name), at;
	unsigned limit = 1 + (unsigned)(length / 4), far = limit + 1;

	if (length <= MOST_LETTERS && other <= MOST_LETTERS)
		far = distance(near->word, length, name, other);
	if (far > limit && length > 2 && holds(name, near->word, length))
		far = limit;
	for (size_t i = 0; i < near->count; i++)
		if (strcmp(near->names[i], name) == 0)
			return;
	for (at = near->count; at > 0 && near->far[at - 1] > far; at--)
		;
	if (far > limit || at == SPELLING_MOST)
		return;
	near->count += near->count < SPELLING_MOST;
	for (size_t i = near->count - 1; i > at; i--) {
		near->names[i] = near->names[i - 1];
		near->far[i] = near->far[i - 1];
	}
	near->names[at] = name;
	near->far[at] = far;
}

void
spelling_add(const struct spelling *near, struct text *text)
{
	for (size_t i = 0; i < near->count; i++)
		text_add_format(text, "%s%s", i == 0 ? ": did you mean " :
		    i + 1 < near->count ? ", " : " or ", near->names[i]);
	if (near->count > 0)
		text_add_format(text, "?");
}
