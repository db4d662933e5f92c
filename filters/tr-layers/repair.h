/* SPDX-License-Identifier: Apache-2.0 */
/* Sets kernels against the layers that a stream usually has. */
#ifndef TR_LAYERS_REPAIR_H
#define TR_LAYERS_REPAIR_H

#include "sequence.h"

/* What one kernel too many, too few or of another kind costs; a little more for too many, so
 * that what may stand after the last layer does. A pass costs more than one kernel, less
 * than two. */
enum { COST_OTHER = 10, COST_MISSING = 10, COST_EXTRA = 11, COST_OUTSIDE = 10, COST_PASS = 15 };

/* What may stand in a stretch of kernels. */
enum stretch {
	STRETCH_LAYERS, /* layers alone */
	STRETCH_ONE,    /* one layer */
	STRETCH_HEAD,   /* what precedes layers, then layers */
	STRETCH_TAIL,   /* layers, then what follows them */
	STRETCH_BREAK   /* layers, what stands between two passes, layers */
};

/* The sequences of classes that layers usually are. */
struct models {
	uint32_t *class;            /* all of them, one after the other */
	uint32_t length;            /* of all together */
	uint32_t *begin;            /* by model: where it begins in class; one more at the end */
	uint32_t count;
	bool *known;                /* by class: some model has it */
};

/* A layer, or kernels outside layers, in an alignment. */
struct piece {
	uint32_t begin, end;
	bool outside;
};

struct alignment {
	int64_t cost;
	struct piece *pieces;
	size_t count, capacity;
};

/* The cheapest way to see [begin, end) as such a stretch. `cut`: its first layer (of a head)
 * or last one (of a tail), or either end of one alone, may be missing for nothing. False, and
 * nothing stored, when the stretch is too long to be looked at. Release with free(pieces). */
bool align(const struct sequence *sequence, const struct models *models, uint32_t begin,
    uint32_t end, enum stretch stretch, bool cut, struct alignment *alignment);

/* Correct the blocks of a sequence, bounds and passes found, where kernels are missing,
 * doubled or out of place. */
void repair(struct sequence *sequence);

#endif
