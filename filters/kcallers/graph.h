/* SPDX-License-Identifier: Apache-2.0 */
/* The call graph: who calls each context, and what the model's forward reaches. */
#ifndef KCALLERS_GRAPH_H
#define KCALLERS_GRAPH_H

#include "flow.h"
#include "model.h"

struct graph {
	struct flow *flow;
	const struct model *model;
	uint32_t *into_first;   /* context -> its first entry of `into` */
	uint32_t *into;         /* edges, by callee, each callee's in order of site */
	uint32_t *hits_first;   /* kernel -> its first entry of `hits` */
	uint32_t *hits;         /* edges that hit the kernel */
	uint32_t *order;        /* edge -> its rank by site, the same for one site's edges */
	bool *root;             /* context -> it is a model's forward */
};

void graph_open(struct graph *graph, struct flow *flow, const struct model *model);
void graph_close(struct graph *graph);

/* True when the context's code is in the model's own files. */
bool graph_is_model(const struct graph *graph, uint32_t context);

#endif
