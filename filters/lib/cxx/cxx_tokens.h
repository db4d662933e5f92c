/* SPDX-License-Identifier: Apache-2.0 */
/* C++ and CUDA text cut into tokens: enough to see which names a stretch of code mentions. */
#ifndef WARPIPE_CXX_TOKENS_H
#define WARPIPE_CXX_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind {
	TOKEN_NAME,
	TOKEN_NUMBER,
	TOKEN_STRING,  /* without quotes, escapes as written */
	TOKEN_MARK     /* one character, but "::", "->" and "<<<" are one token */
};

struct token {
	const char *text; /* in the source; not NUL-terminated */
	uint32_t length;
	uint32_t line;    /* from 1 */
	uint8_t kind;
	uint16_t define;  /* which #define of the file it is part of, from 1; 0: of none. Other
	                   * directives give no tokens */
};

struct tokens {
	struct token *list;
	size_t count, capacity;
};

/* Cuts `text`, which must outlive the tokens; comments are left out. */
void tokens_cut(struct tokens *tokens, const char *text, size_t length);
void tokens_free(struct tokens *tokens);

bool token_is(const struct token *token, const char *text);

/* The token after the bracket that closes the one at `at` ("(", "[" or "{"), or `end`. */
size_t tokens_after_bracket(const struct tokens *tokens, size_t at, size_t end);

/* The token after the template arguments that begin at `at`, which is "<"; `at` itself when
 * it is a comparison. */
size_t tokens_after_template(const struct tokens *tokens, size_t at, size_t end);

#endif
