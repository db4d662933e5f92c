/* SPDX-License-Identifier: Apache-2.0 */
/* Writes Markdown whose text stays text. */
#include <ctype.h>
#include <string.h>

#include "base/columns.h"
#include "page/label.h"
#include "page/markdown.h"
#include "base/text.h"

static bool
is_word(char byte)
{
	return isalnum((unsigned char)byte) || (unsigned char)byte >= 0x80;
}

/* Underscores after a word open nothing, and names should stay greppable: when all others are
 * escaped, there is nothing for them to close. */
static bool
is_markup(const char *text, size_t at)
{
	if (text[at] == '_') {
		while (at > 0 && text[at - 1] == '_')
			at--;
		return at == 0 || !is_word(text[at - 1]);
	}
	if (text[at] == '~')
		return text[at + 1] == '~' || (at > 0 && text[at - 1] == '~');
	return strchr("\\`*[]<>|&$", text[at]) != NULL;
}

void
markdown_text(struct output *out, const char *text)
{
	struct text clean = { 0 };

	columns_clean(&clean, text);
	for (size_t i = 0; i < clean.length; i++) {
		if (is_markup(clean.bytes, i))
			output_char(out, '\\');
		output_char(out, clean.bytes[i]);
	}
	text_free(&clean);
}

void
markdown_code(struct output *out, const char *text)
{
	struct text clean = { 0 };
	size_t longest = 0, run = 0;

	columns_clean(&clean, text);
	for (size_t i = 0; i < clean.length; i++) {
		run = clean.bytes[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		output_char(out, '`');
	if (longest > 0)
		output_char(out, ' ');
	output_bytes(out, clean.length > 0 ? clean.bytes : "", clean.length);
	if (longest > 0)
		output_char(out, ' ');
	for (size_t i = 0; i <= longest; i++)
		output_char(out, '`');
	text_free(&clean);
}

void
markdown_target(struct output *out, const char *path)
{
	for (; *path; path++) {
		unsigned char byte = (unsigned char)*path;

		if (byte >= 0x80 || iscntrl(byte) || strchr(" ()<>#%?|`\\\"", byte))
			output_format(out, "%%%02X", (unsigned int)byte);
		else
			output_char(out, *path);
	}
}

void
markdown_call(struct output *out, const char *label, const char *file, uint32_t line,
    const char *prefix)
{
	output_format(out, "[%s()](%s", label, prefix);
	markdown_target(out, file);
	output_format(out, "#L%u)", line);
}

void
markdown_place(struct output *out, const char *file, uint32_t line, const char *prefix)
{
	output_char(out, '[');
	markdown_text(out, base_name(file));
	output_format(out, ":%u](%s", line, prefix);
	markdown_target(out, file);
	output_char(out, ')');
}
