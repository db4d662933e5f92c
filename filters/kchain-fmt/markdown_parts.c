/* SPDX-License-Identifier: Apache-2.0 */
/* What both documents write of a frame. */
#include "formats.h"
#include "page/markdown.h"
#include "trace/kinds.h"

void
markdown_link(struct output *out, const struct frame *frame, const char *prefix)
{
	markdown_call(out, frame->label, frame->file, frame->line, prefix);
}

void
markdown_notes(struct output *out, const struct frame *frame)
{
	if (!via_is_plain(frame->via)) {
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
