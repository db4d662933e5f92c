/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a record of an event. */
#ifndef TR_PARSE_EMIT_H
#define TR_PARSE_EMIT_H

#include "event.h"
#include "base/text.h"

/* Append the record and its newline. `index`: the event's place in traceEvents. `rank`: of
 * an event whose process does not tell it, as JSON spells it. */
void emit_event(struct text *line, const struct event *event, uint64_t index,
    struct slice rank);

#endif
