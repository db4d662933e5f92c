/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which Python looks a name up in a class and its bases: C3, as the Python
 * reference's "The Python 2.3 Method Resolution Order" has it. */
#ifndef WARPIPE_MRO_H
#define WARPIPE_MRO_H

#include <stddef.h>

/* The order of one base, itself first: `count` pointers to whatever the caller's classes
 * are, each at most once. */
struct mro_order {
	const void *classes; /* an array of pointers */
	size_t count;
};

/* The order of a class: itself, then C3's merge of its bases' orders and of the list of
 * bases. Where C3 admits no order, the first class that is left comes next, so that every
 * class is there once. `into` is an array of pointers with room for 1 and the sum of all
 * counts; returns how many were written. A base without an order (count 0) adds nothing. */
size_t mro_merge(const void *self, const struct mro_order *bases, size_t base_count, void *into);

#endif
