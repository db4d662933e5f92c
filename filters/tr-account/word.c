/* SPDX-License-Identifier: Apache-2.0 */
/* The names of calls are those of CUDA, the CUDA driver and HIP; time-tested words of theirs
 * decide, not lists of calls. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "json/json_scan.h"
#include "names/names.h"
#include "word.h"

const char *const work_names[WORK_COUNT] = { "compute", "comm", "copy", "fill" };

static bool
has(const struct word *word, const char *part)
{
	return strstr(word->text, part) != NULL;
}

static bool
has_any_case(const struct word *word, const char *part)
{
	size_t length = strlen(part);

	for (size_t at = 0; at + length <= word->length; at++)
		if (strncasecmp(word->text + at, part, length) == 0)
			return true;
	return false;
}

/* After "cuda", "hip" or "cu"; NULL when it is no call of these. */
static const char *
after_vendor(const char *text)
{
	static const char *const vendors[] = { "cuda", "hip", "cu" };

	for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
		if (strncmp(text, vendors[i], strlen(vendors[i])) == 0)
			return text + strlen(vendors[i]);
	return NULL;
}

static bool
is_word(const char *text)
{
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return *text == '\0';
}

static bool
begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Synchronize, with a suffix such as _v2 or _ptsz; and copies that do not say Async. */
static bool
blocks(const char *call)
{
	const char *at, *last = NULL;

	if (begins(call, "Memcpy"))
		return strstr(call, "Async") == NULL;
	for (at = call; (at = strstr(at, "Synchronize")) != NULL; at++)
		last = at + strlen("Synchronize");
	return last != NULL && (*last == '\0' || (*last == '_' && last[1] != '\0'));
}

static bool
allocates(const char *call)
{
	static const char *const prefixes[] = { "Malloc", "Free", NULL };
	static const char *const host[] = { "Alloc", "Malloc", "Free", "Register", "Unregister",
		NULL };
	static const char *const memory[] = { "Alloc", "Free", "Create", "Map", "Unmap",
		"AddressReserve", "AddressFree", "SetAccess", "Release", "HostAlloc",
		"HostRegister", "HostUnregister", NULL };
	size_t i;

	for (i = 0; prefixes[i] != NULL; i++)
		if (begins(call, prefixes[i]))
			return true;
	for (i = 0; host[i] != NULL; i++)
		if (begins(call, "Host") && strcmp(call + 4, host[i]) == 0)
			return true;
	for (i = 0; memory[i] != NULL; i++)
		if (begins(call, "Mem") && begins(call + 3, memory[i]) &&
		    !begins(call + 3 + strlen(memory[i]), "Attr"))
			return true;
	return false;
}

static unsigned
call_flags(const struct word *word)
{
	const char *call = after_vendor(word->text);
	unsigned flags = 0;

	if (call != NULL && is_word(call))
		flags |= (blocks(call) ? WORD_BLOCKS : 0u) |
		    (allocates(call) ? WORD_ALLOCATES : 0u);
	if (has_any_case(word, "graphlaunch") || has_any_case(word, "graph_launch"))
		flags |= WORD_GRAPH_LAUNCH;
	if (has_any_case(word, "launch"))
		flags |= WORD_LAUNCHES | WORD_GIVES_WORK;
	if (has_any_case(word, "memcpy") || has_any_case(word, "memset") ||
	    has_any_case(word, "enqueue"))
		flags |= WORD_GIVES_WORK;
	if (has(word, "WaitEvent"))
		flags |= WORD_WAIT_EVENT;
	return flags;
}

/* Whether "(digits): " comes after the first byte. */
static bool
is_source(const struct word *word)
{
	const char *end = word->text + word->length;

	if (word->length == 0 || word->text[0] == '<')
		return false;
	for (const char *at = word->text + 1; at < end; at++) {
		const char *digit = at + 1;

		if (*at != '(')
			continue;
		while (isdigit((unsigned char)*digit))
			digit++;
		if (digit > at + 1 && begins(digit, "): "))
			return true;
	}
	return false;
}

static unsigned
frame_flags(const struct word *word)
{
	unsigned flags = 0;

	if (is_source(word))
		flags |= WORD_SOURCE;
	if (begins(word->text, "torch/") || has(word, "site-packages/torch/") ||
	    has(word, "dist-packages/torch/"))
		flags |= WORD_TORCH;
	if (begins(word->text, "nn.Module: "))
		flags |= WORD_MODULE;
	if (has_any_case(word, "profil"))
		flags |= WORD_PROFILER;
	return flags;
}

struct word *
words_get(struct words *words, struct slice text)
{
	void **place = map_put(&words->map, text.bytes != NULL ? text.bytes : "", text.length);
	struct word *word = *place;

	if (word != NULL)
		return word;
	*place = word = arena_alloc_zero(&words->arena, sizeof(*word));
	word->text = arena_copy(&words->arena, text.bytes != NULL ? text.bytes : "", text.length);
	word->length = text.length;
	word->flags = call_flags(word) | frame_flags(word);
	if (has(word, "Pageable"))
		word->flags |= WORD_PAGEABLE | (has(word, "DtoH") ? WORD_PAGEABLE_TO_HOST : 0u);
	return word;
}

static const struct names_facts *
look_up(struct words *words, const struct word *word)
{
	struct text decoded = { 0 };
	const struct names_facts *facts;

	if (words->names == NULL)
		words->names = names_open(NULL);
	json_unescape(&decoded, (struct slice){ word->text, word->length });
	facts = names_look_up(words->names, decoded.bytes != NULL ? decoded.bytes : "",
	    decoded.length);
	text_free(&decoded);
	return facts;
}

void
words_add_short(struct words *words, const struct word *word, struct text *text)
{
	const char *name = look_up(words, word)->short_name;
	struct text spelled = { 0 };

	json_escape(&spelled, (struct slice){ name, strlen(name) });
	text_add(text, spelled.bytes + 1, spelled.length - 2);
	text_free(&spelled);
}

enum work
words_work(struct words *words, struct word *word)
{
	if (word->work_known)
		return word->work;
	word->work_known = true;
	word->work = WORK_COMPUTE;
	if (begins(word->text, "MEMORY_COPY_") || begins(word->text, "__amd_rocclr_copy")) {
		word->work = WORK_COPY;
	} else if (begins(word->text, "__amd_rocclr_fill")) {
		word->work = WORK_FILL;
	} else if (look_up(words, word)->type == TYPE_COMMUNICATION) {
		word->work = WORK_COMM;
	}
	return word->work;
}

void
words_free(struct words *words)
{
	map_free(&words->map);
	arena_free(&words->arena);
	if (words->names != NULL)
		names_close(words->names);
}
