/* SPDX-License-Identifier: Apache-2.0 */
/* What one kernel class on one stack may be, before the order of kernels is asked. */
#ifndef KJOIN_LEADS_H
#define KJOIN_LEADS_H

#include "places.h"

/* Options with a site are in the order of sites. */
struct lead {
	struct option *list;
	size_t count, capacity;
	int worth; /* see order.h */
};

/* Leads by class and stack; opened for one trace and one forward. */
struct leads {
	const struct trace *trace;
	const struct chains *chains;
	const struct callees *callees;
	struct evidence *evidence;
	const struct forward *forward; /* NULL without chains */
	size_t *first, *next; /* work of a class that has a stack: by class, then by work; + 1 */
	struct lead **list;
	size_t count, capacity;
	struct map index;
};

void leads_open(struct leads *leads, const struct trace *trace, const struct chains *chains,
    const struct callees *callees, struct evidence *evidence, const struct forward *forward);

/* The number of this work's lead; equal numbers are the same lead. */
uint32_t leads_of(struct leads *leads, const struct work *work);
const struct lead *leads_get(struct leads *leads, const struct work *work);
void leads_close(struct leads *leads);

#endif
