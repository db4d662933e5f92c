/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the rows that match a name and takes from each what no row before it gave. */
#include <string.h>

#include "names/cxx_name.h"
#include "base/error.h"
#include "names/names_ask.h"
#include "names/names_pattern.h"
#include "names/names_template.h"

static bool
matches(struct names *names, const struct names_row *row, struct names_pattern *pattern,
    const char *text, size_t length)
{
	int result = pcre2_match(names_pattern_code(pattern), (PCRE2_SPTR)text, length, 0, 0, names->groups,
	    names->limits);
	PCRE2_UCHAR message[120];

	if (result >= 0)
		return true;
	if (result != PCRE2_ERROR_NOMATCH && !pattern->gave_up) {
		pattern->gave_up = true;
		names->problems++;
		pcre2_get_error_message(result, message, sizeof(message));
		warn("%s:%zu: pattern gives up on \"%.60s\": %s", row->file, pattern->line, text,
		    (const char *)message);
	}
	return false;
}

/* Whether the pattern matches: its alternative that matches first in the text, of two that begin
 * together the first. `begin`, `end`: what it matches. */
static bool
finds(struct names *names, const struct names_row *row, struct names_pattern *pattern,
    const struct text *text, unsigned form, size_t *begin, size_t *end)
{
	PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(names->groups);
	struct names_pattern *one = pattern->alternatives != NULL ? pattern->alternatives : pattern;
	bool found = false;

	for (; one != NULL; one = pattern->alternatives != NULL ? one->next : NULL) {
		if ((form != 0 &&
		    !names_need_is_met(&one->need, names->candidates.found, (uint8_t)form)) ||
		    !matches(names, row, one, text->bytes, text->length))
			continue;
		if (!found || offsets[0] < *begin) {
			*begin = offsets[0];
			*end = offsets[1];
		}
		found = true;
	}
	return found;
}

static const struct names_pattern *
first_match(struct names *names, const struct names_row *row, struct names_pattern *patterns,
    const struct text *text, unsigned form, size_t *begin, size_t *end)
{
	for (; patterns != NULL; patterns = patterns->next)
		if ((form == 0 ||
		    names_need_is_met(&patterns->need, names->candidates.found, (uint8_t)form)) &&
		    finds(names, row, patterns, text, form, begin, end))
			return patterns;
	return NULL;
}

const struct names_pattern *
names_any_matches(struct names *names, const struct names_row *row, struct names_pattern *patterns,
    const struct text *text, unsigned form)
{
	size_t begin, end;

	return first_match(names, row, patterns, text, form, &begin, &end);
}

static const struct text *
form_of(const struct names_question *question, enum names_form form)
{
	return form == NAMES_RAW ? &question->raw :
	    form == NAMES_CANONICAL ? &question->canonical :
	    form == NAMES_FUNCTION ? &question->function : &question->whole;
}

/* Whether one of the patterns matches the form; none asks for nothing. */
static bool
list_matches(struct names_question *question, const struct names_row *row,
    struct names_pattern *patterns, enum names_form form, struct names_span *span)
{
	const struct text *subject = form_of(question, form);
	const struct names_pattern *pattern;
	size_t begin, end;

	if (patterns == NULL)
		return true;
	pattern = first_match(question->names, row, patterns, subject, form, &begin, &end);
	if (pattern == NULL)
		return false;
	*span = (struct names_span){ pattern, subject, begin, end };
	return true;
}

/* `span`: what of the name the row goes by; what it matches of the function says more of whose
 * it is than what it matches of the arguments. */
static bool
row_matches(struct names_question *question, const struct names_row *row,
    struct names_span *span)
{
	return list_matches(question, row, row->raw, NAMES_RAW, span) &&
	    list_matches(question, row, row->match, NAMES_CANONICAL, span) &&
	    list_matches(question, row, row->function, NAMES_FUNCTION, span) &&
	    names_any_matches(question->names, row, row->unless, &question->canonical,
	    NAMES_CANONICAL) == NULL;
}

static const char *
value_of(const struct names_value *values, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(values[i].name, name) == 0)
			return values[i].text;
	return NULL;
}

/* How the table spells what was read. A number type that it does not know is no value: NULL. */
static const char *
spelled(struct names *names, const struct names_row *row, const char *name, const char *text)
{
	const char *spelling = value_of(row->spell, row->spell_count, text);
	const char *last = strrchr(text, ':');

	if (strncmp(name, "dtype", 5) != 0)
		return spelling != NULL ? spelling : text;
	if (spelling != NULL)
		text = spelling;
	else if (last != NULL)
		text = last + 1;
	return value_of(names->rows.dtypes, names->rows.dtype_count, text);
}

static void
add_value(struct names_question *question, const char *name, const char *text)
{
	if (text != NULL && question->value_count < NAMES_MOST_VALUES &&
	    value_of(question->values, question->value_count, name) == NULL)
		question->values[question->value_count++] = (struct names_value){ name, text };
}

