/* SPDX-License-Identifier: Apache-2.0 */
/* Text, code and links in Markdown (CommonMark, and the tables of GitHub's). */
#ifndef WARPIPE_MARKDOWN_H
#define WARPIPE_MARKDOWN_H

#include <stdint.h>

#include "base/output.h"

/* On one line, as it reads: no markup, no table bars, control characters spelled out. */
void markdown_text(struct output *out, const char *text);

/* `text`, whatever is in it; not for tables, where a bar would end the cell. */
void markdown_code(struct output *out, const char *text);

/* What stands between the round brackets of a link; what would end it is encoded. */
void markdown_target(struct output *out, const char *path);

/* [label()](PREFIXfile#Lline): a link that promises that the line has that call. */
void markdown_call(struct output *out, const char *label, const char *file, uint32_t line,
    const char *prefix);

/* [name:line](PREFIXfile): a place that is no call. */
void markdown_place(struct output *out, const char *file, uint32_t line, const char *prefix);

#endif
