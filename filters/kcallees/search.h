/* SPDX-License-Identifier: Apache-2.0 */
/* From a C++ function down to the __global__ functions that it launches. */
#ifndef KCALLEES_SEARCH_H
#define KCALLEES_SEARCH_H

#include "native.h"

/* A unit on the way; `from` is the step before it, an index + 1, 0 for the first. */
struct step {
	struct unit *unit;
	const char *class; /* that a base's method runs for, or NULL */
	uint32_t from;
	uint32_t source; /* the translation unit that it was reached in */
};

/* What one search saw, in the order it saw it; search_free releases it. */
struct search {
	struct native *native;
	const struct bits *files; /* that are linked together */
	struct step *steps;
	size_t count, capacity;
	struct map seen; /* (unit, class) */
	bool cut;        /* it stopped before all was reached */
};

/* All that can be reached from `unit` in these files. The __global__ functions among the
 * steps are what it launches: nothing is followed after them. */
void search_run(struct search *search, struct native *native, const struct bits *files,
    struct unit *unit);

void search_free(struct search *search);

#endif
