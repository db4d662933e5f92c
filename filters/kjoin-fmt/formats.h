/* SPDX-License-Identifier: Apache-2.0 */
/* The formats: each reads the streams to their end and writes what they say. */
#ifndef KJOIN_FMT_FORMATS_H
#define KJOIN_FMT_FORMATS_H

#include "join.h"
#include "base/output.h"

struct format_options {
	const char *title;
	const char *prefix; /* put before every path: from the document to the trees */
	size_t rows;        /* kernels to list in table and Markdown; 0: all */
};

/* For a terminal: as wide as it is, in colour where it takes it. */
void table_write(struct output *out, struct reader *reader, const struct format_options *options);

/* A document with links into the source. */
void markdown_write(struct output *out, struct reader *reader,
    const struct format_options *options);

/* One page with everything in it. */
void html_write(struct output *out, struct reader *reader, const struct format_options *options);

#endif
