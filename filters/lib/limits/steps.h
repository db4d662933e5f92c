/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of an engine, as annotations tell them: how many tokens and how long requests. */
#ifndef WARPIPE_STEPS_H
#define WARPIPE_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits/pattern.h"
#include "limits/sizes.h"
#include "limits/table.h"
#include "trace/trace_record.h"

struct step {
	double ts, end;       /* us */
	uint32_t process;     /* of which rank */
	const char *name;     /* interned */
	const char *stage;    /* as tr-classify says, interned; NULL when it has not */
	struct sizes sizes;   /* those of steps.tsv, and tokens, requests, last, sq, kv, pairs */
	bool has_lengths;
	uint32_t number;      /* in the order they came */
	int32_t outer;        /* once ready: the last before it of its sort that ends later; -1: none */
};

/* All zero is valid. */
struct steps {
	struct step *list;
	size_t count, capacity;
};

/* The patterns of steps.tsv. */
struct step_patterns {
	struct table table;
	regex_t *patterns;
};
struct step_patterns step_patterns_open(void);
void step_patterns_close(struct step_patterns *patterns);

/* Keep an annotation that tells a step. */
void steps_add(struct steps *steps, const struct step_patterns *patterns, uint32_t process,
    const struct trace_record *record);

/* Once all are added; before steps_at. */
void steps_ready(struct steps *steps);

/* The step that is open at this time: one with lengths before others, the innermost; -1 when
 * there is none. */
int32_t steps_at(const struct steps *steps, uint32_t process, double ts);

void steps_clear(struct steps *steps);

#endif
