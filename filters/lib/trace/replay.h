/* SPDX-License-Identifier: Apache-2.0 */
/* Which launch of a graph's capture each replayed kernel comes from: while a graph was
 * captured, its launches were recorded in the order in which a replay runs the kernels. */
#ifndef WARPIPE_REPLAY_H
#define WARPIPE_REPLAY_H

#include <stddef.h>
#include <stdint.h>

/* A call of the runtime. */
struct replay_call {
	int64_t ts; /* ns */
	uint32_t process;
	int64_t correlation;
	uint32_t id; /* the caller's */
};

/* A kernel that a graph launch ran. */
struct replay_kernel {
	struct replay_call launch; /* of the graph; many kernels share it */
	int64_t ts;                /* ns */
	uint32_t id;               /* the caller's; breaks ties of ts */
	int32_t node;   /* out: index of its captured launch; -1 when unknown */
	int32_t replay; /* out: which replay of the graph, from 0; -1 when unknown */
};

/* Keeps the launches that became nodes of the graph, in the order of the nodes, and returns
 * how many these are. `ran` (sorted in place): correlations of the kernels that ran during
 * the capture, since their launches did not wait for a replay. */
size_t replay_captured(struct replay_call *launches, size_t count, int64_t *ran,
    size_t ran_count);

/* Sorts the kernels by launch and time and finds each one's node. Graph launches that
 * together have `captured` kernels (one for a whole graph, many for a piecewise one) are one
 * replay; those of another size keep -1. */
void replay_match(struct replay_kernel *kernels, size_t count, size_t captured);

#endif
