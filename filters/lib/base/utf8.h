/* SPDX-License-Identifier: Apache-2.0 */
/* Well-formed UTF-8: telling it and making it. */
#ifndef WARPIPE_UTF8_H
#define WARPIPE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Bytes of the well-formed sequence at `bytes` (RFC 3629: shortest form, no surrogates,
 * at most U+10FFFF), or 0 when there is none. `length` is at least 1. */
size_t utf8_sequence(const char *bytes, size_t length);

bool utf8_is_valid(const char *bytes, size_t length);

/* Append the bytes, with U+FFFD for each byte that is not part of a sequence. */
void utf8_repair(struct text *text, const char *bytes, size_t length);

#endif
