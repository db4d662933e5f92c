/* SPDX-License-Identifier: Apache-2.0 */
/* Asks what is known of both: links in the sources, words of names, what they are for. */
#include <ctype.h>
#include <string.h>

#include "base/intern.h"
#include "base/slice.h"
#include "base/text.h"
#include "fit.h"
#include "purpose.h"
#include "similar.h"

extern const char launches_txt[];

/* Names that tell what is launched: its own, then those of the functions that are called on the
 * way from the op to it. Interned. */
enum { MOST_IDENTIFIERS = 32 };
struct identifiers {
	const char *list[MOST_IDENTIFIERS];
	size_t count;
	size_t own; /* so many are its own, with the call itself */
};

static void
add(struct identifiers *identifiers, const char *name, size_t length)
{
	if (length > 0 && identifiers->count < MOST_IDENTIFIERS)
		identifiers->list[identifiers->count++] = intern(name, length);
}

/* "module.run_rope" calls run_rope, "kernel[grid]" calls kernel. */
static void
add_call(struct identifiers *identifiers, const char *call)
{
	size_t length = strcspn(call, "[("), begin = length;

	while (begin > 0 && (isalnum((unsigned char)call[begin - 1]) || call[begin - 1] == '_'))
		begin--;
	add(identifiers, call + begin, length - begin);
}

static void
name_launch(struct identifiers *identifiers, const struct launch_kind *kind,
    const struct chains *chains)
{
	static const char aten[] = "aten::";
	const struct chain *chain = &chains->list[kind->chain];
	const char *kernel = kind->kernel;

	if (strncmp(kernel, aten, sizeof(aten) - 1) == 0)
		kernel += sizeof(aten) - 1;
	add(identifiers, kernel, strlen(kernel));
	for (size_t i = 0; i < kind->name_count; i++)
		add(identifiers, kind->names[i], strlen(kind->names[i]));
	if (chain->frame_count > 0)
		add_call(identifiers, chain->frames[0].call);
	identifiers->own = identifiers->count;
	/* outside of the model nothing says where its own functions begin */
	for (uint32_t i = 1; i < chain->op && chain->op < chain->frame_count; i++)
		add_call(identifiers, chain->frames[i].call);
}

/* What the sources say. */
static bool
is_linked(const struct kernel_class *class, const struct identifiers *identifiers,
    const struct callees *callees)
{
	if (candidates_is_jitted(class->name, identifiers->list[0]))
		return true;
	for (size_t i = 0; i < identifiers->count; i++)
		if (callees_link(callees, class, identifiers->list[i]))
			return true;
	return false;
}

/* Words in common with a name of the launch, from 0 to 1. */
static double
likeness(const struct kernel_class *class, const struct identifiers *identifiers)
{
	double best = 0;

	for (size_t i = 0; i < identifiers->count; i++) {
		double likeness = similar_names(class->base, identifiers->list[i]);

		if (similar_inside(class->base, identifiers->list[i]) >= CANDIDATE_INSIDE)
			likeness = 1;
		best = likeness > best ? likeness : best;
	}
	return best;
}

static struct slice
next_word(const char **at)
{
	struct slice word;

	*at += strspn(*at, " \t");
	word.bytes = *at;
	word.length = strcspn(*at, " \t\n");
	*at += word.length;
	return word;
}

/* Whether one of the names has the word, from the beginning of one of its own words. */
static bool
says(const struct identifiers *identifiers, struct slice word, bool exactly)
{
	for (size_t i = 0; i < identifiers->own; i++) {
		const char *name = identifiers->list[i];

		if (slice_equals(word, name))
			return true;
		for (const char *at = name; !exactly && *at != '\0'; at++)
			if ((at == name || at[-1] == '_') &&
			    strncmp(at, word.bytes, word.length) == 0)
				return true;
	}
	return false;
}

static bool
has_word(const char *text, struct slice word)
{
	for (; *text != '\0'; text++)
		if (strncmp(text, word.bytes, word.length) == 0)
			return true;
	return false;
}

/* All that is said of the kernel, in small letters. */
static void
describe(struct text *text, const struct kernel_class *class)
{
	text_add_format(text, "type:%s %s %s %s", class->type, class->family, class->short_name,
	    class->name);
	for (size_t i = 0; i < text->length; i++)
		text->bytes[i] = (char)tolower((unsigned char)text->bytes[i]);
}

/* One line of launches.txt; *at is left at its end. */
static bool
line_fits(const char **at, const struct identifiers *identifiers, const char *kernel, bool is_torch)
{
	bool said = false, of_torch = strcspn(*at, "*") < strcspn(*at, "\n"), fits = false;
	struct slice word;

	while ((word = next_word(at)).length > 0 && !slice_equals(word, "|"))
		said = said || says(identifiers, word, of_torch);
	while ((word = next_word(at)).length > 0)
		fits = fits || (!slice_equals(word, "*") && has_word(kernel, word));
	return said && fits && (is_torch || !of_torch);
}

/* Whether both do the same, as far as launches.txt knows. */
static bool
does_same(const struct kernel_class *class, const struct identifiers *identifiers, bool is_torch)
{
	struct text kernel = { 0 };
	bool same = false;

	describe(&kernel, class);
	for (const char *at = launches_txt; *at != '\0' && !same; at++) {
		if (*at != '#')
			same = line_fits(&at, identifiers, kernel.bytes, is_torch);
		at += strcspn(at, "\n");
	}
	text_free(&kernel);
	return same;
}

static bool
has_purpose(const struct kernel_class *class, const struct identifiers *identifiers,
    const struct chain *chain)
{
	for (size_t i = 0; i < identifiers->count; i++)
		if (purpose_fits(class, identifiers->list[i]))
			return true;
	return chain->op < chain->frame_count && purpose_fits(class, chain->frames[chain->op].call);
}

int
fit_of(const struct kernel_class *class, const struct launch_kind *kind,
    const struct chains *chains, const struct callees *callees)
{
	struct identifiers identifiers = { 0 };
	bool is_torch = strcmp(kind->source, "torch") == 0;
	double alike;

	name_launch(&identifiers, kind, chains);
	if (is_linked(class, &identifiers, callees))
		return FIT_MOST;
	if (!candidates_may_come_from(class, kind->source))
		return 0;
	alike = likeness(class, &identifiers);
	if (alike >= 0.5)
		return FIT_ALIKE + (int)(alike * (FIT_MOST - FIT_ALIKE - 5));
	if (does_same(class, &identifiers, is_torch))
		return FIT_SAME_WORK;
	if (has_purpose(class, &identifiers, &chains->list[kind->chain]))
		return FIT_PURPOSE;
	return is_torch && strncmp(class->library, "PyTorch", 7) == 0 ? FIT_LEAST : 0;
}
