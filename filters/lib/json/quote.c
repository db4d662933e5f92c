/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a string of JSON into a text. */
#include "json/quote.h"

#include <string.h>

#include "base/utf8.h"

void
json_quote_bytes(struct text *text, const char *bytes, size_t length)
{
	struct text valid = { 0 };

	utf8_repair(&valid, bytes, length);
	text_add_char(text, '"');
	for (size_t i = 0; i < valid.length; i++) {
		unsigned char byte = (unsigned char)valid.bytes[i];

		if (byte == '"' || byte == '\\')
			text_add_format(text, "\\%c", byte);
		else if (byte < 0x20)
			text_add_format(text, "\\u%04x", byte);
		else
			text_add_char(text, (char)byte);
	}
	text_add_char(text, '"');
	text_free(&valid);
}

void
json_quote(struct text *text, const char *string)
{
	if (string == NULL)
		text_add_string(text, "null");
	else
		json_quote_bytes(text, string, strlen(string));
}
