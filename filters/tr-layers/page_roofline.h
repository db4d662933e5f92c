/* SPDX-License-Identifier: Apache-2.0 */
/* The roofline of a page: a picture that needs no script. */
#ifndef TR_LAYERS_PAGE_ROOFLINE_H
#define TR_LAYERS_PAGE_ROOFLINE_H

#include "report.h"

/* Operators by what they calculate for a byte and how fast they did, under what the device's
 * memory and arithmetic allow; nothing unless kroof went before and knew the device. */
void page_put_roofline(struct output *out, const struct report *report, const struct view *view);

#endif
