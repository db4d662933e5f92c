/* SPDX-License-Identifier: Apache-2.0 */
/* Names, one copy of each, with what their text tells about calls, frames and kernels. */
#ifndef TR_ACCOUNT_WORD_H
#define TR_ACCOUNT_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/slice.h"
#include "base/text.h"

/* Who keeps an instant that several kinds of work share: the first of them that runs. */
enum work { WORK_COMPUTE, WORK_COMM, WORK_COPY, WORK_FILL, WORK_COUNT };

extern const char *const work_names[WORK_COUNT];

enum {
	/* A call of the runtime or the driver */
	WORD_BLOCKS = 1 << 0,       /* returns when the device has done something */
	WORD_ALLOCATES = 1 << 1,
	WORD_GRAPH_LAUNCH = 1 << 2,
	WORD_GIVES_WORK = 1 << 3,   /* launches, copies or fills */
	WORD_LAUNCHES = 1 << 4,     /* "launch" is in its name */
	WORD_WAIT_EVENT = 1 << 5,   /* a stream waits for an event */
	/* A Python frame */
	WORD_SOURCE = 1 << 6,       /* of a file, "path(line): function" */
	WORD_TORCH = 1 << 7,        /* of that, in torch itself */
	WORD_MODULE = 1 << 8,       /* a call of an nn.Module */
	WORD_PROFILER = 1 << 9,
	/* A copy */
	WORD_PAGEABLE = 1 << 10,
	WORD_PAGEABLE_TO_HOST = 1 << 11,
};

struct word {
	const char *text; /* as JSON spells it, without quotes */
	size_t length;
	unsigned flags;
	enum work work;   /* of a kernel of that name */
	bool work_known;
};

/* All zero is valid. */
struct words {
	struct map map; /* to struct word */
	struct arena arena;
	struct names *names; /* the table of kernel names, opened when it is asked */
};

/* Valid until words_free. */
struct word *words_get(struct words *words, struct slice text);

/* What a kernel of that name does: what its name in the table of kernels tells, and ROCm's
 * kernels that copy and fill. */
enum work words_work(struct words *words, struct word *word);

/* Append the short name that the table of kernels has for it, as JSON spells it. */
void words_add_short(struct words *words, const struct word *word, struct text *text);

void words_free(struct words *words);

#endif
