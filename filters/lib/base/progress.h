/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long run is, on stderr: nothing where that is no terminal, and nothing in the first
 * second. One line, drawn anew a few times a second; the cursor stays at its begin, so that a
 * message takes its place. */
#ifndef WARPIPE_PROGRESS_H
#define WARPIPE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown;        /* stderr is a terminal */
	bool drawn;        /* there is a line to wipe */
	uint64_t total;    /* 0: not known */
	uint64_t done;
	double begin, next; /* seconds; when it is drawn again */
};

void progress_begin(struct progress *progress, uint64_t total);

/* `done` of the total are through; `what` is what comes now, or the unit: "MB of x.json.gz". */
void progress_at(struct progress *progress, uint64_t done, const char *what);

/* One more is about to begin: `what` names it. */
void progress_step(struct progress *progress, const char *what);

/* Wipes the line. */
void progress_end(struct progress *progress);

#endif
