/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace says about its machine and its rank. */
#ifndef TR_PARSE_HEAD_H
#define TR_PARSE_HEAD_H

#include <stdbool.h>

#include "base/output.h"
#include "base/slice.h"
#include "base/text.h"

/* The fields that `trace` may have, in the order they are written. */
enum head_field {
	HEAD_DEVICE,      /* name of the first device */
	HEAD_VENDOR,      /* "nvidia", "amd" */
	HEAD_DEVICES,     /* how many are described */
	HEAD_SMS,         /* multiprocessors of the first */
	HEAD_MEMORY,      /* its bytes */
	HEAD_RANK,
	HEAD_WORLD_SIZE,
	HEAD_BACKEND,     /* of the communication: "nccl" */
	HEAD_BASE_TIME,   /* ns that times count from */
	HEAD_TRACE_NAME,
	HEAD_TRACE_ID,    /* files of one profiler's run share it */
	HEAD_FIELDS
};

/* All zero is valid and knows nothing. */
struct head {
	struct text values[HEAD_FIELDS]; /* JSON; empty: unknown */
	bool written[HEAD_FIELDS];
};

/* Learn from a member of the trace's outermost object. */
void head_learn(struct head *head, struct slice key, struct slice value);

/* Write `,"device":...` and so on: all fields, null where unknown, or with `late` only
 * those that were unknown when all were written. */
void head_write(struct head *head, struct output *out, bool late);

/* The rank as records have it: distributedInfo's, else "fileN" of the file's place among
 * the files given, from 0. Appended as JSON spells it, without quotes. */
void head_rank(const struct head *head, int file, struct text *rank);

void head_free(struct head *head);

#endif
