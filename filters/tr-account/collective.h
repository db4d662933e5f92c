/* SPDX-License-Identifier: Apache-2.0 */
/* Collectives over ranks: which kernels are one, who was waited for, and why. */
#ifndef TR_ACCOUNT_COLLECTIVE_H
#define TR_ACCOUNT_COLLECTIVE_H

#include "base/output.h"
#include "timeline.h"

/* A kernel that communicates. */
struct comm {
	int64_t start, end;
	const struct word *name;
	const struct collective_facts *facts; /* NULL: none */
};

/* What is kept of a device when the rest of its rank is forgotten. */
struct member {
	char *key;        /* of the rank, with its device where it has several */
	int64_t base;     /* ns that its times count from */
	struct comm *comms; /* by start */
	size_t count;
	struct timeline timeline;
};

/* All zero is valid. */
struct members {
	struct member *list;
	size_t count, capacity;
};

/* Keep what is needed; takes the timeline over. */
void members_add(struct members *members, const char *key, const struct device *device,
    struct timeline *timeline);

/* Match them and write the `collective` and `lateness` records. The number of collectives
 * that two or more ranks took part in is stored; `*tail` gets what `end` says of them, as
 * JSON members, if there are any. */
uint64_t collectives_write(struct members *members, struct output *out, struct text *tail);

void members_free(struct members *members);

#endif