/* The name of a group, or NULL when it has none. */
static const char *
group_name(const struct names_pattern *pattern, size_t group)
{
	uint32_t count, entry_size;
	PCRE2_SPTR table;

	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &table);
	for (; count > 0; count--, table += entry_size)
		if (((size_t)table[0] << 8 | table[1]) == group)
			return (const char *)table + 2;
	return NULL;
}

/* Keep the named groups of the match that was just made. */
static void
keep_groups(struct names_question *question, const struct names_row *row,
    const struct names_pattern *pattern, const char *subject)
{
	PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(question->names->groups);
	uint32_t groups;

	pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	for (size_t group = 1; group <= groups && group < NAMES_MOST_VALUES; group++) {
		const char *name = group_name(pattern, group);
		size_t begin = offsets[2 * group], end = offsets[2 * group + 1];
		char *text;

		if (name == NULL || begin == PCRE2_UNSET || end <= begin)
			continue;
		text = arena_copy(&question->names->arena, subject + begin, end - begin);
		add_value(question, name, spelled(question->names, row, name, text));
	}
}

static void
read_values(struct names_question *question, const struct names_row *row)
{
	const struct text *whole = &question->whole;

	for (struct names_pattern *one = row->read; one != NULL; one = one->next)
		if (names_need_is_met(&one->need, question->names->candidates.found, NAMES_WHOLE) &&
		    matches(question->names, row, one, whole->bytes, whole->length))
			keep_groups(question, row, one, whole->bytes);
}

/* The last part of the function's name: what there is when no row has a shorter one. */
static const char *
last_part(struct names_question *question)
{
	const char *name = question->function.bytes, *last = name, *at;

	for (at = name; *at != '\0'; at++)
		if (at[0] == ':' && at[1] == ':' && at[2] != '\0' && at[2] != '{')
			last = at + 2;
	return arena_copy(&question->names->arena, last, strcspn(last, "{<"));
}

static const char *
render(struct names_question *question, const char *template)
{
	struct text *text = &question->rendered;

	text_clear(text);
	if (template == NULL ||
	    !names_template_render(text, template, question->values, question->value_count))
		return NULL;
	return arena_copy(&question->names->arena, text->bytes, text->length);
}

static const char *const *
render_list(struct names_question *question, const char **templates)
{
	size_t count = 0;
	const char **list;

	if (templates == NULL)
		return NULL;
	while (templates[count] != NULL)
		count++;
	list = arena_alloc_zero(&question->names->arena, (count + 1) * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		list[i] = render(question, templates[i]);
		if (list[i] == NULL)
			return NULL;
	}
	return list;
}

/* Whether the row is about another kind of kernel than the one this is known to be: then
 * only where the code comes from is of use. */
static bool
is_other_family(const struct names_facts *facts, const struct names_row *row)
{
	return facts->family != NULL && row->family != NULL &&
	    strcmp(facts->family, row->family) != 0;
}

/* Whether what the row matched proves where the code comes from. An argument names many
 * things that the function is not of: the row has to say that it means one, and the function
 * to have no namespace of its own. */
static bool
proves_library(const struct names_question *question, const struct names_row *row,
    const struct names_span *span)
{
	if (row->library == NULL || !names_span_is_argument(question, span))
		return row->library != NULL;
	return row->evidence != NULL && strcmp(row->evidence, "template argument") == 0 &&
	    strstr(question->function.bytes, "::") == NULL;
}

#define SAYS(field) (1u << (field))

/* Fill the plain fields that no row before gave; returns which this row gave. */
static unsigned
take_plain(struct names_question *question, struct names_facts *facts,
    const struct names_row *row, const struct names_span *span, unsigned said)
{
	bool other = is_other_family(facts, row);
	unsigned new = row->family != NULL ? SAYS(NAMES_FAMILY) : 0;

	if (!(said & SAYS(NAMES_LIBRARY)) && proves_library(question, row, span))
		new |= SAYS(NAMES_LIBRARY);
	if (!other)
		new |= (row->says_type ? SAYS(NAMES_TYPE) : 0) |
		    (row->says_stage ? SAYS(NAMES_STAGE) : 0) |
		    (row->roles != 0 ? SAYS(NAMES_ROLES) : 0) |
		    (row->says_grid ? SAYS(NAMES_GRID) : 0);
	new &= ~said;
	if (new & SAYS(NAMES_FAMILY))
		facts->family = row->family;
	if (new & SAYS(NAMES_LIBRARY))
		facts->library = row->library;
	if (new & SAYS(NAMES_TYPE))
		facts->type = row->type;
	if (new & SAYS(NAMES_STAGE))
		facts->stage = row->stage;
	if (new & SAYS(NAMES_ROLES))
		facts->roles = row->roles;
	if (new & SAYS(NAMES_GRID))
		facts->grid = row->grid;
	return new;
}

