/* SPDX-License-Identifier: Apache-2.0 */
/* Names are looked up in what the translation unit includes, then in the files linked with
 * it; of several definitions those are kept whose scope fits. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
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

/* Keeps those that fit if there are any; says whether there were. */
static bool
prefer(struct candidates *candidates,
    bool (*fit)(const struct unit *unit, const struct unit *from, const void *argument),
    const struct unit *from, const void *argument)
{
	size_t kept = 0;

	for (size_t i = 0; i < candidates->count; i++)
		if (fit(candidates->list[i], from, argument))
			candidates->list[kept++] = candidates->list[i];
	if (kept > 0)
		candidates->count = kept;
	return kept > 0;
}

/* Of definitions in several namespaces around the code that uses the name, the nearest one
 * hides the others. */
static void
keep_nearest(struct candidates *candidates, const struct unit *from)
{
	size_t nearest = 0, kept = 0, weights[MOST_CANDIDATES];

	for (size_t i = 0; i < candidates->count; i++) {
		const struct unit *unit = candidates->list[i];
		size_t length = strlen(unit->scope);

		if (unit->of_class) {
			length -= strlen(last_part(unit->scope));
			length -= length > 2 ? 2 : length;
		}
		weights[i] = strncmp(from->scope, unit->scope, length) == 0 && (length == 0 ||
		    from->scope[length] == '\0' || from->scope[length] == ':') ? length + 1 : 0;
		if (weights[i] > nearest)
			nearest = weights[i];
	}
	for (size_t i = 0; nearest > 0 && i < candidates->count; i++)
		if (weights[i] == nearest)
			candidates->list[kept++] = candidates->list[i];
	if (nearest > 0)
		candidates->count = kept;
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

static const struct names *
names_of(const struct map *map, const char *class)
{
	void **place = map_get_string(map, class);

	return place == NULL ? NULL : *place;
}

/* The class itself and those that `map` leads to from it, nearest first, as the keys of what is
 * returned; release it with map_free. */
static struct map
find_related(const struct map *map, const char *class)
{
	struct map related = {0};

	map_put_string(&related, class);
	for (size_t i = 0; i < related.count; i++) {
		const struct names *names = names_of(map, related.entries[i].key);

		for (size_t j = 0; names != NULL && j < names->count; j++)
			map_put_string(&related, names->list[j]);
	}
	return related;
}

/* Keeps the members of the class, or of the nearest base that has them. */
static bool
keep_of_class(const struct native *native, struct candidates *candidates,
    const struct unit *from, const char *class)
{
	struct map bases = find_related(&native->bases, class);
	bool found = false;

	for (size_t i = 0; i < bases.count && !found; i++)
		found = prefer(candidates, fits_last, NULL, bases.entries[i].key);
	if (found)
		keep_nearest(candidates, from);
	map_free(&bases);
	return found;
}

static bool
is_derived(const struct native *native, const char *class, const char *base)
{
	struct map bases = find_related(&native->bases, class);
	bool derived = strcmp(class, base) != 0 && map_get_string(&bases, base) != NULL;

	map_free(&bases);
	return derived;
}

/* Of an object: what its class has, or where that only declares it, what derived ones have. */
static bool
keep_of_object(const struct native *native, struct candidates *candidates,
    const struct unit *from, const char *class)
{
	size_t kept = 0;

	if (keep_of_class(native, candidates, from, class))
		return true;
	for (size_t i = 0; i < candidates->count; i++)
		if (is_derived(native, last_part(candidates->list[i]->scope), class))
			candidates->list[kept++] = candidates->list[i];
	if (kept > 0)
		candidates->count = kept;
	return kept > 0;
}

/* A::name, where A is a class, a namespace, or stands for a class. */
static bool
keep_qualified(struct native *native, struct candidates *candidates, const struct step *from,
    const struct mention *mention)
{
	const char *qualifier = mention->qualifier;

	if (keep_of_class(native, candidates, from->unit, qualifier))
		return true;
	qualifier = resolve_alias(native, from->unit, qualifier);
	if (keep_of_class(native, candidates, from->unit, qualifier) ||
	    prefer(candidates, fits_within, from->unit, qualifier))
		return true;
	/* A class or namespace that is known has no such member; an unknown namespace is
	 * another library's. What is left is a type that the template is given: in a base
	 * often the class that is derived from it. */
	if (map_get_string(&native->scopes, qualifier) != NULL ||
	    islower((unsigned char)qualifier[0]))
		return false;
	if (from->class != NULL && keep_of_class(native, candidates, from->unit, from->class))
		return true;
	return prefer(candidates, fits_class, from->unit, NULL) && are_few_scopes(candidates);
}

static const char *
own_class(const struct step *from)
{
	return from->class != NULL ? from->class :
	    from->unit->of_class ? last_part(from->unit->scope) : NULL;
}

/* Whether the unit's code names the class or one derived from it. */
static bool
names_class(struct native *native, const struct unit *unit, const char *class)
{
	struct map derived = find_related(&native->derived, class);
	bool named = false;

	for (size_t i = 0; i < derived.count && !named; i++)
		named = unit_names(native, unit, derived.entries[i].key);
	map_free(&derived);
	return named;
}

/* Of an object whose class is not known: that of a class that the code names, if any. */
static void
prefer_named(struct native *native, struct candidates *candidates, const struct unit *from)
{
	size_t kept = 0;

	for (size_t i = 0; i < candidates->count; i++)
		if (names_class(native, from, last_part(candidates->list[i]->scope)))
			candidates->list[kept++] = candidates->list[i];
	if (kept > 0)
		candidates->count = kept;
}

static bool
keep_member(struct native *native, struct candidates *candidates, const struct step *from,
    const struct mention *mention)
{
	const char *class = mention->receiver;

	if (strcmp(class, "this") == 0)
		return own_class(from) != NULL &&
		    keep_of_object(native, candidates, from->unit, own_class(from));
	if (!prefer(candidates, fits_class, from->unit, NULL))
		return false;
	if (*class != '\0') {
		class = resolve_alias(native, from->unit, class);
		if (keep_of_object(native, candidates, from->unit, class))
			return true;
		if (class != mention->receiver && map_get_string(&native->scopes, class) != NULL)
			return false;
	}
	prefer_named(native, candidates, from->unit);
	return are_few_scopes(candidates);
}

static bool
keep_plain(const struct native *native, struct candidates *candidates, const struct step *from,
    const struct mention *mention)
{
	if (own_class(from) != NULL &&
	    keep_of_object(native, candidates, from->unit, own_class(from)))
		return true;
	if (prefer(candidates, fits_around, from->unit, NULL)) {
		keep_nearest(candidates, from->unit);
		return true;
	}
	return prefer(candidates, fits_free, from->unit, NULL) ||
	    prefer(candidates, fits_constructor, from->unit, mention->name);
}

/* The class that a base's method, found by the mention, runs for. */
static const char *
class_behind(struct native *native, const struct step *from, const struct mention *mention,
    const struct unit *unit)
{
	const char *class = mention->qualifier != NULL ? mention->qualifier :
	    mention->receiver != NULL && *mention->receiver != '\0' &&
	    strcmp(mention->receiver, "this") != 0 ? mention->receiver : own_class(from);

	if (!unit->of_class || class == NULL)
		return NULL;
	if (!is_derived(native, class, last_part(unit->scope)))
		class = resolve_alias(native, from->unit, class);
	return is_derived(native, class, last_part(unit->scope)) ? class : NULL;
}

/* Where a value is passed on, only functions that can be meant are kept. */
static bool
can_be_passed(const struct unit *unit, const struct mention *mention)
{
	return mention->called || unit->kind == UNIT_VARIABLE || unit->kind == UNIT_FUNCTION;
}

/* A macro hides all else of its name. It may be defined anew for each function that uses it:
 * of those in the file the last one before the use's function ends is meant. */
static void
keep_macro(struct candidates *candidates, const struct unit *from)
{
	struct unit *nearest = NULL;

	for (size_t i = 0; i < candidates->count; i++) {
		struct unit *unit = candidates->list[i];

		if (unit->kind == UNIT_MACRO && unit->file == from->file &&
		    unit->line <= from->end && (nearest == NULL || unit->line > nearest->line))
			nearest = unit;
	}
	if (nearest != NULL) {
		candidates->list[0] = nearest;
		candidates->count = 1;
	}
}

/* A function that calls itself leads nowhere new. */
static void
gather(struct search *search, const struct bits *files, const struct step *from,
    const struct mention *mention, struct candidates *candidates)
{
	void **place = map_get_string(&search->native->units_by_name, mention->name);
	struct unit *unit = place == NULL ? NULL : *place;

	candidates->count = 0;
	for (; unit != NULL && candidates->count < MOST_CANDIDATES; unit = unit->same_name)
		if (unit != from->unit && bits_has(files, unit->file) &&
		    can_be_passed(unit, mention))
			candidates->list[candidates->count++] = unit;
	search->cut |= unit != NULL;
}

static void
add_step(struct search *search, struct step step)
{
	const void *key[2] = { step.unit, step.class };
	void **place = map_put(&search->seen, (const char *)key, sizeof(key));

	search->cut |= *place == NULL && search->count == MOST_STEPS;
	if (*place != NULL || search->count == MOST_STEPS)
		return;
	*place = search;
	search->steps = memory_grow(search->steps, search->count, &search->capacity,
	    sizeof(*search->steps));
	search->steps[search->count++] = step;
}

static bool
keep_meant(const struct search *search, struct candidates *candidates, const struct step *from,
    const struct mention *mention)
{
	bool keep;

	if (mention->qualifier == NULL && mention->receiver == NULL)
		keep_macro(candidates, from->unit);
	keep = candidates->count == 0 ? false : mention->qualifier != NULL ?
	    keep_qualified(search->native, candidates, from, mention) :
	    mention->receiver != NULL ?
	    keep_member(search->native, candidates, from, mention) :
	    keep_plain(search->native, candidates, from, mention);

	if (!keep)
		return false;
	for (size_t i = 0; i < candidates->count; i++)
		unit_measure(search->native, candidates->list[i]);
	prefer(candidates, fits_count, from->unit, mention);
	return true;
}

static void
follow(struct search *search, size_t at, const struct mention *mention)
{
	struct step from = search->steps[at];
	struct candidates candidates = {0};

	gather(search, native_closure(search->native, from.source), &from, mention, &candidates);
	if (!keep_meant(search, &candidates, &from, mention)) {
		gather(search, search->files, &from, mention, &candidates);
		if (!keep_meant(search, &candidates, &from, mention))
			return;
	}
	for (size_t i = 0; i < candidates.count; i++) {
		struct unit *unit = candidates.list[i];

		if (unit->kind == UNIT_FUNCTION && unit->global && from.unit->only_asks)
			continue;
		add_step(search, (struct step){ .unit = unit, .from = (uint32_t)at + 1,
			.class = class_behind(search->native, &from, mention, unit),
			.source = search->native->files[unit->file]->is_header ? from.source :
			    unit->file });
	}
}

/* Code that is compiled when the program runs is a translation unit of its own. */
static void
follow_text(struct search *search, size_t at, struct unit *text)
{
	native_define(search->native, native_closure(search->native, text->file));
	add_step(search, (struct step){ .unit = text, .from = (uint32_t)at + 1,
		.source = text->file });
}

void
search_run(struct search *search, struct native *native, const struct bits *files,
    struct unit *unit)
{
	*search = (struct search){ .native = native, .files = files };
	add_step(search, (struct step){ .unit = unit, .source = unit->file });
	for (size_t i = 0; i < search->count; i++) {
		struct unit *at = search->steps[i].unit;

		unit_read(native, at);
		if (at->global && at->kind == UNIT_FUNCTION)
			continue;
		for (size_t j = 0; j < at->mention_count; j++)
			follow(search, i, &at->mentions[j]);
		for (size_t j = 0; j < at->text_count; j++)
			follow_text(search, i, at->texts[j]);
	}
}

void
search_free(struct search *search)
{
	free(search->steps);
	map_free(&search->seen);
}
