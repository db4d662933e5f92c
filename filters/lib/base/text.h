/* SPDX-License-Identifier: Apache-2.0 */
/* A growing string of bytes. */
#ifndef WARPIPE_TEXT_H
#define WARPIPE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"

/* All zero is a valid empty text; `bytes` is NUL-terminated once anything was added
 * and stays valid until the next change. text_free releases it. */
struct text {
	char *bytes;
	size_t length;
	size_t capacity;
};

void text_add(struct text *text, const char *bytes, size_t length);
void text_add_string(struct text *text, const char *string);
void text_add_char(struct text *text, char byte);
void text_add_format(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_add_arguments(struct text *text, const char *format, va_list arguments);

/* Make room for `length` more bytes and a NUL; returns where they go. */
char *text_reserve(struct text *text, size_t length);

/* Length back to 0; the memory is kept. */
void text_clear(struct text *text);
void text_free(struct text *text);

#endif
