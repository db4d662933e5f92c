/* SPDX-License-Identifier: Apache-2.0 */
/* A string of JSON, written into a text. */
#ifndef WARPIPE_QUOTE_H
#define WARPIPE_QUOTE_H

#include "base/text.h"

/* Append the bytes in quotes; what is not UTF-8 becomes U+FFFD. NULL is null. */
void json_quote(struct text *text, const char *string);
void json_quote_bytes(struct text *text, const char *bytes, size_t length);

#endif
