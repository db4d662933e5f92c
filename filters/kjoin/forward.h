/* SPDX-License-Identifier: Apache-2.0 */
/* What one forward runs: ops outside of layers, and kinds of layers with ops of their own. A
 * trace's layer is one of these kinds, whole. */
#ifndef KJOIN_FORWARD_H
#define KJOIN_FORWARD_H

#include "chains.h"

/* A stretch of the forward: a kind of layer, or what is outside of all. */
struct stretch {
	int32_t function;  /* where it begins */
	int32_t *reached;  /* by function, see graph_walk */
	int32_t *rank;     /* by site: its place in the order of the stretch; NONE for others */
	bool home;         /* in the file of the model's own forward */
};

struct forward {
	const struct chains *chains;
	int32_t root;
	struct stretch outside;
	struct stretch *layers;
	size_t layer_count, layer_capacity;
};

/* A layer is what has both attention and a feed-forward or expert block below it, when nothing
 * that it calls has both. */
void forward_open(struct forward *forward, const struct chains *chains, int32_t root);

/* Whether the forward may run the op at this site. */
bool forward_has(const struct forward *forward, int32_t site);

/* The calls from the op at the site (not included) up to the forward, innermost first, through
 * this stretch; their number. `edges` has room for FORWARD_DEEPEST. */
enum { FORWARD_DEEPEST = 1024 }; /* Python itself stops at 1,000 */
size_t forward_path(const struct forward *forward, const struct stretch *stretch, int32_t site,
    const struct edge **edges);

void forward_close(struct forward *forward);

#endif
