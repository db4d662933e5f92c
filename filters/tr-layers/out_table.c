/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for a terminal, and the same as Markdown. */
#include "sheet.h"

static void
write_table(struct output *out, const struct report *report, const struct view *view)
{
	struct sheet sheet;

	sheet_open(&sheet, report, view);
	sheet_write_text(&sheet, out, view->color, view->width);
	sheet_close(&sheet);
}

static void
write_markdown(struct output *out, const struct report *report, const struct view *view)
{
	struct sheet sheet;

	sheet_open(&sheet, report, view);
	sheet_write_markdown(&sheet, out);
	sheet_close(&sheet);
}

const struct format format_table = { "table", NULL, write_table, NULL };
const struct format format_markdown = { "md", NULL, write_markdown, NULL };
