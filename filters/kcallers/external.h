/* SPDX-License-Identifier: Apache-2.0 */
/* Values from outside the tree, known by their dotted names: which of them matter to a
 * trace, and what calling them does. */
#ifndef KCALLERS_EXTERNAL_H
#define KCALLERS_EXTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "symbols.h"

/* What a call of an external value does to the values it is given. */
enum external_call {
	EXTERNAL_NOTHING,
	EXTERNAL_FIRST,      /* returns its first argument, wrapped at most */
	EXTERNAL_SECOND,     /* returns its second argument */
	EXTERNAL_DECORATOR,  /* returns its first argument, or a function that does */
	EXTERNAL_PARTIAL,    /* calls its first argument when called: functools.partial */
	EXTERNAL_REFERENCE,  /* returns what gives its first argument when called */
	EXTERNAL_SEQUENCE,   /* a list of its argument's elements */
	EXTERNAL_ARGUMENTS,  /* a list of its arguments */
	EXTERNAL_DICT,
	EXTERNAL_DEFAULT_DICT, /* a dict, whose first argument is no part of it */
	EXTERNAL_NEXT,       /* one element of its argument */
	EXTERNAL_ENUMERATE,
	EXTERNAL_ZIP,
	EXTERNAL_FILTER,
	EXTERNAL_CHAIN,      /* a list of the elements of its arguments */
	EXTERNAL_IDENTITY,   /* what EXTERNAL_DECORATOR returns when called with options */
	EXTERNAL_NAMESPACE,  /* an object whose attributes the caller sets */
	EXTERNAL_TYPE
};

/* Packages that hold kernels, and the table of known names; read-only while lowering. */
struct externals {
	struct symbols packages; /* top-level name -> itself */
	struct symbols known;    /* dotted name -> struct known * */
	struct symbols prefixes; /* every prefix of a known name */
};

void externals_open(struct externals *externals);
void externals_add_package(struct externals *externals, const char *top);
void externals_close(struct externals *externals);

bool external_is_package(const struct externals *externals, const char *top);

/* True when a value of this name can be a kernel or is in the table. */
bool external_matters(const struct externals *externals, const char *path);

/* True when this name or one that continues it can matter. */
bool external_may_lead(const struct externals *externals, const char *path);

enum external_call external_call(const struct externals *externals, const char *path);

/* Whether the path is deeper than values are followed. */
bool external_is_deep(const char *path);

/* First component of a dotted name, interned. */
const char *external_top(const char *path);

#endif
