/* SPDX-License-Identifier: Apache-2.0 */
/* The formats: each writes everything that the chains say. */
#ifndef WARPIPE_FORMATS_H
#define WARPIPE_FORMATS_H

#include "chains.h"
#include "base/output.h"
#include "deployments.h"

struct format_options {
	const char *title;
	const char *prefix; /* put before every path: from the document to the trees */
	const struct deployments *deployments; /* what runs, NULL if that is not known */
};

/* Documents: chains from the kernel up, by category; and ops from the top down. */
void markdown_write(struct output *out, const struct chains *chains,
    const struct format_options *options);
void ops_write(struct output *out, const struct chains *chains,
    const struct format_options *options);

/* A graph of functions for Graphviz. */
void graphviz_write(struct output *out, const struct chains *chains,
    const struct format_options *options);

/* One page with everything in it. */
void html_write(struct output *out, const struct chains *chains,
    const struct format_options *options);

/* A frame in Markdown, shared by both documents. */
void markdown_link(struct output *out, const struct frame *frame, const char *prefix);
void markdown_notes(struct output *out, const struct frame *frame); /* how it is bound, when */

#endif