/* The same for templates, which need the values of all rows. */
static unsigned
take_templates(struct names_question *question, struct names_facts *facts,
    const struct names_row *row, unsigned said)
{
	struct { const char **into; const char *template; unsigned bit; } texts[] = {
		{ &facts->short_name, row->short_name, SAYS(NAMES_SHORT) },
		{ &facts->friendly, row->friendly, SAYS(NAMES_FRIENDLY) },
		{ &facts->description, row->description, SAYS(NAMES_DESCRIPTION) },
	};
	struct { const char *const **into; const char **templates; unsigned bit; } lists[] = {
		{ &facts->generic, row->generic, SAYS(NAMES_GENERIC) },
		{ &facts->fixed, row->fixed, SAYS(NAMES_FIXED) },
		{ &facts->tiled, row->tiled, SAYS(NAMES_TILED) },
	};
	unsigned new = 0;

	if (is_other_family(facts, row))
		return 0;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!(said & texts[i].bit)) {
			*texts[i].into = render(question, texts[i].template);
			new |= *texts[i].into != NULL ? texts[i].bit : 0;
		}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!(said & lists[i].bit)) {
			*lists[i].into = render_list(question, lists[i].templates);
			new |= *lists[i].into != NULL ? lists[i].bit : 0;
		}
	return new;
}

/* Ask all rows for what needs no values of other rows, and keep those that match. */
static unsigned
ask_rows(struct names_question *question, struct names_facts *facts)
{
	const struct names_candidates *candidates = &question->names->candidates;
	unsigned said = 0;

	for (size_t i = 0; (i = names_candidates_next(candidates, i)) < candidates->row_count; i++) {
		const struct names_row *row = candidates->rows[i];
		size_t at = question->row_count;

		if (at == NAMES_MOST_ROWS)
			break;
		if (!row_matches(question, row, &question->spans[at]))
			continue;
		question->rows[at] = row;
		question->gave[at] = take_plain(question, facts, row, &question->spans[at], said);
		said |= question->gave[at];
		question->row_count++;
		if (!is_other_family(facts, row))
			read_values(question, row);
	}
	return said;
}

static void
tell_evidence(struct names_question *question, struct names_facts *facts)
{
	for (size_t i = 0; i < question->row_count; i++)
		for (unsigned field = 0; field < NAMES_FIELD_COUNT; field++) {
			const struct names_span *span = &question->spans[i];

			if (question->gave[i] & SAYS(field))
				facts->evidence[field] = (struct names_evidence){
				    names_span_kind(question, question->rows[i], span),
				    arena_copy(&question->names->arena,
				        span->subject->bytes + span->begin,
				        span->end - span->begin) };
		}
}

void
names_question_answer(struct names_question *question, struct names_facts *facts)
{
	unsigned said = ask_rows(question, facts), new;

	if (facts->family == NULL)
		facts->family = "unknown";
	if (facts->library == NULL)
		facts->library = "unknown";
	else
		add_value(question, "library", facts->library);
	add_value(question, "function", last_part(question));
	for (size_t i = 0; i < question->row_count; i++) {
		new = take_templates(question, facts, question->rows[i], said);
		question->gave[i] |= new;
		said |= new;
	}
	if (facts->short_name == NULL || facts->short_name[0] == '\0')
		facts->short_name = value_of(question->values, question->value_count, "function");
	if (facts->friendly == NULL)
		facts->friendly = facts->short_name;
	tell_evidence(question, facts);
}

/* Look for the literals of all rows in every form of the name. */
static void
find_candidates(struct names_question *question)
{
	static const enum names_form forms[] = { NAMES_RAW, NAMES_CANONICAL, NAMES_FUNCTION,
		NAMES_WHOLE };
	struct names *names = question->names;

	names_candidates_begin(&names->candidates, &names->rows);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct text *form = form_of(question, forms[i]);

		names_candidates_read(&names->candidates, &names->rows, forms[i], form->bytes,
		    form->length);
	}
	names_candidates_mark(&names->candidates, &names->rows);
}

void
names_question_begin(struct names_question *question, struct names *names, const char *name,
    size_t length)
{
	if (length > NAMES_LONGEST)
		length = NAMES_LONGEST;
	length = strnlen(name, length); /* what follows a NUL is no name */
	question->names = names;
	question->value_count = question->row_count = 0;
	text_clear(&question->raw);
	text_clear(&question->canonical);
	text_clear(&question->function);
	text_clear(&question->whole);
	text_clear(&question->owned);
	text_add(&question->raw, name, length);
	cxx_name_canonical(&question->canonical, name, length);
	cxx_name_with_parameters(&question->whole, name, length);
	cxx_name_function(&question->function, question->canonical.bytes,
	    question->canonical.length);
	names_owner_mark(names, &question->owned, &question->canonical);
	find_candidates(question);
}

void
names_question_free(struct names_question *question)
{
	text_free(&question->raw);
	text_free(&question->owned);
	text_free(&question->canonical);
	text_free(&question->function);
	text_free(&question->whole);
	text_free(&question->rendered);
}
