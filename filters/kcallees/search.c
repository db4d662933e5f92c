/* SPDX-License-Identifier: Apache-2.0 */
/* Names are looked up in what the translation unit includes, then in the files linked with
 * it; of several definitions those are kept whose scope fits. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "search.h"

/* Where no type tells which class is meant, so many are taken, of more none: the name says
 * too little then. MOST_STEPS bounds the work for one function. */
enum { MOST_CLASSES = 4, MOST_CANDIDATES = 64, MOST_STEPS = 20000 };

struct candidates {
	struct unit *list[MOST_CANDIDATES];
	size_t count;
};

static const char *
last_part(const char *scope)
{
	const char *colon = strrchr(scope, ':');

	return colon == NULL ? scope : colon + 1;
}

/* Whether the call gives as many arguments as the function takes. */
static bool
fits_count(const struct unit *unit, const struct unit *from, const void *argument)
{
	const struct mention *mention = argument;

	(void)from;
	return !unit->listed || mention->arguments < 0 || (mention->arguments >= unit->least &&
	    (unit->most < 0 || mention->arguments <= unit->most));
}

/* Whether `part` is one of the names of the scope. */
static bool
scope_has(const char *scope, const char *part)
{
	size_t length = strlen(part);

	for (const char *at = scope; (at = strstr(at, part)) != NULL; at++)
		if ((at == scope || at[-1] == ':') && (at[length] == '\0' || at[length] == ':'))
			return true;
	return false;
}

static bool
scope_begins(const char *scope, const char *front)
{
	size_t length = strlen(front);

	return strncmp(scope, front, length) == 0 &&
	    (length == 0 || scope[length] == '\0' || scope[length] == ':');
}

typedef bool (*fits)(const struct unit *unit, const struct unit *from, const void *argument);

/* Keeps those that fit if there are any; says whether there were. */
static bool
prefer(struct candidates *candidates, fits fit, const struct unit *from, const void *argument)
{
	size_t kept = 0;

	for (size_t i = 0; i < candidates->count; i++)
		if (fit(candidates->list[i], from, argument))
			candidates->list[kept++] = candidates->list[i];
	if (kept > 0)
		candidates->count = kept;
	return kept > 0;
}

static bool
fits_last(const struct unit *unit, const struct unit *from, const void *argument)
{
	(void)from;
	return strcmp(last_part(unit->scope), argument) == 0;
}

static bool
fits_within(const struct unit *unit, const struct unit *from, const void *argument)
{
	(void)from;
	return scope_has(unit->scope, argument);
}

static bool
fits_same(const struct unit *unit, const struct unit *from, const void *argument)
{
	(void)argument;
	return strcmp(unit->scope, from->scope) == 0;
}

static bool
fits_around(const struct unit *unit, const struct unit *from, const void *argument)
{
	(void)argument;
	return !unit->of_class && scope_begins(from->scope, unit->scope);
}

static bool
fits_free(const struct unit *unit, const struct unit *from, const void *argument)
{
	(void)from;
	(void)argument;
	return !unit->of_class;
}

static bool
fits_constructor(const struct unit *unit, const struct unit *from, const void *argument)
{
	(void)from;
	return unit->of_class && strcmp(last_part(unit->scope), argument) == 0;
}

static bool
fits_class(const struct unit *unit, const struct unit *from, const void *argument)
{
	(void)from;
	(void)argument;
	return unit->of_class;
}

static bool
are_few_scopes(const struct candidates *candidates)
{
	const char *scopes[MOST_CLASSES];
	size_t count = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		size_t at = 0;

		while (at < count && scopes[at] != candidates->list[i]->scope)
			at++;
		if (at < count)
			continue;
		if (count == MOST_CLASSES)
			return false;
		scopes[count++] = candidates->list[i]->scope;
	}
	return true;
}

/* What the name stands for in this unit, through a few aliases. */
static const char *
resolve_alias(struct native *native, const struct unit *from, const char *name)
{
	for (int depth = 0; depth < 4; depth++) {
		void **place = from->aliases == NULL ? NULL :
		    map_get_string(from->aliases, name);
		const char *next = place != NULL ? *place :
		    native_alias(native, from->file, name);

		if (next == NULL || strcmp(next, name) == 0)
			break;
		name = next;
	}
	return name;
}

