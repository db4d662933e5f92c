/* SPDX-License-Identifier: Apache-2.0 */
/* Chains: paths of call sites from a kernel up to the model's top-level call. */
#ifndef KCALLERS_CHAINS_H
#define KCALLERS_CHAINS_H

#include "choice.h"
#include "graph.h"
#include "judge.h"
#include "base/map.h"

enum { STEP_EDGES = 4 };

/* One call site on a path. Steps form trees through `below`: the path of a step is itself,
 * the step below it, and so on down to where the search began. All contexts in which the
 * same sequence of sites can run are one step. */
struct step {
	const struct instruction *site;
	const struct function *function; /* that holds the site */
	uint32_t below;                  /* index of the step below, or NO_STEP */
	uint32_t contexts;               /* where its contexts begin in steps->contexts, and in
	                                  * steps->facts what holds on the path in each */
	uint32_t count;
	uint32_t depth;
	uint32_t edges[STEP_EDGES];      /* call edges of the site, the first ones */
	uint32_t edge_count;             /* all of them */
	uint8_t via;
};

enum { NO_STEP = UINT32_MAX };

struct steps {
	struct step *list;
	size_t count, capacity;
	uint32_t *contexts, *facts;
	size_t context_count, context_capacity, fact_capacity;
	uint32_t *ends;        /* steps that end a path, shortest first; above ops those of the
	                        * main model before those of files built on it */
	size_t end_count, end_capacity;
	bool cut;              /* the search stopped before it had seen all paths */
};

/* An op call site of a kernel, with all that leads to it and from it. */
struct op_site {
	struct step place;        /* the step in the model's file */
	uint32_t *lower;          /* ends of lower paths, indices into chains->lower.list:
	                           * one for each call site of the kernel, then the others */
	size_t lower_count, lower_capacity;
	size_t sites;             /* call sites of the kernel among them */
};

struct chains {
	const struct graph *graph;
	struct judge *judge;
	struct choices choices;
	struct steps lower;      /* of the current kernel: kernel call site to op */
	struct op_site *ops;          /* of the current kernel, by place */
	size_t op_count, op_made, op_capacity; /* those made before keep what they hold */
	struct map upper;        /* op's contexts and facts -> struct steps *: op to the root */
};

void chains_open(struct chains *chains, const struct graph *graph, struct judge *judge);
void chains_close(struct chains *chains);

/* Find the ops of a kernel. */
void chains_find(struct chains *chains, uint32_t kernel);

/* Paths from the op, which is the end of a lower path, up to the root. The first step of
 * each is the call site above the op; a path of length 0 has NO_STEP as its end. */
const struct steps *chains_above(struct chains *chains, const struct step *op);

#endif
