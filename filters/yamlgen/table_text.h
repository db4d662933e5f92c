/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that are not comma-separated, made so: columns of text, Markdown, tabs or semicolons,
 * JSON, nvprof's text, any of them in UTF-16. */
#ifndef WARPIPE_YAMLGEN_TABLE_TEXT_H
#define WARPIPE_YAMLGEN_TABLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Whether the first bytes of a file show that it is no comma-separated table. */
bool table_text_is_other(const char *head, size_t length);

/* Append the file's tables as comma-separated values; dies on JSON that is broken, naming
 * `file`. What is no table is left out. */
void table_text_convert(struct text *csv, const char *file, const char *bytes, size_t length);

#endif
