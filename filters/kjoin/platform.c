/* SPDX-License-Identifier: Apache-2.0 */
/* What conditions come to on one vendor's GPU, in three values: what does not ask for the
 * platform is unknown. */
#include <ctype.h>
#include <string.h>

#include "base/intern.h"
#include "base/slice.h"
#include "platform.h"

extern const char platforms_txt[];

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

/* The next word of the line; empty at its end. */
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

void
platform_open(struct platform *platform, const char *vendor)
{
	*platform = (struct platform){ .vendor = vendor };
	for (const char *at = platforms_txt; *at != '\0'; at++) {
		if (*at != '#') {
			struct slice of = next_word(&at), word;
			const char *name = intern(of.bytes, of.length);

			while ((word = next_word(&at)).length > 0)
				*map_put(&platform->words, word.bytes, word.length) =
				    (void *)(uintptr_t)name;
		}
		at += strcspn(at, "\n");
	}
}

void
platform_close(struct platform *platform)
{
	map_free(&platform->words);
}

/* The vendor that a word of the name tells; NULL when none does. Words are parted by
 * anything but letters and digits. */
static const char *
vendor_of(const struct platform *platform, const char *name, size_t length)
{
	size_t at = 0;

	while (at < length) {
		void **place;
		size_t begin;

		while (at < length && !isalnum((unsigned char)name[at]))
			at++;
		for (begin = at; at < length && isalnum((unsigned char)name[at]);)
			at++;
		place = map_get(&platform->words, name + begin, at - begin);
		if (place != NULL)
			return *place;
	}
	return NULL;
}

/* "_is_hip" and "is_cuda" hold wherever the platform is this one; "use_aiter_fused" or
 * "_is_gfx95_supported" may not. */
static bool
asks_only_platform(const char *name)
{
	name += strspn(name, "_");
	if (strncmp(name, "is_", 3) != 0)
		return false;
	for (name += 3; isalnum((unsigned char)*name);)
		name++;
	return *name == '\0';
}

/* A name or a call without arguments: _is_hip, is_npu(). In anything else a name tells
 * nothing. */
static enum truth
truth_of_test(const struct platform *platform, const struct json *ask)
{
	const struct json *names = json_get(ask, "names");
	const char *text = json_string(json_get(ask, "text")), *name, *vendor;
	enum truth truth;
	size_t length;

	name = names != NULL && names->child != NULL ? json_string(names->child) : NULL;
	if (text == NULL || name == NULL || names->child->next != NULL)
		return TRUTH_UNKNOWN;
	length = strlen(name);
	if (strncmp(text, name, length) != 0 ||
	    (text[length] != '\0' && strcmp(text + length, "()") != 0))
		return TRUTH_UNKNOWN;
	vendor = vendor_of(platform, name, length);
	if (vendor == NULL)
		return TRUTH_UNKNOWN;
	if (strcmp(vendor, platform->vendor) != 0)
		truth = TRUTH_FALSE;
	else if (asks_only_platform(name))
		truth = TRUTH_TRUE;
	else
		return TRUTH_UNKNOWN;
	if (ask_is_negated(ask))
		truth = truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
	return truth;
}

/* Conditions of which all hold, or of alternatives one: a list with `any` has what its
 * alternatives come to. The reader has bounded how deep they lie. */
static enum truth
truth_of_all(const struct platform *platform, const struct json *ask)
{
	enum truth all = TRUTH_TRUE;

	for (; ask != NULL && all != TRUTH_FALSE; ask = ask->next) {
		const struct json *any = json_get(ask, "any");
		enum truth truth = any != NULL ? TRUTH_FALSE : truth_of_test(platform, ask);

		for (any = any != NULL ? any->child : NULL; any != NULL && truth != TRUTH_TRUE;
		    any = any->next) {
			enum truth one = truth_of_all(platform, any->child);

			truth = one == TRUTH_FALSE ? truth : one;
		}
		all = truth == TRUTH_TRUE ? all : truth;
	}
	return all;
}

/* "GGUFEmbeddingAscendMethod" is Ascend's: words of a class begin with capitals. */
static bool
is_foreign_class(const struct platform *platform, const char *function, const char *name)
{
	const char *end = function + (strlen(function) - strlen(name)), *at, *begin;
	char word[32];

	for (at = function; at < end;) {
		size_t length = 0;
		const char *other;

		for (begin = at; at < end && (at == begin || !isupper((unsigned char)*at) ||
		    isupper((unsigned char)at[-1])) && *at != '.'; at++)
			if (length < sizeof(word) - 1)
				word[length++] = (char)tolower((unsigned char)*at);
		at += at < end && *at == '.';
		other = vendor_of(platform, word, length);
		if (other != NULL && strcmp(other, platform->vendor) != 0 && strcmp(other, "nvidia") != 0)
			return true;
	}
	return false;
}

/* "hardware_backend/npu/graph.py" and "forward_cpu" are another platform's. A function that
 * only has such a word somewhere ("copy_to_cpu") is not. */
static bool
is_foreign(const struct platform *platform, const struct chain_frame *frame)
{
	static const char prefix[] = "forward_";
	const char *other = vendor_of(platform, frame->file, strlen(frame->file));

	if (other != NULL && strcmp(other, platform->vendor) != 0 &&
	    strstr(frame->file, "cuda") == NULL)
		return true;
	if (is_foreign_class(platform, frame->function, frame->name))
		return true;
	/* torch calls AMD's devices cuda, too, and so do functions for both */
	if (strncmp(frame->name, prefix, sizeof(prefix) - 1) != 0 ||
	    strcmp(frame->name + sizeof(prefix) - 1, "cuda") == 0)
		return false;
	other = vendor_of(platform, frame->name, strlen(frame->name));
	return other != NULL && strcmp(other, platform->vendor) != 0;
}

bool
platform_excludes(const struct platform *platform, const struct chain_frame *frames,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_foreign(platform, &frames[i]) || (frames[i].asks != NULL &&
		    truth_of_all(platform, frames[i].asks->child) == TRUTH_FALSE))
			return true;
	return false;
}
