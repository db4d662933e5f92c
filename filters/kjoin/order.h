/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the kernels of a layer, in the order they ran, on the ops of the model, in the order
 * the forward has them. */
#ifndef KJOIN_ORDER_H
#define KJOIN_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A kernel of the sequence with the sites it may come from, ascending. */
struct order_kernel {
	const int32_t *sites;
	size_t count;
	int worth;    /* of placing it: how sure its sites are */
	int new_site; /* more, when no kernel before it is at its site */
	bool *fits; /* out, by site: in some best order the kernel is there */
};

/* Of all ways to give each kernel one of its sites, or none, so that sites never go back, the
 * best place the most (by worth); *fits tells which sites these
 * ways give it. Returns their score. Long sequences (more than ORDER_LONGEST kernels) are left as
 * they are: every site fits, and the score is 0. */
enum { ORDER_LONGEST = 4096 };
long order_find(struct order_kernel *kernels, size_t count);

#endif
