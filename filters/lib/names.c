/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the rows of the table about names, and remembers what they said. */
#include <stdlib.h>
#include <string.h>

#include "cxx_name.h"
#include "error.h"
#include "input.h"
#include "map.h"
#include "memory.h"
#include "names_row.h"
#include "names_template.h"
#include "text.h"

enum {
	LONGEST_NAME = 16 << 10,
	LARGEST_FILE = 16 << 20,
	/* What is remembered is bounded, then forgotten: names seldom come in such numbers. */
	MOST_NAMES = 1 << 16,
	MOST_BYTES = 64 << 20,
	/* Enough for any sensible pattern; a pattern that backtracks without end stops here
	 * within a millisecond or two. */
	MATCH_LIMIT = 100 * 1000,
	MOST_VALUES = 64,
	MOST_ROWS = 64, /* that match one name */
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

/* One name while the rows are asked. */
struct question {
	struct names *names;
	struct text canonical, function;
	struct names_value values[MOST_VALUES];
	size_t value_count;
	const struct names_row *rows[MOST_ROWS]; /* that match, in order */
	size_t row_count;
};

static const char *const type_names[] = {
	[NAMES_OTHER] = "other",
	[NAMES_ATTENTION] = "attention",
	[NAMES_MOE] = "moe",
	[NAMES_QUANTIZATION] = "quantization",
	[NAMES_COMMUNICATION] = "communication",
	[NAMES_LINEAR] = "linear",
	[NAMES_MEMORY] = "memory",
};

static const char *const stage_names[] = {
	[NAMES_UNKNOWN_STAGE] = "unknown",
	[NAMES_PREFILL] = "prefill",
	[NAMES_DECODE] = "decode",
	[NAMES_MIXED] = "mixed",
};

/* In the order of enum names_role. */
static const char *const role_names[NAMES_ROLE_COUNT] = {
	"start", "norm", "attention", "mla", "gdn", "moe", "fc", "communication", "embedding",
	"sampler", "cache", "rope",
};

const char *
names_type_name(enum names_type type)
{
	return type_names[type];
}

const char *
names_stage_name(enum names_stage stage)
{
	return stage_names[stage];
}

const char *
names_role_name(unsigned bit)
{
	return role_names[bit];
}

static void
read_file(struct names_rows *rows, const char *path)
{
	struct input *input = input_open(path);
	struct text text = { 0 };
	ptrdiff_t got;

	while ((got = input_read(input, text_reserve(&text, 1 << 16), 1 << 16)) > 0) {
		text.length += (size_t)got;
		if (text.length > LARGEST_FILE)
			die("%s: larger than %d bytes: not a table of names", path, LARGEST_FILE);
	}
	if (got < 0)
		die("%s: %s", path, input_error(input));
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
	names->limits = pcre2_match_context_create(NULL);
	names->groups = pcre2_match_data_create(MOST_VALUES, NULL);
	names->stack = pcre2_jit_stack_create(32 << 10, 1 << 20, NULL);
	if (names->limits == NULL || names->groups == NULL)
		die("cannot allocate for PCRE2");
	pcre2_set_match_limit(names->limits, MATCH_LIMIT);
	if (names->stack != NULL)
		pcre2_jit_stack_assign(names->limits, NULL, names->stack);
	return names;
}

static bool
matches(struct names *names, const struct names_row *row, struct names_pattern *pattern,
    const char *text, size_t length)
{
	int result = pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, 0, names->groups,
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

static const struct names_pattern *
any_matches(struct names *names, const struct names_row *row, struct names_pattern *patterns,
    const struct text *text)
{
	for (; patterns != NULL; patterns = patterns->next)
		if (matches(names, row, patterns, text->bytes, text->length))
			return patterns;
	return NULL;
}

static bool
row_matches(struct question *question, const struct names_row *row)
{
	struct names *names = question->names;

	return row->annotation == NULL &&
	    (row->function == NULL ||
	    any_matches(names, row, row->function, &question->function) != NULL) &&
	    (row->match == NULL ||
	    any_matches(names, row, row->match, &question->canonical) != NULL) &&
	    any_matches(names, row, row->unless, &question->canonical) == NULL;
}

static const char *
value_of(const struct names_value *values, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(values[i].name, name) == 0)
			return values[i].text;
	return NULL;
}

static const char *
spelled(struct names *names, const struct names_row *row, const char *name, const char *text)
{
	const char *spelling = value_of(row->spell, row->spell_count, text);

	if (spelling == NULL && strncmp(name, "dtype", 5) == 0)
		spelling = value_of(names->rows.dtypes, names->rows.dtype_count, text);
	return spelling != NULL ? spelling : text;
}

static void
add_value(struct question *question, const char *name, const char *text)
{
	if (question->value_count < MOST_VALUES &&
	    value_of(question->values, question->value_count, name) == NULL)
		question->values[question->value_count++] = (struct names_value){ name, text };
}

/* Keep the named groups of the match that was just made. */
static void
keep_groups(struct question *question, const struct names_row *row,
    const struct names_pattern *pattern, const char *subject)
{
	PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(question->names->groups);
	uint32_t count, entry_size;
	PCRE2_SPTR table;

	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &table);
	for (; count > 0; count--, table += entry_size) {
		size_t group = (size_t)table[0] << 8 | table[1];
		const char *name = (const char *)table + 2;
		size_t begin, end;
		char *text;

		if (group >= pcre2_get_ovector_count(question->names->groups))
			continue;
		begin = offsets[2 * group];
		end = offsets[2 * group + 1];
		if (begin == PCRE2_UNSET || end <= begin)
			continue;
		text = arena_copy(&question->names->arena, subject + begin, end - begin);
		add_value(question, name, spelled(question->names, row, name, text));
	}
}

