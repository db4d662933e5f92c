/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: what must hold for code to run, as far as it can be told. A fact says for each of
 * some questions that have one answer in a run (which platform? which phase?) which answers
 * are left; if none is, the code cannot run. */
#ifndef KCALLERS_FACTS_H
#define KCALLERS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "points.h"

enum { FACT_NEVER = 0, FACT_ALWAYS = 1 };
enum { FACT_WORDS = 12, FACT_WAYS = 6, FACT_NONE = UINT32_MAX };

/* A question: its answers are the bits [first, first + count). */
struct question {
	uint32_t first, count;
	struct map answers; /* name -> answer + 1 */
};

/* It holds in one of some ways. Beyond FACT_WAYS of them several are taken for one that leaves
 * all that they leave. */
struct fact {
	uint64_t count;
	uint64_t bits[FACT_WAYS][FACT_WORDS]; /* those of answers that are left, in order */
};

struct facts {
	struct question *questions;
	size_t question_count, question_capacity;
	uint32_t used;             /* bits of all questions */
	struct fact *list;         /* each once */
	size_t count, capacity;
	struct map by_bits;        /* fact -> index + 1 */
	struct table joined, met;  /* pairs of facts */
	bool full;                 /* a question had to be left out */
};

void facts_open(struct facts *facts);
void facts_close(struct facts *facts);

/* A new question with these answers; FACT_NONE when there is no room for it. */
uint32_t facts_question(struct facts *facts, const char *const *answers, size_t count);

/* The fact that the answer is one of those that `left` has. */
uint32_t facts_left(struct facts *facts, uint32_t question, const bool *left);

/* The answer of that name, FACT_NONE when there is none. */
uint32_t facts_answer(const struct facts *facts, uint32_t question, const char *name);

/* Both hold; one of them does, or both. */
uint32_t facts_and(struct facts *facts, uint32_t a, uint32_t b);
uint32_t facts_or(struct facts *facts, uint32_t a, uint32_t b);

#endif
