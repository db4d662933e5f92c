/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts names into words at underscores, digits and capitals. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "similar.h"

enum { WORDS = 24, WORD = 24 };

struct words {
	char list[WORDS][WORD];
	int count;
};

/* Words that say what every kernel is, or how this one is built. */
static bool
is_filler(const char *word)
{
	static const char *const fillers[] = { "kernel", "fwd", "forward", "impl", "the", "gpu",
		"cuda", "hip", "triton", "op", "ops", "sm", "bf", "fp", "entry", "native", "at",
		"void", "vectorized", "inplace", "out", NULL };

	if (word[0] == '\0' || word[1] == '\0')
		return true;
	for (int i = 0; fillers[i] != NULL; i++)
		if (strcmp(word, fillers[i]) == 0)
			return true;
	return false;
}

static void
words_cut(struct words *words, const char *name)
{
	words->count = 0;
	while (*name != '\0' && words->count < WORDS) {
		char *word = words->list[words->count];
		int length = 0;

		while (*name != '\0' && !isalpha((unsigned char)*name))
			name++;
		while (isalpha((unsigned char)*name)) {
			if (length > 0 && isupper((unsigned char)name[0]) &&
			    (islower((unsigned char)name[-1]) || islower((unsigned char)name[1])))
				break;
			if (length < WORD - 1)
				word[length++] = (char)tolower((unsigned char)*name);
			name++;
		}
		word[length] = '\0';
		if (!is_filler(word))
			words->count++;
	}
}

/* Letters of the word that occur as words of the other name, one or several in a row. */
static bool
has_word(const struct words *words, const char *word)
{
	for (int begin = 0; begin < words->count; begin++) {
		const char *rest = word;

		for (int i = begin; i < words->count && *rest != '\0'; i++) {
			size_t length = strlen(words->list[i]);

			if (strncmp(rest, words->list[i], length) != 0)
				break;
			rest += length;
		}
		if (*rest == '\0')
			return true;
	}
	return false;
}

/* Letters in words that the other name has. */
static int
common_letters(const struct words *words, const struct words *other)
{
	int letters = 0;

	for (int i = 0; i < words->count; i++) {
		bool joined = false;

		/* "topk" and "softmax" of "topksoftmax" */
		for (int j = 0; j < other->count && !joined; j++)
			joined = strlen(words->list[i]) >= 3 &&
			    strstr(other->list[j], words->list[i]) != NULL;
		if (joined || has_word(other, words->list[i]))
			letters += (int)strlen(words->list[i]);
	}
	return letters;
}

static int
all_letters(const struct words *words)
{
	int letters = 0;

	for (int i = 0; i < words->count; i++)
		letters += (int)strlen(words->list[i]);
	return letters;
}

double
similar_names(const char *left, const char *right)
{
	struct words a, b;
	int all;

	words_cut(&a, left);
	words_cut(&b, right);
	all = all_letters(&a) + all_letters(&b);
	if (a.count == 0 || b.count == 0 || all == 0)
		return 0;
	return (double)(common_letters(&a, &b) + common_letters(&b, &a)) / all;
}

static const char *
skip_marks(const char *name)
{
	while (*name != '\0' && !isalnum((unsigned char)*name))
		name++;
	return name;
}

size_t
similar_inside(const char *whole, const char *part)
{
	for (const char *begin = skip_marks(whole); *begin != '\0'; begin = skip_marks(begin + 1)) {
		const char *at = begin, *want = skip_marks(part);
		size_t length = 0;

		while (*want != '\0' && tolower((unsigned char)*at) == tolower((unsigned char)*want)) {
			at = skip_marks(at + 1);
			want = skip_marks(want + 1);
			length++;
		}
		if (*want == '\0' && length > 0)
			return length;
	}
	return 0;
}