/* A::name, where A is a class, a namespace, or stands for a class. */
static bool
keep_qualified(struct native *native, struct candidates *candidates, const struct unit *from,
    const struct mention *mention)
{
	const char *qualifier = mention->qualifier;

	if (prefer(candidates, fits_last, from, qualifier))
		return true;
	qualifier = resolve_alias(native, from, qualifier);
	if (prefer(candidates, fits_last, from, qualifier) ||
	    prefer(candidates, fits_within, from, qualifier))
		return true;
	/* A class or namespace that is known has no such member; an unknown namespace is
	 * another library's. What is left is a type that the template is given. */
	if (map_get_string(&native->scopes, qualifier) != NULL ||
	    islower((unsigned char)qualifier[0]))
		return false;
	return prefer(candidates, fits_class, from, NULL) && are_few_scopes(candidates);
}

static bool
keep_member(struct native *native, struct candidates *candidates, const struct unit *from,
    const struct mention *mention)
{
	const char *class = mention->receiver;

	if (strcmp(class, "this") == 0)
		return prefer(candidates, fits_same, from, NULL);
	if (!prefer(candidates, fits_class, from, NULL))
		return false;
	if (*class != '\0') {
		class = resolve_alias(native, from, class);
		if (prefer(candidates, fits_last, from, class))
			return true;
		if (class != mention->receiver && map_get_string(&native->scopes, class) != NULL)
			return false;
	}
	return are_few_scopes(candidates);
}

static bool
keep_plain(struct candidates *candidates, const struct unit *from, const struct mention *mention)
{
	if (from->of_class && prefer(candidates, fits_same, from, NULL))
		return true;
	if (prefer(candidates, fits_around, from, NULL) ||
	    prefer(candidates, fits_free, from, NULL) ||
	    prefer(candidates, fits_constructor, from, mention->name))
		return true;
	/* A method of a base. */
	return from->of_class && mention->called && are_few_scopes(candidates);
}

/* Where a value is passed on, only functions that can be meant are kept. */
static bool
can_be_passed(const struct native *native, const struct unit *unit, const struct mention *mention)
{
	(void)native;
	return mention->called || unit->kind == UNIT_VARIABLE || unit->kind == UNIT_FUNCTION;
}

static void
gather(const struct search *search, const struct bits *files, const struct mention *mention,
    struct candidates *candidates)
{
	void **place = map_get_string(&search->native->units_by_name, mention->name);
	struct unit *unit = place == NULL ? NULL : *place;

	for (; unit != NULL && candidates->count < MOST_CANDIDATES; unit = unit->same_name)
		if (bits_has(files, unit->file) &&
		    can_be_passed(search->native, unit, mention))
			candidates->list[candidates->count++] = unit;
}

static void
add_step(struct search *search, struct unit *unit, uint32_t from, uint32_t source)
{
	if (search->count == MOST_STEPS || !bits_set(&search->seen, unit->id))
		return;
	search->steps = memory_grow(search->steps, search->count, &search->capacity,
	    sizeof(*search->steps));
	search->steps[search->count++] = (struct step){ unit, from, source };
}

static void
follow(struct search *search, size_t at, const struct mention *mention)
{
	struct step step = search->steps[at];
	struct candidates candidates = {0};
	bool keep;

	gather(search, native_closure(search->native, step.source), mention, &candidates);
	if (candidates.count == 0)
		gather(search, search->files, mention, &candidates);
	if (candidates.count == 0)
		return;
	keep = mention->qualifier != NULL ?
	    keep_qualified(search->native, &candidates, step.unit, mention) :
	    mention->receiver != NULL ?
	    keep_member(search->native, &candidates, step.unit, mention) :
	    keep_plain(&candidates, step.unit, mention);
	if (!keep)
		return;
	for (size_t i = 0; i < candidates.count; i++)
		unit_measure(search->native, candidates.list[i]);
	prefer(&candidates, fits_count, step.unit, mention);
	for (size_t i = 0; i < candidates.count; i++) {
		struct unit *unit = candidates.list[i];

		if (unit->kind == UNIT_FUNCTION && unit->global && step.unit->asks_occupancy)
			continue;
		add_step(search, unit, (uint32_t)at + 1,
		    search->native->files[unit->file].is_header ? step.source : unit->file);
	}
}

void
search_run(struct search *search, struct native *native, const struct bits *files,
    struct unit *unit)
{
	*search = (struct search){ .native = native, .files = files };
	add_step(search, unit, 0, unit->file);
	for (size_t i = 0; i < search->count; i++) {
		struct unit *at = search->steps[i].unit;

		unit_read(native, at);
		if (at->global && at->kind == UNIT_FUNCTION)
			continue;
		for (size_t j = 0; j < at->mention_count; j++)
			follow(search, i, &at->mentions[j]);
	}
}

void
search_free(struct search *search)
{
	free(search->steps);
	bits_free(&search->seen);
}
