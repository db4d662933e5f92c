/* SPDX-License-Identifier: Apache-2.0 */
/* How fast a kernel was, where what it moves and computes is known. */
#ifndef KJOIN_RATE_H
#define KJOIN_RATE_H

#include <stdbool.h>

#include "base/datasheet.h"
#include "definitions.h"
#include "trace.h"

/* What one call moves and computes. */
struct amount {
	double bytes, flops; /* 0 when unknown */
	bool at_least;       /* the bytes are a lower bound */
	bool eight_bits;     /* computes in FP8 */
	const char *why;     /* one sentence for people; interned */
};

/* Of a matrix product that an operator with known shapes launched: both operands read and the
 * product written once, 2 M N K operations. False when the stack has no such operator. */
bool amount_of_product(struct amount *amount, const struct stack *stack);

/* The same of a gemm's definition for so many tokens; 0 for unknown: then its weights only. */
bool amount_of_definition(struct amount *amount, const struct definition *definition,
    int64_t tokens, const char *annotation);

/* Of a copy. */
bool amount_of_copy(struct amount *amount, const struct work *work);

/* The share of the attainable rate, from 0 to 1, and whether memory or arithmetic limits it
 * (the roofline: the lower of bandwidth times intensity and peak); -1 when no peak is known. */
double amount_share(const struct amount *amount, double us, const struct datasheet *sheet,
    bool *memory_bound);

#endif
