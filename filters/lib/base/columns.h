/* SPDX-License-Identifier: Apache-2.0 */
/* Text in the columns of a terminal: what it takes, what fits, and nothing in it that the
 * terminal obeys. The same in every locale. */
#ifndef WARPIPE_COLUMNS_H
#define WARPIPE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Columns of valid UTF-8: 2 for a wide character, 0 for a combining one. */
size_t columns_width(const char *text);

/* Append `string` with what moves a cursor, breaks a line or turns the direction of
 * writing spelled out: "\n", "\x1b", "\u202e". Bytes that are not UTF-8 become U+FFFD. */
void columns_clean(struct text *text, const char *string);

/* Append `string`, which must be clean, in exactly `width` columns: cut with an ellipsis,
 * or filled with spaces on the right (on the left with `right`). */
void columns_fit(struct text *text, const char *string, size_t width, bool right);

/* Columns of the terminal that is stdout: $COLUMNS, else what the terminal says, else
 * `otherwise`. */
size_t columns_terminal(size_t otherwise);

/* Whether stdout is a terminal whose user has not asked for NO_COLOR. */
bool columns_color(void);

#endif
