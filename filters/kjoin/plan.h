/* SPDX-License-Identifier: Apache-2.0 */
/* What a dry run of the deployment launches (kplan's records), by phase and in order. */
#ifndef KJOIN_PLAN_H
#define KJOIN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chains.h"

/* What launches alike have in common: kernel and call sites. Strings are interned. */
struct launch_kind {
	const char *kernel, *source;
	const char **names; /* of what is launched, as far as known: words of its symbol */
	size_t name_count;
	int32_t chain; /* index into chains->list */
};

/* One launch of a phase. */
struct plan_launch {
	uint32_t kind; /* index into plan->kinds */
	int32_t layer; /* NONE outside */
	int32_t stream;
};

/* What one step launches, in order: of a phase whose graph is replayed, with what is launched
 * around the replay. At the end comes again what is launched before the first layer: steps follow
 * each other, and the host is ahead of the device. */
struct plan_phase {
	const char *name; /* interned */
	struct plan_launch *launches;
	size_t count, capacity;
	int32_t layers; /* how many */
	bool one_stream; /* its layers run on one stream */
};

/* All zero is valid: no plan. */
struct plan {
	struct plan_phase *phases;
	size_t phase_count, phase_capacity;
	struct launch_kind *kinds;
	size_t kind_count, kind_capacity;
	struct map kind_index;
	struct arena arena;
	const char *device, *model, *release; /* interned; NULL when unknown */
};

/* After chains_read, to which the launches' frames are added. Dies when the stream is damaged,
 * cut or folded. `path` NULL: nothing. */
void plan_read(struct plan *plan, struct chains *chains, const char *path);
void plan_close(struct plan *plan);

#endif
