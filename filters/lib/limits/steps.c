/* SPDX-License-Identifier: Apache-2.0 */
/* Matches annotations with the patterns of steps.tsv and derives what both kinds of requests
 * have together. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "limits/table.h"
#include "limits/steps.h"

extern const char steps_tsv[];

enum { PATTERN, NAMES, COLUMNS, GROUPS = 12 };

/* Sums of both kinds of requests; names that an annotation does not tell are left out. */
static const char derived[] =
    "requests=given(requests,given(crequests,0)+given(grequests,0));"
    "tokens=given(tokens,if(has(csq),csq+gsq,if(has(ctokens),ctokens+gtokens,requests)));"
    "last=requests";
/* A pair of figures: the second is the sum of squares of requests that have no past. */
static const char fresh[] = "csq=ctokens; csk=ctokens; csqsq=csquares; csqsk=csquares;"
    "gsq=0; gsk=0; gsqsq=0; gsqsk=0";
static const char lengths[] = "sq=csq+gsq; kv=csk+gsk;"
    "pairs=csqsk-(csqsq-csq)/2+gsqsk-(gsqsq-gsq)/2";

static bool
no_size(void *context, const char *name, double *value)
{
	(void)context, (void)name, (void)value;
	return false;
}

static const struct expression_scope nothing = { NULL, no_size, NULL };

struct step_patterns
step_patterns_open(void)
{
	struct step_patterns patterns = { .table = table_open(steps_tsv, COLUMNS) };

	patterns.patterns = memory_alloc(patterns.table.count * sizeof(*patterns.patterns));
	for (size_t i = 0; i < patterns.table.count; i++)
		if (regcomp(&patterns.patterns[i], patterns.table.rows[i].cells[PATTERN],
		    REG_EXTENDED) != 0)
			die("a built-in pattern is wrong: %s",
			    patterns.table.rows[i].cells[PATTERN]);
	return patterns;
}

void
step_patterns_close(struct step_patterns *patterns)
{
	for (size_t i = 0; i < patterns->table.count; i++)
		regfree(&patterns->patterns[i]);
	free(patterns->patterns);
	table_close(&patterns->table);
}

static void
set_groups(struct sizes *sizes, const char *names, const char *text, const regmatch_t *groups)
{
	char name[EXPRESSION_NAME];

	for (int i = 1; *names != '\0' && i < GROUPS; i++) {
		size_t length = strcspn(names, " ");

		if (length >= sizeof(name))
			die("a built-in name is too long: %s", names);
		memcpy(name, names, length);
		name[length] = '\0';
		if (groups[i].rm_so >= 0) {
			double value = strtod(text + groups[i].rm_so, NULL);

			sizes_set(sizes, name, value, value);
		}
		names += length + (names[length] == ' ');
	}
}

static bool
has(const struct sizes *sizes, const char *name)
{
	return sizes_find(sizes, name) != NULL;
}

/* Requests that generate have lengths of their own, which the pair does not tell. */
static void
derive(struct step *step)
{
	struct sizes *sizes = &step->sizes;
	const struct size *generate;
	char lacking[EXPRESSION_NAME];

	sizes_make(sizes, derived, &nothing, lacking);
	generate = sizes_find(sizes, "grequests");
	if (has(sizes, "csquares") && generate != NULL && !(generate->low > 0))
		sizes_make(sizes, fresh, &nothing, lacking);
	step->has_lengths = sizes_make(sizes, lengths, &nothing, lacking);
}

void
steps_add(struct steps *steps, const struct step_patterns *patterns, uint32_t process,
    const struct trace_record *record)
{
	regmatch_t groups[GROUPS];
	struct step step = { .process = process };
	struct slice name, stage;
	bool on_gpu = false;

	if (!trace_get_string(record, "name", &name) ||
	    (trace_get_bool(record, "gpu", &on_gpu) && on_gpu))
		return;
	step.ts = trace_need_number(record, "ts");
	step.end = step.ts + trace_need_number(record, "dur");
	step.name = intern(name.bytes, name.length);
	if (trace_get_string(record, "stage", &stage))
		step.stage = intern(stage.bytes, stage.length);
	for (size_t i = 0; i < patterns->table.count; i++) {
		if (regexec(&patterns->patterns[i], step.name, GROUPS, groups, 0) != 0)
			continue;
		set_groups(&step.sizes, patterns->table.rows[i].cells[NAMES], step.name, groups);
		derive(&step);
		steps->list = memory_grow(steps->list, steps->count, &steps->capacity,
		    sizeof(*steps->list));
		step.number = (uint32_t)steps->count;
		steps->list[steps->count++] = step;
		return;
	}
}

/* Those with lengths first, of one process together. */
static int
compare_sorts(const struct step *a, const struct step *b)
{
	if (a->has_lengths != b->has_lengths)
		return a->has_lengths ? -1 : 1;
	return (a->process > b->process) - (a->process < b->process);
}

static int
compare_steps(const void *left, const void *right)
{
	const struct step *a = left, *b = right;
	int order = compare_sorts(a, b);

	if (order == 0)
		order = (a->ts > b->ts) - (a->ts < b->ts);
	return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

void
steps_ready(struct steps *steps)
{
	if (steps->count > 0)
		qsort(steps->list, steps->count, sizeof(*steps->list), compare_steps);
	for (size_t i = 0; i < steps->count; i++) {
		struct step *step = &steps->list[i];
		int32_t at = (int32_t)i - 1;

		if (at >= 0 && compare_sorts(&steps->list[at], step) != 0)
			at = -1;
		while (at >= 0 && steps->list[at].end <= step->end)
			at = steps->list[at].outer;
		step->outer = at;
	}
}

static int32_t
open_at(const struct steps *steps, const struct step *wanted)
{
	size_t low = 0, high = steps->count;
	int32_t at;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_steps(&steps->list[middle], wanted) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	at = (int32_t)low - 1;
	if (at >= 0 && compare_sorts(&steps->list[at], wanted) != 0)
		return -1;
	while (at >= 0 && steps->list[at].end < wanted->ts)
		at = steps->list[at].outer;
	return at;
}

int32_t
steps_at(const struct steps *steps, uint32_t process, double ts)
{
	struct step wanted = { .process = process, .ts = ts, .number = UINT32_MAX,
		.has_lengths = true };
	int32_t found = open_at(steps, &wanted);

	wanted.has_lengths = false;
	return found >= 0 ? found : open_at(steps, &wanted);
}

void
steps_clear(struct steps *steps)
{
	free(steps->list);
	*steps = (struct steps){ 0 };
}
