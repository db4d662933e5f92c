/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the rows of the table about one name. */
#ifndef WARPIPE_NAMES_ASK_H
#define WARPIPE_NAMES_ASK_H

#include "base/arena.h"
#include "base/map.h"
#include "names/names_row.h"
#include "base/text.h"

enum {
	NAMES_LONGEST = 16 << 10, /* names are cut there */
	NAMES_MOST_VALUES = 64,
	NAMES_MOST_ROWS = 64,     /* that match one name */
};

struct names {
	struct names_rows rows;
	pcre2_match_context *limits;
	pcre2_match_data *groups;
	pcre2_jit_stack *stack;
	size_t problems;
	struct map known; /* name -> struct names_facts */
	size_t known_bytes;
	struct arena arena; /* what is known */
};

/* Which fields of the facts a row gave, as bits. */
enum {
	SAID_FAMILY = 1 << 0,
	SAID_LIBRARY = 1 << 1,
	SAID_TYPE = 1 << 2,
	SAID_STAGE = 1 << 3,
	SAID_ROLES = 1 << 4,
	SAID_GRID = 1 << 5,
	SAID_SHORT = 1 << 6,
	SAID_NAME = 1 << 7,
	SAID_DESCRIPTION = 1 << 8,
	SAID_GENERIC = 1 << 9,
	SAID_FIXED = 1 << 10,
	SAID_TILED = 1 << 11,
};

enum { SAID_COUNT = 12 };

/* One name while the rows are asked. Texts live in the table's arena unless said. */
struct names_question {
	struct names *names;
	/* Its own; names_question_end frees them. */
	struct text canonical, function, whole;
	struct names_value values[NAMES_MOST_VALUES];
	size_t value_count;
	const struct names_row *rows[NAMES_MOST_ROWS]; /* that match, in order */
	unsigned gave[NAMES_MOST_ROWS]; /* SAID bits: what each of them gave */
	size_t row_count;
};

void names_question_begin(struct names_question *question, struct names *names,
    const char *name, size_t length);

/* Fills all of `facts` but canonical, key and values. */
void names_question_answer(struct names_question *question, struct names_facts *facts);
void names_question_end(struct names_question *question);

/* The first pattern of the list that matches the text, or NULL. A pattern that gives up is
 * warned of once and does not match. */
const struct names_pattern *names_any_matches(struct names *names,
    const struct names_row *row, struct names_pattern *patterns, const struct text *text);

#endif
