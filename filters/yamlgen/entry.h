/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of the catalogue: what all formats show of a kernel. */
#ifndef WARPIPE_YAMLGEN_ENTRY_H
#define WARPIPE_YAMLGEN_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "catalogue.h"
#include "naming.h"
#include "ncu.h"

/* Computed from the tile that the name tells: one step over K of a product, one block of keys
 * of an attention. NaN where the name does not tell enough. */
struct tile_work {
	double flops, bytes;
};

struct entry {
	const struct kernel *kernel;
	const struct names_facts *facts;  /* valid until the next entry */
	const struct measured *measured;  /* NULL when there is none */
	double total_ns;
	double share;                     /* of the whole; NaN for what only a stage saw */
	uint64_t instances;
	double min_ns, median_ns, max_ns; /* NaN where the reports lack it */
	struct tile_work work;
	bool combined;
};

struct entry entry_of(const struct catalogue *catalogue, const struct kernel *kernel,
    struct naming *naming, const struct ncu *ncu);

double entry_average_ns(const struct entry *entry); /* NaN without launches */

/* Time and launches of the kernel on one device or in one stage. */
struct part {
	const char *name;
	double total_ns, min_ns, median_ns, max_ns;
	uint64_t instances;
	struct durations durations; /* while parts are listed */
};

enum entry_parts { ENTRY_STAGES, ENTRY_DEVICES };

/* The kernel's parts; returns how many, `parts` has room for all sightings. */
size_t entry_list_parts(const struct entry *entry, enum entry_parts which, struct part *parts);
size_t entry_count_sightings(const struct entry *entry);

/* What stands where a name tells no shape and no description: never NULL. */
const char *const *entry_generic(const struct entry *entry);
const char *entry_description(const struct entry *entry);

#endif