static void
read_values(struct question *question, const struct names_row *row)
{
	const struct text *canonical = &question->canonical;

	for (struct names_pattern *one = row->read; one != NULL; one = one->next)
		if (matches(question->names, row, one, canonical->bytes, canonical->length))
			keep_groups(question, row, one, canonical->bytes);
}

/* The last part of the function's name: what there is when no row has a shorter one. */
static const char *
last_part(struct question *question)
{
	const char *name = question->function.bytes, *last = name, *at;

	for (at = name; *at != '\0'; at++)
		if (at[0] == ':' && at[1] == ':' && at[2] != '\0' && at[2] != '{')
			last = at + 2;
	return arena_copy(&question->names->arena, last, strcspn(last, "{<"));
}

static const char *
render(struct question *question, const char *template)
{
	struct text text = { 0 };
	const char *rendered = NULL;

	if (template != NULL &&
	    names_template_render(&text, template, question->values, question->value_count))
		rendered = arena_copy(&question->names->arena, text.bytes, text.length);
	text_free(&text);
	return rendered;
}

static const char *const *
render_list(struct question *question, const char **templates)
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
	SAID_COUNT = 12,
};

/* Whether the row is about another kind of kernel than the one this is known to be: then
 * only where the code comes from is of use. */
static bool
is_other_family(const struct names_facts *facts, const struct names_row *row)
{
	return facts->family != NULL && row->family != NULL &&
	    strcmp(facts->family, row->family) != 0;
}

/* Fill the plain fields that no row before gave; returns which this row gave. */
static unsigned
take_plain(struct names_facts *facts, const struct names_row *row, unsigned said)
{
	bool other = is_other_family(facts, row);
	unsigned new = 0;

	if (row->family != NULL && !(said & SAID_FAMILY)) {
		facts->family = row->family;
		new |= SAID_FAMILY;
	}
	if (row->library != NULL && !(said & SAID_LIBRARY)) {
		facts->library = row->library;
		new |= SAID_LIBRARY;
	}
	if (other)
		return new;
	if (row->says_type && !(said & SAID_TYPE)) {
		facts->type = row->type;
		new |= SAID_TYPE;
	}
	if (row->says_stage && !(said & SAID_STAGE)) {
		facts->stage = row->stage;
		new |= SAID_STAGE;
	}
	if (row->roles != 0 && !(said & SAID_ROLES)) {
		facts->roles = row->roles;
		new |= SAID_ROLES;
	}
	if (row->says_grid && !(said & SAID_GRID)) {
		facts->grid = row->grid;
		new |= SAID_GRID;
	}
	return new;
}

