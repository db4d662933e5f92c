/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that need nothing else: text and data in HTML, and templates with marks. */
#ifndef WARPIPE_HTML_H
#define WARPIPE_HTML_H

#include <stddef.h>

#include "base/output.h"

/* As text, or inside a quoted attribute. */
void html_text(struct output *out, const char *text);

/* JSON inside a script element, of any length and in any pieces: "<" can only stand in its
 * strings and is written as an escape, so that nothing ends the element. */
void html_json(struct output *out, const char *json, size_t length);

/* The same for one string of it, which gets its quotes. */
void html_json_string(struct output *out, const char *text);

/* theme.css and theme.js, for all pages alike: put @THEME.JS@ in the head, before anything
 * that is drawn, and a button of id "theme" in the body. */
extern const char theme_css[], theme_js[];

/* For pages whose tables sort, after them: a head cell with a button sorts by its column, by the
 * cells' data-v where they have it. */
extern const char sort_js[];

/* @KINDS.JS@, after it: TYPES and PLAIN_VIAS, made of the lists in trace/kinds.h. */
extern const char kinds_js[];

/* What stands in a page for @MARK@: one of text, raw and write. */
struct html_part {
	const char *mark; /* with its @ signs; NULL ends a table */
	const char *text; /* written as text */
	const char *raw;  /* written as it stands */
	void (*write)(struct output *out, void *context);
	void *context;
};

/* The page with its parts put in, in one pass: what a part writes is not looked at again. */
void html_fill(struct output *out, const char *page, const struct html_part *parts);

#endif
