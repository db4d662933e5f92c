/* SPDX-License-Identifier: Apache-2.0 */
/* Facts as sets of bits, each kept once, so that they are compared by their numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "facts.h"

static uint32_t
find(struct facts *facts, const struct fact *fact)
{
	void **place = map_put(&facts->by_bits, (const char *)fact, sizeof(*fact));

	if (*place == NULL) {
		facts->list = memory_grow(facts->list, facts->count, &facts->capacity,
		    sizeof(*facts->list));
		facts->list[facts->count++] = *fact;
		*place = (void *)(uintptr_t)facts->count;
	}
	return (uint32_t)(uintptr_t)*place - 1;
}

void
facts_open(struct facts *facts)
{
	struct fact fact = {0};

	*facts = (struct facts){0};
	find(facts, &fact);
	fact.count = 1;
	memset(fact.bits[0], 0xff, sizeof(fact.bits[0]));
	find(facts, &fact);
}

void
facts_close(struct facts *facts)
{
	for (size_t i = 0; i < facts->question_count; i++)
		map_free(&facts->questions[i].answers);
	free(facts->questions);
	free(facts->list);
	map_free(&facts->by_bits);
	table_free(&facts->joined);
	table_free(&facts->met);
}

uint32_t
facts_question(struct facts *facts, const char *const *answers, size_t count)
{
	struct question question = { .first = facts->used, .count = (uint32_t)count };

	if (count == 0 || facts->used + count > 64 * FACT_WORDS) {
		facts->full |= count > 0;
		return FACT_NONE;
	}
	for (size_t i = 0; i < count; i++)
		*map_put_string(&question.answers, answers[i]) = (void *)(uintptr_t)(i + 1);
	facts->used += question.count;
	facts->questions = memory_grow(facts->questions, facts->question_count,
	    &facts->question_capacity, sizeof(*facts->questions));
	facts->questions[facts->question_count++] = question;
	return (uint32_t)facts->question_count - 1;
}

uint32_t
facts_left(struct facts *facts, uint32_t question, const bool *left)
{
	const struct question *at = &facts->questions[question];
	struct fact fact = facts->list[FACT_ALWAYS];
	bool any = false;

	for (uint32_t i = 0; i < at->count; i++) {
		uint32_t bit = at->first + i;

		any |= left[i];
		if (!left[i])
			fact.bits[0][bit / 64] &= ~(UINT64_C(1) << bit % 64);
	}
	return any ? find(facts, &fact) : FACT_NEVER;
}

uint32_t
facts_answer(const struct facts *facts, uint32_t question, const char *name)
{
	void **place = map_get_string(&facts->questions[question].answers, name);

	return place == NULL ? FACT_NONE : (uint32_t)(uintptr_t)*place - 1;
}

/* Whether some question has no answer left. */
static bool
is_never(const struct facts *facts, const uint64_t *bits)
{
	for (size_t i = 0; i < facts->question_count; i++) {
		uint32_t bit = facts->questions[i].first, end = bit + facts->questions[i].count;

		while (bit < end) {
			uint64_t word = bits[bit / 64] >> bit % 64;
			uint32_t left = end - bit < 64 - bit % 64 ? end - bit : 64 - bit % 64;

			if ((left < 64 ? word & ((UINT64_C(1) << left) - 1) : word) != 0)
				break;
			bit += left;
		}
		if (bit >= end)
			return true;
	}
	return false;
}

/* Whether all that the first leaves is left by the second. */
static bool
is_within(const uint64_t *a, const uint64_t *b)
{
	for (size_t i = 0; i < FACT_WORDS; i++)
		if ((a[i] & ~b[i]) != 0)
			return false;
	return true;
}

static void
drop_way(struct fact *fact, size_t way)
{
	fact->count--;
	memmove(fact->bits[way], fact->bits[way + 1],
	    (fact->count - way) * sizeof(fact->bits[way]));
	memset(fact->bits[fact->count], 0, sizeof(fact->bits[0]));
}

/* Another way in which the fact holds. */
static void
add_way(struct fact *fact, const uint64_t *bits)
{
	size_t at = 0;

	for (size_t i = 0; i < fact->count; i++)
		if (is_within(bits, fact->bits[i]))
			return;
	while (at < fact->count)
		if (is_within(fact->bits[at], bits))
			drop_way(fact, at);
		else
			at++;
	if (fact->count == FACT_WAYS) {
		uint64_t joined[FACT_WORDS];

		for (size_t i = 0; i < FACT_WORDS; i++)
			joined[i] = bits[i] | fact->bits[FACT_WAYS - 1][i];
		drop_way(fact, FACT_WAYS - 1);
		add_way(fact, joined);
		return;
	}
	for (at = 0; at < fact->count &&
	    memcmp(fact->bits[at], bits, sizeof(fact->bits[at])) < 0; at++)
		;
	memmove(fact->bits[at + 1], fact->bits[at], (fact->count - at) * sizeof(fact->bits[at]));
	memcpy(fact->bits[at], bits, sizeof(fact->bits[at]));
	fact->count++;
}

uint32_t
facts_and(struct facts *facts, uint32_t a, uint32_t b)
{
	struct pair key = { a < b ? a : b, a < b ? b : a };
	struct fact fact = {0};
	uint32_t known;

	if (a == b || a == FACT_NEVER || b == FACT_ALWAYS)
		return a;
	if (b == FACT_NEVER || a == FACT_ALWAYS)
		return b;
	known = table_find(&facts->met, key);
	if (known != UINT32_MAX)
		return known;
	for (size_t i = 0; i < facts->list[a].count; i++)
		for (size_t at = 0; at < facts->list[b].count; at++) {
			uint64_t bits[FACT_WORDS];

			for (size_t word = 0; word < FACT_WORDS; word++)
				bits[word] = facts->list[a].bits[i][word] &
				    facts->list[b].bits[at][word];
			if (!is_never(facts, bits))
				add_way(&fact, bits);
		}
	known = find(facts, &fact);
	table_insert(&facts->met, key, known);
	return known;
}

uint32_t
facts_or(struct facts *facts, uint32_t a, uint32_t b)
{
	struct pair key = { a < b ? a : b, a < b ? b : a };
	struct fact fact;
	uint32_t known;

	if (a == b || a == FACT_ALWAYS || b == FACT_NEVER)
		return a;
	if (b == FACT_ALWAYS || a == FACT_NEVER)
		return b;
	known = table_find(&facts->joined, key);
	if (known != UINT32_MAX)
		return known;
	fact = facts->list[a];
	for (size_t i = 0; i < facts->list[b].count; i++)
		add_way(&fact, facts->list[b].bits[i]);
	known = find(facts, &fact);
	table_insert(&facts->joined, key, known);
	return known;
}