/* The same for templates, which need the values of all rows. */
static unsigned
take_templates(struct question *question, struct names_facts *facts,
    const struct names_row *row, unsigned said)
{
	struct { const char **into; const char *template; unsigned bit; } texts[] = {
		{ &facts->short_name, row->short_name, SAID_SHORT },
		{ &facts->friendly, row->friendly, SAID_NAME },
		{ &facts->description, row->description, SAID_DESCRIPTION },
	};
	struct { const char *const **into; const char **templates; unsigned bit; } lists[] = {
		{ &facts->generic, row->generic, SAID_GENERIC },
		{ &facts->fixed, row->fixed, SAID_FIXED },
		{ &facts->tiled, row->tiled, SAID_TILED },
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

/* Ask all rows; `given`, unless NULL, gets the fields that question->rows[i] gave. */
static void
answer(struct question *question, struct names_facts *facts, unsigned *given)
{
	unsigned said = 0, new;

	for (struct names_row *row = question->names->rows.first; row != NULL; row = row->next) {
		if (question->row_count == MOST_ROWS || !row_matches(question, row))
			continue;
		question->rows[question->row_count] = row;
		new = take_plain(facts, row, said);
		if (given != NULL)
			given[question->row_count] = new;
		said |= new;
		question->row_count++;
		if (!is_other_family(facts, row))
			read_values(question, row);
	}
	if (facts->family == NULL)
		facts->family = "unknown";
	if (facts->library == NULL)
		facts->library = "unknown";
	add_value(question, "library", facts->library);
	add_value(question, "function", last_part(question));
	for (size_t i = 0; i < question->row_count; i++) {
		new = take_templates(question, facts, question->rows[i], said);
		if (given != NULL)
			given[i] |= new;
		said |= new;
	}
	if (facts->short_name == NULL || facts->short_name[0] == '\0')
		facts->short_name = value_of(question->values, question->value_count, "function");
	if (facts->friendly == NULL)
		facts->friendly = facts->short_name;
}

static void
question_begin(struct question *question, struct names *names, const char *name, size_t length)
{
	*question = (struct question){ .names = names };
	cxx_name_canonical(&question->canonical, name,
	    length < LONGEST_NAME ? length : LONGEST_NAME);
	cxx_name_function(&question->function, question->canonical.bytes,
	    question->canonical.length);
}

static void
question_end(struct question *question)
{
	text_free(&question->canonical);
	text_free(&question->function);
}

static struct names_facts *
look_at(struct names *names, const char *name, size_t length)
{
	struct arena *arena = &names->arena;
	struct names_facts *facts = arena_alloc_zero(arena, sizeof(*facts));
	struct question question;
	struct names_value *values;
	struct text key = { 0 };

	question_begin(&question, names, name, length);
	cxx_name_key(&key, question.canonical.bytes, question.canonical.length);
	facts->canonical = arena_copy(arena, question.canonical.bytes, question.canonical.length);
	facts->key = arena_copy(arena, key.bytes, key.length);
	answer(&question, facts, NULL);
	values = arena_alloc(arena, (question.value_count + 1) * sizeof(*values));
	memcpy(values, question.values, question.value_count * sizeof(*values));
	facts->values = values;
	facts->value_count = question.value_count;
	text_free(&key);
	question_end(&question);
	return facts;
}

const struct names_facts *
names_look_up(struct names *names, const char *name, size_t length)
{
	void **known = map_get(&names->known, name, length);
	struct names_facts *facts;

	if (known != NULL)
		return *known;
	if (names->known.count == MOST_NAMES || names->known_bytes > MOST_BYTES) {
		map_free(&names->known);
		names->known = (struct map){ 0 };
		names->known_bytes = 0;
		arena_reset(&names->arena);
	}
	facts = look_at(names, name, length);
	/* The key, the canonical name and its key, values and texts. */
	names->known_bytes += 4 * length + 1024;
	*map_put(&names->known, name, length) = facts;
	return facts;
}

enum names_stage
names_annotation_stage(struct names *names, const char *text, size_t length)
{
	struct text subject = { 0 };
	enum names_stage stage = NAMES_UNKNOWN_STAGE;

	text_add(&subject, text, length < LONGEST_NAME ? length : LONGEST_NAME);
	for (struct names_row *row = names->rows.first; row != NULL; row = row->next)
		if (row->annotation != NULL &&
		    any_matches(names, row, row->annotation, &subject) != NULL) {
			stage = row->stage;
			break;
		}
	text_free(&subject);
	return stage;
}

static void
print_roles(struct output *out, unsigned roles)
{
	const char *separator = "";

	for (unsigned bit = 0; bit < NAMES_ROLE_COUNT; bit++)
		if (roles & 1u << bit) {
			output_format(out, "%s%s", separator, role_names[bit]);
			separator = ", ";
		}
}

static void
print_tensors(struct output *out, const char *what, const char *const *tensors)
{
	if (tensors == NULL)
		return;
	output_format(out, "%-12s", what);
	for (; *tensors != NULL; tensors++)
		output_format(out, " %s", *tensors);
	output_char(out, '\n');
}

static void
print_facts(struct output *out, const struct names_facts *facts)
{
	output_format(out, "%-12s %s\n", "canonical", facts->canonical);
	output_format(out, "%-12s %s\n", "family", facts->family);
	output_format(out, "%-12s %s\n", "library", facts->library);
	output_format(out, "%-12s %s\n", "type", type_names[facts->type]);
	output_format(out, "%-12s %s\n", "stage", stage_names[facts->stage]);
	output_format(out, "%-12s ", "roles");
	print_roles(out, facts->roles);
	output_format(out, "\n%-12s %s\n", "short", facts->short_name);
	output_format(out, "%-12s %s\n", "name", facts->friendly);
	if (facts->description != NULL)
		output_format(out, "%-12s %s\n", "description", facts->description);
	for (size_t i = 0; i < facts->value_count; i++)
		output_format(out, "%-12s %s = %s\n", i == 0 ? "read" : "",
		    facts->values[i].name, facts->values[i].text);
	print_tensors(out, "generic", facts->generic);
	print_tensors(out, "fixed", facts->fixed);
	print_tensors(out, "tiled", facts->tiled);
}

/* Which of the row's patterns matched. */
static const char *
matching_pattern(struct question *question, const struct names_row *row)
{
	const struct names_pattern *pattern = any_matches(question->names, row, row->match,
	    &question->canonical);

	if (pattern == NULL)
		pattern = any_matches(question->names, row, row->function, &question->function);
	return pattern->text;
}

void
names_explain(struct names *names, const char *name, struct output *out)
{
	/* In the order of the SAID bits. */
	static const char *const said_names[SAID_COUNT] = {
		"family", "library", "type", "stage", "roles", "grid", "short", "name",
		"description", "generic", "fixed", "tiled",
	};
	struct question question;
	struct names_facts facts = { 0 };
	unsigned given[MOST_ROWS] = { 0 };

	question_begin(&question, names, name, strlen(name));
	answer(&question, &facts, given);
	facts.canonical = question.canonical.bytes;
	facts.values = question.values;
	facts.value_count = question.value_count;
	output_format(out, "%-12s %s\n", "kernel", name);
	print_facts(out, &facts);
	for (size_t i = 0; i < question.row_count; i++) {
		const struct names_row *row = question.rows[i];

		output_format(out, "%s:%zu: %s\n   ", row->file, row->line,
		    matching_pattern(&question, row));
		if (given[i] == 0)
			output_string(out, " matches, too, but rows before it said it all");
		else
			output_string(out, " gave");
		for (unsigned bit = 0; bit < SAID_COUNT; bit++)
			if (given[i] & 1u << bit)
				output_format(out, " %s", said_names[bit]);
		output_char(out, '\n');
	}
	if (question.row_count == 0)
		output_string(out, "no row matches\n");
	question_end(&question);
}

size_t
names_problems(const struct names *names)
{
	return names->problems;
}

void
names_close(struct names *names)
{
	names_rows_free(&names->rows);
	pcre2_match_context_free(names->limits);
	pcre2_match_data_free(names->groups);
	pcre2_jit_stack_free(names->stack);
	map_free(&names->known);
	arena_free(&names->arena);
	free(names);
}
