/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the literals of all rows in a name, and marks the rows that ask for them. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "names/names_candidates.h"

static size_t
words_of(const struct names_candidates *candidates)
{
	return candidates->row_count / 64 + 1;
}

static bool
all_have_needs(const struct names_pattern *patterns)
{
	for (; patterns != NULL; patterns = patterns->next)
		if (patterns->need.literals == NULL)
			return false;
	return true;
}

/* The list of patterns, one of which must match, that tells most of whether a row does. */
static const struct names_pattern *
telling_list(const struct names_row *row, enum names_form *form)
{
	const struct {
		const struct names_pattern *patterns;
		enum names_form form;
	} lists[] = {
		{ row->function, NAMES_FUNCTION },
		{ row->match, NAMES_CANONICAL },
		{ row->raw, NAMES_RAW },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].patterns != NULL && all_have_needs(lists[i].patterns)) {
			*form = lists[i].form;
			return lists[i].patterns;
		}
	return NULL;
}

static void
ask_for(struct names_candidates *candidates, size_t *counts, const uint16_t *literals,
    size_t row, enum names_form form)
{
	for (; *literals != NAMES_NO_LITERAL; literals++) {
		size_t count = counts[*literals]++;
		struct names_asked **list = &candidates->asked[*literals], *grown;

		/* Full at each power of two; one place is kept for the end. */
		if ((count & (count - 1)) == 0) {
			grown = arena_alloc_zero(&candidates->arena, (2 * count + 2) * sizeof(*grown));
			if (count > 0)
				memcpy(grown, *list, count * sizeof(*grown));
			*list = grown;
		}
		(*list)[count] = (struct names_asked){ (uint16_t)row, (uint8_t)form };
	}
}

void
names_candidates_open(struct names_candidates *candidates, struct names_rows *rows)
{
	size_t *counts, literals = rows->literals.by_text.count, at = 0;

	for (struct names_row *row = rows->first; row != NULL; row = row->next)
		candidates->row_count += row->annotation == NULL;
	names_literals_index(&rows->literals);
	candidates->rows = memory_alloc_zero(candidates->row_count + 1, sizeof(*candidates->rows));
	candidates->always = memory_alloc_zero(words_of(candidates), sizeof(uint64_t));
	candidates->bits = memory_alloc_zero(words_of(candidates), sizeof(uint64_t));
	candidates->found = memory_alloc_zero(literals + 1, 1);
	candidates->asked = memory_alloc_zero(literals + 1, sizeof(struct names_asked *));
	counts = memory_alloc_zero(literals + 1, sizeof(*counts));
	for (struct names_row *row = rows->first; row != NULL; row = row->next) {
		const struct names_pattern *patterns;
		enum names_form form;

		if (row->annotation != NULL)
			continue;
		candidates->rows[at] = row;
		patterns = telling_list(row, &form);
		/* Numbers of rows are 16 bits wide; a table has hundreds. */
		if (patterns == NULL || at > UINT16_MAX)
			candidates->always[at / 64] |= (uint64_t)1 << at % 64;
		else
			for (; patterns != NULL; patterns = patterns->next)
				ask_for(candidates, counts, patterns->need.literals, at, form);
		at++;
	}
	free(counts);
}

void
names_candidates_begin(struct names_candidates *candidates, const struct names_rows *rows)
{
	memcpy(candidates->bits, candidates->always, words_of(candidates) * sizeof(uint64_t));
	memset(candidates->found, 0, rows->literals.by_text.count);
}

void
names_candidates_read(struct names_candidates *candidates, const struct names_rows *rows,
    enum names_form form, const char *text, size_t length)
{
	names_literals_find(&rows->literals, text, length, candidates->found, (uint8_t)form);
}

void
names_candidates_mark(struct names_candidates *candidates, const struct names_rows *rows)
{
	size_t count = rows->literals.by_text.count;

	for (size_t n = 0; n < count; n++) {
		const struct names_asked *asked = candidates->asked[n];
		uint64_t eight;

		/* Nearly none is in any one name. */
		if (n % 8 == 0 && n + 8 <= count) {
			memcpy(&eight, candidates->found + n, sizeof(eight));
			if (eight == 0) {
				n += 7;
				continue;
			}
		}
		if (candidates->found[n] == 0 || asked == NULL)
			continue;
		for (; asked->forms != 0; asked++)
			if (candidates->found[n] & asked->forms)
				candidates->bits[asked->row / 64] |= (uint64_t)1 << asked->row % 64;
	}
}

size_t
names_candidates_next(const struct names_candidates *candidates, size_t row)
{
	while (row < candidates->row_count) {
		uint64_t rest = candidates->bits[row / 64] >> row % 64;

		if (rest != 0) {
			row += (size_t)__builtin_ctzll(rest);
			return row < candidates->row_count ? row : candidates->row_count;
		}
		row = (row / 64 + 1) * 64;
	}
	return candidates->row_count;
}

void
names_candidates_close(struct names_candidates *candidates)
{
	free(candidates->rows);
	free(candidates->always);
	free(candidates->bits);
	free(candidates->found);
	free(candidates->asked);
	arena_free(&candidates->arena);
}
