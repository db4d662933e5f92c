/* SPDX-License-Identifier: Apache-2.0 */
/* Named sizes, each a number or a range, and lists of formulas that make new ones:
 * "m=rows(0); k=dim(0,-1); experts_read=least..most". */
#ifndef WARPIPE_SIZES_H
#define WARPIPE_SIZES_H

#include "base/text.h"
#include "limits/expression.h"

enum { SIZES_MOST = 48 };

/* Where low < high, the size is only known to lie between them. */
struct sizes {
	struct size {
		char name[EXPRESSION_NAME];
		double low, high;
	} list[SIZES_MOST];
	int count;
};

/* One that is there already is changed. */
void sizes_set(struct sizes *sizes, const char *name, double low, double high);
const struct size *sizes_find(const struct sizes *sizes, const char *name);

/* Adds what a list of formulas makes, in its order, so that a formula may use those before
 * it. Names are looked up in `sizes` first, then in the scope. False, with `lacking`, when
 * one has no value. */
bool sizes_make(struct sizes *sizes, const char *list, const struct expression_scope *scope,
    char *lacking);

/* A formula with every size at its low or at its high end. */
bool sizes_value(const struct sizes *sizes, const char *formula, bool high, double *value,
    char *lacking);

/* "m=16 n=6144 k=4096", of the names in `which` ("m n k"); those not there are left out. */
void sizes_describe(const struct sizes *sizes, const char *which, struct text *text);

#endif
