/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader should know first of the files of one run: few sentences, what costs most
 * first, each with its number, its evidence and the line of source that the trace knows. A
 * sentence says no more than that: what is unknown is said to be. */
#ifndef TR_ACCOUNT_DIAGNOSIS_H
#define TR_ACCOUNT_DIAGNOSIS_H

#include "base/output.h"
#include "context.h"
#include "figures.h"
#include "source.h"

/* What a sentence is about: idle time of one cause, or what runs alone. */
enum what {
	WHAT_COMM = CAUSE_COUNT, /* communication that nothing hides */
	WHAT_COPY,
	WHAT_FILL,
	WHAT_COMPUTE,
	WHAT_COUNT
};

/* A name with the time that it stands for. NULL: none. */
struct culprit {
	const struct word *name;
	int64_t ns;
	const struct word *op; /* of a frame: the operator in it, the first that was seen */
};

enum { PLACES_SAID = 2 };

/* One thing to say: of the device that loses most by it. */
struct point {
	const char *rank, *device, *file; /* the caller's; as JSON spells them */
	int64_t ns, window;
	size_t count; /* gaps, or pieces of work */
	struct culprit places[PLACES_SAID], call, kernel;
	const char *reason;  /* of CAUSE_NO_LAUNCH, the largest; or NULL */
	int64_t by_profiler; /* ns, of blocking calls that the profiler made itself */
	size_t devices;      /* that lose by it */
	int64_t all_ns;      /* of all of them */
};

/* All zero is valid; points to what the ranks own. */
struct diagnosis {
	struct point points[WHAT_COUNT];
	size_t devices; /* that were looked at */
};

/* Look at one device: its causes are found. */
void diagnosis_add(struct diagnosis *diagnosis, const char *rank, const struct device *device,
    const struct figures *figures);

/* The records, at most five; `first`: the stream begins with them. How many. */
size_t diagnosis_write(const struct diagnosis *diagnosis, struct words *words,
    struct sources *sources, bool first, struct output *out);

#endif
