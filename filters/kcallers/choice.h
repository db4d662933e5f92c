/* SPDX-License-Identifier: Apache-2.0 */
/* Why a call runs what it runs, where values choose it: the conditions under which code elsewhere
 * gave back, stored or registered what is called. */
#ifndef KCALLERS_CHOICE_H
#define KCALLERS_CHOICE_H

#include "flow.h"

enum { MOST_CHOICES = 16 };

/* One condition: of code of the module, or the key of an entry that was asked for. */
struct choice_ask {
	const struct module *module;
	uint32_t guard;
	const char *key; /* or NULL */
};

/* Ways back from values to where they come from. */
struct choices {
	const struct flow *flow;
	size_t *edges_first, *added_first; /* by node */
	struct edge_into { uint32_t from, edge; } *edges;
	uint32_t *added;
};

void choices_open(struct choices *choices, const struct flow *flow);
void choices_close(struct choices *choices);

/* What all the edges have in common, written to `asks`; how many. */
size_t choices_find(const struct choices *choices, const uint32_t *edges, size_t count,
    struct choice_ask asks[MOST_CHOICES]);

#endif
