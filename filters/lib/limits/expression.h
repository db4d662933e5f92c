/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas over named sizes, as the tables of this room have them:
 *
 *	2*b*m*n*k    max(1, kv/tp)    given(left, m*k*ea)    less(layer, layers)
 *
 * Numbers, names, + - * / and parentheses; min, max, up (to the next whole number), if(c, a, b),
 * less(a, b) and same(a, b) (1 or 0), given(name, otherwise) and has(name) for a size that need
 * not be there. Other calls are the scope's. */
#ifndef WARPIPE_EXPRESSION_H
#define WARPIPE_EXPRESSION_H

#include <stdbool.h>

enum { EXPRESSION_NAME = 40, EXPRESSION_ARGUMENTS = 4 };

/* Where names and other calls get their values; false when they have none. `call` may be
 * NULL. */
struct expression_scope {
	void *context;
	bool (*size)(void *context, const char *name, double *value);
	bool (*call)(void *context, const char *name, const double *arguments, int count,
	    double *value);
};

/* False when a name or a call has no value; `lacking` (EXPRESSION_NAME bytes) then has the
 * first. Dies when the text is no formula: the tables are built in. */
bool expression_value(const char *text, const struct expression_scope *scope, double *value,
    char *lacking);

#endif
