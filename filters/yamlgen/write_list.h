/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue as a table for a terminal, as CSV, Markdown and a page. */
#ifndef WARPIPE_YAMLGEN_WRITE_LIST_H
#define WARPIPE_YAMLGEN_WRITE_LIST_H

#include "write_catalogue.h"

/* Each returns how many kernels have counters, as write_catalogue does. Totals come first; CSV
 * has no room for them. */
size_t write_table(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out);
size_t write_csv(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out);
size_t write_markdown(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out);
size_t write_page(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out);

/* One field of CSV, quoted where it needs to be. */
void write_csv_field(struct output *out, const char *text, size_t length);

#endif
