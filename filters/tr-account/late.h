/* SPDX-License-Identifier: Apache-2.0 */
/* The diagnosis of several ranks: which one the others wait for. It is known once all are there. */
#ifndef TR_ACCOUNT_LATE_H
#define TR_ACCOUNT_LATE_H

#include "base/output.h"
#include "timeline.h"
#include "trace/collective.h"

/* Whose kernels a member of collectives has. All strings are owned, as JSON spells them. */
struct late_device {
	char *key; /* of the member */
	char *rank, *device, *file;
	int64_t window; /* ns */
};

/* All zero is valid. */
struct late_devices {
	struct late_device *list;
	size_t count, capacity;
};

void late_add(struct late_devices *devices, const char *key, const char *rank,
    const struct device *device);
void late_free(struct late_devices *devices);

/* The records: of each file the device that waits longest for the rank that is waited for longest,
 * or that rank's own, if that is worth a sentence. How many. */
size_t late_write(const struct late_devices *devices, const struct rows *rows,
    struct output *out);

#endif
