/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the table of kernel names and remembers what it said of each. */
#include <stdlib.h>
#include <string.h>

#include "names/cxx_name.h"
#include "base/error.h"
#include "base/input.h"
#include "base/memory.h"
#include "names/names_ask.h"

enum {
	LARGEST_FILE = 16 << 20,
	/* What is remembered is bounded, then forgotten: names seldom come in such numbers. */
	MOST_NAMES = 1 << 16,
	MOST_BYTES = 64 << 20,
	/* Enough for any sensible pattern; a pattern that backtracks without end stops here
	 * within a millisecond or two. */
	MATCH_LIMIT = 100 * 1000,
};

static void
read_file(struct names_rows *rows, const char *path)
{
	struct input *input = input_open(path);
	struct text text = { 0 };

	input_read_all(input, &text, LARGEST_FILE, "a table of names");
	names_rows_check(input_name(input), text.bytes, text.length);
	names_rows_read(rows, input_name(input), text.bytes, text.length);
	text_free(&text);
	input_close(input);
}

struct names *
names_open(char *const *files)
{
	struct names *names = memory_alloc_zero(1, sizeof(*names));

	for (; files != NULL && *files != NULL; files++)
		read_file(&names->rows, *files);
	for (const struct names_source *source = names_builtin; source->file != NULL; source++)
		names_rows_read(&names->rows, source->file, source->text, strlen(source->text));
	names_candidates_open(&names->candidates, &names->rows);
	names->limits = pcre2_match_context_create(NULL);
	names->groups = pcre2_match_data_create(NAMES_MOST_VALUES, NULL);
	names->stack = pcre2_jit_stack_create(32 << 10, 1 << 20, NULL);
	if (names->limits == NULL || names->groups == NULL)
		die("cannot allocate for PCRE2");
	pcre2_set_match_limit(names->limits, MATCH_LIMIT);
	if (names->stack != NULL)
		pcre2_jit_stack_assign(names->limits, NULL, names->stack);
	return names;
}

static struct names_facts *
look_at(struct names *names, const char *name, size_t length)
{
	struct arena *arena = &names->arena;
	struct names_facts *facts = arena_alloc_zero(arena, sizeof(*facts));
	struct names_question *question = &names->question;
	struct names_value *values;
	struct text key = { 0 };

	facts->type = TYPE_OTHER;
	facts->stage = STAGE_UNKNOWN;
	names_question_begin(question, names, name, length);
	cxx_name_key(&key, question->canonical.bytes, question->canonical.length);
	facts->canonical = arena_copy(arena, question->canonical.bytes, question->canonical.length);
	facts->key = arena_copy(arena, key.bytes, key.length);
	names_question_answer(question, facts);
	values = arena_alloc(arena, (question->value_count + 1) * sizeof(*values));
	memcpy(values, question->values, question->value_count * sizeof(*values));
	facts->values = values;
	facts->value_count = question->value_count;
	text_free(&key);
	return facts;
}

void
names_forget(struct names *names)
{
	map_free(&names->known);
	names->known = (struct map){ 0 };
	names->known_bytes = 0;
	arena_reset(&names->arena);
}

const struct names_facts *
names_look_up(struct names *names, const char *name, size_t length)
{
	void **known = map_get(&names->known, name, length);
	struct names_facts *facts;

	if (known != NULL)
		return *known;
	if (names->known.count == MOST_NAMES || names->known_bytes > MOST_BYTES)
		names_forget(names);
	facts = look_at(names, name, length);
	/* The key, the canonical name and its key, values and texts. */
	names->known_bytes += 4 * length + 1024;
	*map_put(&names->known, name, length) = facts;
	return facts;
}

enum stage
names_annotation_stage(struct names *names, const char *text, size_t length)
{
	struct text subject = { 0 };
	enum stage stage = STAGE_UNKNOWN;

	text_add(&subject, text, length < NAMES_LONGEST ? length : NAMES_LONGEST);
	for (struct names_row *row = names->rows.first; row != NULL; row = row->next)
		if (row->annotation != NULL &&
		    names_any_matches(names, row, row->annotation, &subject, 0) != NULL) {
			stage = row->stage;
			break;
		}
	text_free(&subject);
	return stage;
}

size_t
names_problems(const struct names *names)
{
	return names->problems;
}

void
names_close(struct names *names)
{
	names_candidates_close(&names->candidates);
	names_rows_free(&names->rows);
	names_question_free(&names->question);
	pcre2_match_context_free(names->limits);
	pcre2_match_data_free(names->groups);
	pcre2_jit_stack_free(names->stack);
	map_free(&names->known);
	arena_free(&names->arena);
	free(names);
}
