/* SPDX-License-Identifier: Apache-2.0 */
/* Which launch of the plan each piece of the GPU's work is, by the order of both. */
#ifndef KJOIN_PLANNED_H
#define KJOIN_PLANNED_H

#include "candidates.h"
#include "plan.h"
#include "trace.h"

/* All zero is valid: nothing is planned. */
struct planned {
	int32_t *chains;  /* by work: the launch's frames, an index into chains->list; NONE */
	size_t launches;  /* of the phases that the trace's steps are */
	size_t works;     /* that have a launch */
	double sum;       /* us, of these */
	size_t misfits;   /* steps that the plan does not fit: they have no launches */
};

/* After chains_ready. A work has a launch only where every other place for it, or none, would leave
 * the two orders clearly worse matched. */
void planned_find(struct planned *planned, const struct plan *plan, const struct trace *trace,
    const struct chains *chains, const struct callees *callees);
void planned_clear(struct planned *planned);

#endif
