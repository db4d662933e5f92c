/* SPDX-License-Identifier: Apache-2.0 */
/* Where in the model each piece of the GPU's work comes from, or may come from. */
#ifndef KJOIN_PLACES_H
#define KJOIN_PLACES_H

#include "candidates.h"
#include "chains.h"
#include "evidence.h"
#include "forward.h"
#include "planned.h"
#include "trace.h"

/* How well a place is known; what records call them is explained_names. */
enum explained {
	EXPLAINED_CHAIN,   /* an op of the model and the calls to it */
	EXPLAINED_STACK,   /* Python frames of the trace, none of them the model's */
	EXPLAINED_SYMBOL,  /* a Python kernel that the model does not reach */
	EXPLAINED_BETWEEN, /* the ops that ran before and after it */
	EXPLAINED_LIBRARY, /* whose code it is */
	EXPLAINED_NONE,
	EXPLAINED_COUNT
};

extern const char *const explained_names[EXPLAINED_COUNT];

/* One place that a kernel may come from. */
struct option {
	int32_t site;    /* index into chains->sites; NONE when no op is known */
	int32_t chain;   /* index into chains->list; NONE */
	uint32_t from;   /* innermost frame of the chain that is known */
	int32_t stack;   /* index into trace->stacks; NONE */
	int32_t symbol;  /* index into chains->symbols; NONE */
	int32_t stretch; /* layer of the forward it is part of; NONE outside */
	int32_t after, before; /* sites around it, of HOW between; NONE */
	bool doubtful;   /* the chain's way below the op is another platform's */
	const char *how; /* frames, capture, plan, same-name, callee, name, library, similar,
	                  * between */
	const char *why; /* one sentence for people; interned */
};

/* What is known of some work: one option is certain unless it is doubtful, of several each may
 * be it. */
struct place {
	struct option *list;
	size_t count, capacity;
	bool by_order; /* the order of the layer's kernels left these */
	int32_t *also; /* other sites that call the same op as the one option, or NULL */
	size_t also_count;
	enum explained explained;
};

/* The one option that it certainly is; NULL. */
const struct option *place_certain(const struct place *place);

/* All zero is valid. */
struct places {
	struct place *list;
	size_t count, capacity;
	struct map index;
	struct forward forward; /* that the trace ran; its root is NONE without chains */
};

void place_add(struct place *place, const struct option *option);

/* The place's number; equal ones are one. Takes over the lists. */
int32_t places_intern(struct places *places, struct place *place);

/* Where the plan has a launch for a work, and its stack does not tell better, that is its place. */
void places_add_planned(struct places *places, struct trace *trace, const struct chains *chains,
    const struct planned *planned);

/* Give each work of the trace its place. */
void places_find(struct places *places, struct trace *trace, const struct chains *chains,
    const struct callees *callees, struct evidence *evidence, const struct planned *planned);

void places_clear(struct places *places);

#endif
