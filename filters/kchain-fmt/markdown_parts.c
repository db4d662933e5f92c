/* SPDX-License-Identifier: Apache-2.0 */
/* Text, code, links and notes in Markdown (CommonMark, and its tables). */
#include <string.h>

#include "formats.h"

void
markdown_text(struct output *out, const char *text)
{
	for (; *text; text++) {
		/* An underscore inside a word is no markup, and names should stay greppable. */
		if (strchr("\\`*[]<>|&", *text))
			output_char(out, '\\');
		output_char(out, *text);
	}
}

void
markdown_code(struct output *out, const char *text)
{
	size_t longest = 0, run = 0;

	for (const char *at = text; *at; at++) {
		run = *at == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		output_char(out, '`');
	if (longest > 0)
		output_char(out, ' ');
	output_string(out, text);
	if (longest > 0)
		output_char(out, ' ');
	for (size_t i = 0; i <= longest; i++)
		output_char(out, '`');
}

/* A path as a link's target: what would end it is percent-encoded. */
static void
write_target(struct output *out, const char *path)
{
	for (; *path; path++) {
		if (strchr(" ()<>#%?\\\"", *path))
			output_format(out, "%%%02X", (unsigned int)(unsigned char)*path);
		else
			output_char(out, *path);
	}
}

void
markdown_link(struct output *out, const struct frame *frame, const char *prefix)
{
	output_format(out, "[%s()](%s", frame->label, prefix);
	write_target(out, frame->file);
	output_format(out, "#L%u)", frame->line);
}

void
markdown_file_link(struct output *out, const char *file, uint32_t line, const char *prefix)
{
	output_char(out, '[');
	markdown_text(out, base_name(file));
	output_format(out, ":%u](%s", line, prefix);
	write_target(out, file);
	output_char(out, ')');
}

void
markdown_notes(struct output *out, const struct frame *frame)
{
	/* What everybody expects is not said. */
	static const char *const plain_ways[] = { "call", "launch", "method",
		"nn.Module.__call__" };
	bool plain = false;

	for (size_t i = 0; i < sizeof(plain_ways) / sizeof(plain_ways[0]); i++)
		plain |= strcmp(frame->via, plain_ways[i]) == 0;
	if (!plain) {
		output_string(out, " · ");
		markdown_text(out, frame->via);
	}
	for (uint32_t i = 0; i < frame->receiver_count; i++) {
		output_string(out, i ? ", " : " · on ");
		markdown_text(out, frame->receivers[i]);
	}
	for (uint32_t i = 0; i < frame->guard_count; i++) {
		output_string(out, i ? " and " : " · if ");
		markdown_code(out, frame->guards[i]);
	}
}
