/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what is put into pages. */
#include <string.h>

#include "page/html.h"
#include "json/json_scan.h"
#include "base/text.h"

void
html_text(struct output *out, const char *text)
{
	for (;;) {
		size_t plain = strcspn(text, "&<>\"'");

		output_bytes(out, text, plain);
		switch (text[plain]) {
		case '\0':
			return;
		case '&':
			output_string(out, "&amp;");
			break;
		case '<':
			output_string(out, "&lt;");
			break;
		case '>':
			output_string(out, "&gt;");
			break;
		case '"':
			output_string(out, "&quot;");
			break;
		default:
			output_string(out, "&#39;");
		}
		text += plain + 1;
	}
}

void
html_json(struct output *out, const char *json, size_t length)
{
	const char *mark;

	while ((mark = memchr(json, '<', length)) != NULL) {
		output_bytes(out, json, (size_t)(mark - json));
		output_string(out, "\\u003c");
		length -= (size_t)(mark + 1 - json);
		json = mark + 1;
	}
	output_bytes(out, json, length);
}

void
html_json_string(struct output *out, const char *text)
{
	struct text escaped = { 0 };

	json_escape(&escaped, (struct slice){ text, strlen(text) });
	html_json(out, escaped.bytes, escaped.length);
	text_free(&escaped);
}

static void
write_part(struct output *out, const struct html_part *part)
{
	if (part->text != NULL)
		html_text(out, part->text);
	else if (part->raw != NULL)
		output_string(out, part->raw);
	else
		part->write(out, part->context);
}

void
html_fill(struct output *out, const char *page, const struct html_part *parts)
{
	const char *mark;

	while ((mark = strchr(page, '@')) != NULL) {
		const struct html_part *part = parts;

		output_bytes(out, page, (size_t)(mark - page));
		while (part->mark != NULL && strncmp(mark, part->mark, strlen(part->mark)) != 0)
			part++;
		if (part->mark != NULL)
			write_part(out, part);
		else
			output_char(out, '@');
		page = mark + (part->mark != NULL ? strlen(part->mark) : 1);
	}
	output_string(out, page);
}
