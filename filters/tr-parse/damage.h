/* SPDX-License-Identifier: Apache-2.0 */
/* Words for what is wrong with a trace. */
#ifndef TR_PARSE_DAMAGE_H
#define TR_PARSE_DAMAGE_H

#include "json/json_scan.h"
#include "base/text.h"

/* How many bytes of what was found a message shows. */
enum { DAMAGE_SHOWN = 24 };

/* Appends what the fault is and what was found there. [begin, end) is what can be seen
 * around it; `packing` is what damaged the packed file just there, or NULL. */
void damage_describe(struct text *text, const struct json_fault *fault, const char *begin,
    const char *end, const char *packing);

/* A fault of the whole file: where its bytes end has nothing to do with it. */
extern const char damage_no_events[], damage_odd_events[];

#endif
