/* SPDX-License-Identifier: Apache-2.0 */
/* One regular expression of a row, taken apart into alternatives that are compiled when first
 * asked: of thousands a name's literals let in a few. */
#ifndef WARPIPE_NAMES_PATTERN_H
#define WARPIPE_NAMES_PATTERN_H

#include "names/names_row.h"

/* What is wrong with a pattern, at which character. */
struct names_pattern_error {
	int code; /* of PCRE2 */
	PCRE2_SIZE where;
};

/* `text` stays the caller's. `words`: match whole words only, see filters/names/README.md.
 * `apart`: try its alternatives one by one. NULL, and `error` filled, when it does not compile. */
struct names_pattern *names_pattern_new(struct names_rows *rows, const char *text, size_t line,
    bool words, bool apart, struct names_pattern_error *error);

/* The compiled pattern, or alternative: compiled at the first call. */
const pcre2_code *names_pattern_code(struct names_pattern *pattern);

/* A list of patterns. */
void names_pattern_free(struct names_pattern *pattern);

#endif
