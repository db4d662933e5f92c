/* SPDX-License-Identifier: Apache-2.0 */
/* kcallees' reader of C++ against made-up sources. Whatever comes in, the tokens lie in the
 * source one behind another, on the lines they say, brackets end behind where they begin, and
 * what the text exports and mentions is made of names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exports.h"
#include "base/memory.h"
#include "native.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fuzz_cxx: %s\n", what);
	abort();
}

static void
check_tokens(const struct tokens *tokens, const char *text, size_t length)
{
	const char *behind = text;
	uint32_t line = 1;

	for (size_t i = 0; i < tokens->count; i++) {
		const struct token *token = &tokens->list[i];
		size_t bracket = tokens_behind_bracket(tokens, i, tokens->count);
		size_t template = tokens_behind_template(tokens, i, tokens->count);

		must(token->text >= behind && token->text + token->length <= text + length,
		    "a token outside of its place");
		must(token->length > 0 || token->kind == TOKEN_STRING ||
		    token->kind == TOKEN_NUMBER, "an empty token");
		for (; behind < token->text; behind++)
			line += *behind == '\n';
		/* The lines of strings count from their quotes. */
		must(token->line <= line && (i == 0 || token->line >= token[-1].line),
		    "a wrong line");
		must(bracket > i && bracket <= tokens->count, "a bracket that ends nowhere");
		must(template >= i && template <= tokens->count, "arguments that end nowhere");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = memory_alloc(size + 1);
	struct tree none = {0};
	struct exports exports = {0};
	struct native native;
	struct unit *unit;
	uint32_t file;

	memcpy(text, data, size);
	text[size] = '\0';
	native_open(&native, &none);
	file = native_add_text(&native, "made-up.cu", text);
	check_tokens(native_tokens(&native, file), native.files[file]->text,
	    native.files[file]->length);
	exports_scan(&exports, &native, file, "ffi");
	unit = unit_of_tokens(&native, file, "all", 0, native_tokens(&native, file)->count);
	for (size_t i = 0; i < unit->mention_count; i++)
		must(*unit->mentions[i].name != '\0', "a mention of nothing");
	for (size_t i = 0; i < exports.count; i++)
		must(exports.list[i].unit != NULL, "an export of nothing");
	native_alias(&native, file, "A");
	native_closure(&native, file);
	free(exports.list);
	native_close(&native);
	free(text);
	return 0;
}
