/* SPDX-License-Identifier: Apache-2.0 */
/* The timeline of a page: what its script draws. */
#ifndef TR_LAYERS_PAGE_TIMELINE_H
#define TR_LAYERS_PAGE_TIMELINE_H

#include "report.h"

/* The figure and its data; nothing for a trace without GPU work. What is too much for a page
 * is drawn together, and the page says so. */
void page_put_timeline(struct output *out, const struct report *report);

#endif
