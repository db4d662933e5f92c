/* SPDX-License-Identifier: Apache-2.0 */
/* Writes an event as a record. */
#ifndef TR_PARSE_EMIT_H
#define TR_PARSE_EMIT_H

#include "event.h"
#include "output.h"

/* `index`: the event's place in traceEvents. */
void emit_event(struct output *out, const struct event *event, uint64_t index);

#endif
