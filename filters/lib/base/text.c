/* SPDX-License-Identifier: Apache-2.0 */
/* Appends to a doubling buffer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

char *
text_reserve(struct text *text, size_t length)
{
	size_t need;

	if (length >= SIZE_MAX / 2 - text->length)
		die("cannot allocate %zu bytes: too large", length);
	need = text->length + length + 1;
	if (need > text->capacity) {
		size_t capacity = text->capacity ? text->capacity : 64;

		while (capacity < need)
			capacity *= 2;
		text->bytes = memory_resize(text->bytes, capacity, 1);
		text->capacity = capacity;
	}
	return text->bytes + text->length;
}

void
text_add(struct text *text, const char *bytes, size_t length)
{
	char *end = text_reserve(text, length);

	if (length > 0)
		memcpy(end, bytes, length);
	end[length] = '\0';
	text->length += length;
}

void
text_add_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void
text_add_char(struct text *text, char byte)
{
	text_add(text, &byte, 1);
}

void
text_add_arguments(struct text *text, const char *format, va_list arguments)
{
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		die("cannot format '%s':", format);
	vsnprintf(text_reserve(text, (size_t)length), (size_t)length + 1, format, arguments);
	text->length += (size_t)length;
}

void
text_add_format(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_add_arguments(text, format, arguments);
	va_end(arguments);
}

void
text_clear(struct text *text)
{
	text->length = 0;
	if (text->bytes != NULL)
		text->bytes[0] = '\0';
}

void
text_free(struct text *text)
{
	free(text->bytes);
	*text = (struct text){ 0 };
}
