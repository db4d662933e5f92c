/* SPDX-License-Identifier: Apache-2.0 */
/* What the passes of a server work on: read from the annotations of its steps, or made up. */
#include "workloads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/reader.h"

/* Longest context that is taken where nothing says one. */
enum { GUESSED_CONTEXT = 1024 };

static void
add(struct passes *passes, const struct pass *pass)
{
	struct pass *held = passes->first;

	if (passes->end == NULL)
		passes->end = &passes->first;
	for (; held != NULL; held = held->next) {
		if (held->decode == pass->decode && held->sequences == pass->sequences &&
		    held->tokens == pass->tokens && held->context == pass->context) {
			held->count += pass->count;
			return;
		}
	}
	held = arena_alloc_zero(&passes->arena, sizeof(*held));
	*held = *pass;
	held->next = NULL;
	*passes->end = held;
	passes->end = &held->next;
}

/* The number after `word` in an annotation's name; 0 when there is none. */
static int64_t
number_after(const char *name, const char *word)
{
	const char *at = strstr(name, word);
	long long number = at == NULL ? 0 : strtoll(at + strlen(word), NULL, 10);

	return number > 0 && number < 1 << 24 ? number : 0;
}

void
passes_read(struct passes *passes, const char *path)
{
	char *files[] = { NULL, NULL };
	int64_t context = GUESSED_CONTEXT;
	const struct record *record;
	struct arena arena = { 0 };
	struct reader reader;

	files[0] = arena_copy(&arena, path, strlen(path));
	reader_open(&reader, files, true);
	while ((record = reader_next(&reader)) != NULL) {
		const char *stage = json_string(json_get(record->root, "stage"));
		const char *name = json_string(json_get(record->root, "name"));
		const struct json *gpu = json_get(record->root, "gpu");
		struct pass pass = { .count = 1 };

		if (strcmp(record->kind, "annotation") != 0 || stage == NULL || name == NULL ||
		    (gpu != NULL && gpu->type == JSON_BOOL && gpu->text[0] == 't'))
			continue;
		pass.decode = strcmp(stage, "decode") == 0;
		pass.sequences = number_after(name, "bs=");
		pass.tokens = pass.decode ? pass.sequences : number_after(name, "toks=");
		if (pass.sequences == 0 || pass.tokens < pass.sequences)
			continue;
		if (!pass.decode) /* sequences of one pass share its tokens evenly */
			context = pass.tokens / pass.sequences;
		pass.context = context;
		add(passes, &pass);
	}
	reader_close(&reader);
	arena_free(&arena);
	passes->contexts_guessed = true;
	if (passes->first == NULL)
		die("%s: no annotation of a step says its stage, bs= and toks= (tr-parse -a | "
		    "tr-classify writes such)", path);
}

bool
passes_make(struct passes *passes, const char *text)
{
	int64_t sizes[3];
	char *end;

	for (int i = 0; i < 3; i++) {
		sizes[i] = strtoll(text, &end, 10);
		if (end == text || sizes[i] < 1 || sizes[i] > 1 << 20 || *end != (i < 2 ? ',' : '\0'))
			return false;
		text = end + 1;
	}
	add(passes, &(struct pass){ false, sizes[2], sizes[2] * sizes[0], sizes[0], 1, NULL });
	if (sizes[1] > 1) /* halfway through what comes out */
		add(passes, &(struct pass){ true, sizes[2], sizes[2], sizes[0] + sizes[1] / 2,
		    sizes[1] - 1, NULL });
	return true;
}

void
passes_free(struct passes *passes)
{
	arena_free(&passes->arena);
}
