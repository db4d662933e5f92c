/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kernel names against made-up names: spellings are rewritten within bounds,
 * every fact is there, and a name that was forgotten gets the same facts again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names/cxx_name.h"
#include "names/names.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fuzz_names: %s\n", what);
	abort();
}

/* Rewriting a canonical name changes nothing that its key tells apart. */
static void
check_spelling(const char *name, size_t size)
{
	struct text canonical = { 0 }, whole = { 0 }, function = { 0 }, key = { 0 };

	cxx_name_canonical(&canonical, name, size);
	cxx_name_with_parameters(&whole, name, size);
	cxx_name_function(&function, canonical.bytes, canonical.length);
	cxx_name_key(&key, canonical.bytes, canonical.length);
	must(function.length <= canonical.length, "the function is longer than the name");
	must(key.length <= canonical.length, "the key is longer than the name");
	must(whole.length >= canonical.length || memchr(name, '(', size) != NULL,
	    "parameters were lost");
	text_free(&canonical);
	text_free(&whole);
	text_free(&function);
	text_free(&key);
}

static char *
tell(struct names *names, const char *name, size_t size)
{
	const struct names_facts *facts = names_look_up(names, name, size);
	struct text told = { 0 };

	must(facts->family[0] != '\0' && facts->library[0] != '\0', "an empty family or library");
	must(facts->type < TYPE_COUNT && facts->stage < STAGE_COUNT, "bad type or stage");
	text_add_format(&told, "%s %s %s %s %s %x", facts->canonical, facts->key, facts->family,
	    facts->short_name, facts->friendly, facts->roles);
	for (size_t i = 0; i < facts->value_count; i++)
		text_add_format(&told, " %s=%s", facts->values[i].name, facts->values[i].text);
	for (size_t i = 0; facts->tiled != NULL && facts->tiled[i] != NULL; i++)
		text_add_string(&told, facts->tiled[i]);
	return told.bytes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct names *names, *others;
	char *first, *second;

	if (names == NULL) {
		names = names_open(NULL);
		others = names_open(NULL);
	}
	check_spelling((const char *)data, size);
	first = tell(names, (const char *)data, size);
	second = tell(others, (const char *)data, size);
	must(strcmp(first, second) == 0, "two tables disagree");
	free(first);
	free(second);
	return 0;
}
