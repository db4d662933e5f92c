/* SPDX-License-Identifier: Apache-2.0 */
/* A stretch of tokens and what stands at a place in it. */
#ifndef KCALLEES_EXTENT_H
#define KCALLEES_EXTENT_H

#include <string.h>

#include "base/intern.h"
#include "native.h"

/* What is being read: tokens [begin, end) of a file, or of a #define in it. */
struct extent {
	const struct tokens *tokens;
	size_t begin, end;
	uint16_t define;
};

static inline const char *
name_at(const struct extent *extent, size_t at)
{
	const struct token *token = &extent->tokens->list[at];

	return intern(token->text, token->length);
}

static inline bool
is_mark(const struct extent *extent, size_t at, const char *marks)
{
	const struct token *token;

	if (at >= extent->tokens->count)
		return false;
	token = &extent->tokens->list[at];
	return token->kind == TOKEN_MARK && token->length == 1 &&
	    strchr(marks, *token->text) != NULL;
}

static inline bool
is_name(const struct extent *extent, size_t at)
{
	return at < extent->tokens->count && extent->tokens->list[at].kind == TOKEN_NAME;
}

static inline bool
is_token(const struct extent *extent, size_t at, const char *text)
{
	return at < extent->tokens->count && token_is(&extent->tokens->list[at], text);
}

static inline bool
has_token(const struct extent *extent, size_t begin, size_t end, const char *text)
{
	while (begin < end && !is_token(extent, begin, text))
		begin++;
	return begin < end;
}

/* The elements of the list in the brackets at `at`; -1 where "..." makes them any number.
 * Those with a default value are added to *optional, which may be NULL. */
int extent_count(const struct extent *extent, size_t at, int *optional);

/* Reads what the extent mentions into the unit. */
void extent_read(struct native *native, const struct extent *extent, struct unit *unit);

#endif
