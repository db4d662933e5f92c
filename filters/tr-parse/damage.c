/* SPDX-License-Identifier: Apache-2.0 */
/* The message, a guess at the cause, and a look at the bytes. */
#include <string.h>

#include "damage.h"

const char damage_no_events[] = "no traceEvents in this file";
const char damage_odd_events[] = "traceEvents is not an array";

/* Printable, whatever the bytes are. */
static void
show_bytes(struct text *text, const char *at, const char *end)
{
	for (int i = 0; i < DAMAGE_SHOWN && at < end; i++, at++) {
		unsigned char byte = (unsigned char)*at;

		if (byte >= 0x20 && byte < 0x7f)
			text_add_char(text, *at);
		else
			text_add_format(text, "\\x%02x", byte);
	}
	if (at < end)
		text_add_string(text, "...");
}

/* A quote inside a name ends the string too early: something that is no punctuation comes
 * right after it, and is no fault of a string's own. */
static bool
follows_stray_quote(const char *at, const char *begin, const char *end)
{
	return at > begin && at < end && at[-1] == '"' && strchr(",:]} \t\r\n", *at) == NULL;
}

void
damage_describe(struct text *text, const struct json_fault *fault, const char *begin,
    const char *end, const char *packing)
{
	if (packing != NULL) {
		text_add_format(text, "input is damaged: %s", packing);
		return;
	}
	if (fault->message == damage_no_events || fault->message == damage_odd_events) {
		text_add_string(text, fault->message);
		return;
	}
	if (fault->at == end) {
		text_add_format(text, "input is cut: %s", fault->message);
		return;
	}
	if (strstr(fault->message, "string") == NULL && follows_stray_quote(fault->at, begin, end))
		text_add_string(text, "unescaped quote in a string");
	else
		text_add_string(text, fault->message);
	text_add_string(text, ": found '");
	show_bytes(text, fault->at, end);
	text_add_string(text, "'");
}
