/* SPDX-License-Identifier: Apache-2.0 */
/* What the CPU did: Python frames, nn.Module calls and operators, nested as they ran, and
 * the calls of the runtime that gave work to the GPU. */
#ifndef TR_STACKS_CALLS_H
#define TR_STACKS_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/launches.h"
#include "base/map.h"
#include "base/text.h"
#include "trace/trace_record.h"

enum { NONE = -1 };

enum content_kind { CONTENT_FRAME, CONTENT_MODULE, CONTENT_OP };

/* What spans that say the same have in common. */
struct content {
	enum content_kind kind;
	const char *json; /* as a stack record says it; interned */
	const char *label; /* for people, without semicolons; interned */
};

/* One call. Times in nanoseconds. */
struct span {
	int64_t ts, end;
	uint32_t thread;
	uint32_t content; /* index into contents */
	int32_t parent;   /* index of the span around it; NONE at the top */
};

/* All zero is valid; calls_clear makes it so between traces and frees it. */
struct calls {
	struct content *contents;
	size_t content_count, content_capacity;
	struct map content_index;
	struct span *spans; /* by thread and time, once ready */
	size_t span_count, span_capacity;
	struct launches launches;
	int64_t *ran; /* correlations of the GPU's work; a capture is of one process */
	size_t ran_count, ran_capacity;
};

/* Keep what the record tells; other kinds are ignored. */
void calls_add(struct calls *calls, const struct trace_record *record);

/* All records have come: sort and nest. Before the functions below. */
void calls_ready(struct calls *calls);

/* The innermost span on this thread at this time; NONE when there is none. */
int32_t calls_at(const struct calls *calls, uint32_t thread, int64_t ts);

/* Adds the numbers of the operators' calls around this span, innermost first, with commas. */
void calls_add_ops(const struct calls *calls, int32_t span, struct text *text);

void calls_clear(struct calls *calls);

#endif
