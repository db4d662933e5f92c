/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the rows of the table about one name. */
#ifndef WARPIPE_NAMES_ASK_H
#define WARPIPE_NAMES_ASK_H

#include "base/arena.h"
#include "base/map.h"
#include "base/text.h"
#include "names/names_candidates.h"
#include "names/names_row.h"

enum {
	NAMES_LONGEST = 16 << 10, /* names are cut there */
	NAMES_MOST_VALUES = 64,
	NAMES_MOST_ROWS = 64,     /* that match one name */
};

/* Where a row's pattern matched. */
struct names_span {
	const struct names_pattern *pattern;
	const struct text *subject; /* canonical, function or raw name of the question */
	size_t begin, end;
};

/* One name while the rows are asked. Texts live in the table's arena unless said. */
struct names_question {
	struct names *names;
	/* Its own, until names_question_free. */
	struct text raw, canonical, function, whole;
	/* For each byte of the canonical name 'o' where it says whose the kernel is, see
	 * names_owner_mark. */
	struct text owned;
	struct text rendered; /* the last template */
	struct names_value values[NAMES_MOST_VALUES];
	size_t value_count;
	const struct names_row *rows[NAMES_MOST_ROWS]; /* that match, in order */
	struct names_span spans[NAMES_MOST_ROWS]; /* what of the name each of them matched */
	unsigned gave[NAMES_MOST_ROWS]; /* bits 1 << NAMES_FAMILY ..: what each of them gave */
	size_t row_count;
};

struct names {
	struct names_rows rows;
	struct names_candidates candidates; /* for the name that is asked about */
	pcre2_match_context *limits;
	pcre2_match_data *groups;
	pcre2_jit_stack *stack;
	size_t problems;
	struct map known; /* name -> struct names_facts */
	size_t known_bytes;
	struct arena arena; /* what is known */
	struct names_question question; /* the last one: its memory is used again */
};

/* `question`: all zero, or one that was asked before. */
void names_question_begin(struct names_question *question, struct names *names,
    const char *name, size_t length);

/* Fills all of `facts` but canonical, key and values. */
void names_question_answer(struct names_question *question, struct names_facts *facts);
void names_question_free(struct names_question *question);

/* The first pattern of the list that matches the text, or NULL. A pattern that gives up is
 * warned of once and does not match. `form`: which of the name's forms the text is; 0 when it
 * is another text. */
const struct names_pattern *names_any_matches(struct names *names,
    const struct names_row *row, struct names_pattern *patterns, const struct text *text,
    unsigned form);

/* Marks the bytes of the canonical name that say whose the kernel is: the function's own name,
 * and, where the function only launches another (cutlass::device_kernel<flash::Kernel<..>>),
 * the name of the class that it launches. Template arguments are of others. */
void names_owner_mark(struct names *names, struct text *owned, const struct text *canonical);

/* Whether a span begins in template arguments that do not say whose the kernel is. */
bool names_span_is_argument(const struct names_question *question,
    const struct names_span *span);

/* Which part of the name a span is, see struct names_evidence. */
const char *names_span_kind(const struct names_question *question, const struct names_row *row,
    const struct names_span *span);

#endif
