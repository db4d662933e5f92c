/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread was in when a call began, and what it did while the device waited. */
#ifndef TR_ACCOUNT_CONTEXT_H
#define TR_ACCOUNT_CONTEXT_H

#include "device.h"

/* The innermost of each kind around a call; NULL: none. */
struct context {
	const struct word *frame;     /* a frame of a file, not of torch if there is another */
	const struct word *innermost; /* any frame */
	const struct word *module, *op;
	bool profiler;                /* within a frame of the profiler */
};

/* How much of the wait went to one thing. */
struct share {
	const struct word *name; /* NULL: nothing is recorded */
	int64_t ns;
	uint8_t kind;            /* enum host_kind, of `name` */
};

enum { SHARES_TOLD = 3 };

/* What is told of one gap. */
struct evidence {
	struct context launch, sync;
	struct share self[SHARES_TOLD];   /* by the innermost event */
	struct share frames[SHARES_TOLD]; /* by the innermost frame of a file */
	size_t self_count, frame_count;
};

/* Fill one evidence for each gap of the list. */
void context_find(const struct device *device, const struct gap *const *gaps, size_t count,
    struct evidence *evidence);

/* The host's side of all gaps by frame, the largest first, up to `most`; the caller frees
 * it. */
struct share *context_frames(const struct device *device, size_t most, size_t *count);

/* The median length of what has this name and kind on this thread: ask for all, then look. */
struct usual;
struct usual *usual_open(const struct host *host);
void usual_ask(struct usual *usual, uint32_t thread, enum host_kind kind, const struct word *name);
void usual_answer(struct usual *usual);
int64_t usual_length_of(const struct usual *usual, uint32_t thread, enum host_kind kind,
    const struct word *name);
void usual_close(struct usual *usual);

#endif
