/* SPDX-License-Identifier: Apache-2.0 */
/* The distinct stacks that work was launched from. */
#ifndef TR_STACKS_STACKS_H
#define TR_STACKS_STACKS_H

#include "calls.h"
#include "base/output.h"

/* How a stack was found. */
enum stack_how {
	STACK_LAUNCH,  /* the work's own launch */
	STACK_CAPTURE, /* the launch that became this node of the graph */
	STACK_GRAPH    /* the launch of the graph: says nothing about the node */
};

/* All zero is valid. */
struct stacks {
	struct map index;
	struct stack *list;
	size_t count, capacity;
};

/* The number of the stack of this launch, from 0; equal stacks have one number. `calls`
 * must stay as it is until stacks_write. */
uint32_t stacks_find(struct stacks *stacks, const struct calls *calls,
    const struct launch *launch, enum stack_how how);

/* A record each, by number. */
/* The labels of a stack, outermost first, with semicolons between, and the runtime's call. */
void stacks_fold(const struct stacks *stacks, uint32_t stack, struct text *line);

void stacks_write(const struct stacks *stacks, struct output *out);
void stacks_clear(struct stacks *stacks);

#endif
