/* SPDX-License-Identifier: Apache-2.0 */
/* A bar on stderr while a long run goes on; nothing where stderr is no terminal. */
#ifndef KBENCH_PROGRESS_H
#define KBENCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
	bool shown;
	size_t done, total;
	double begin; /* seconds */
};

void progress_begin(struct progress *progress, size_t total);

/* One more configuration is about to be measured: `what` names it. */
void progress_step(struct progress *progress, const char *what);

/* Wipes the bar. */
void progress_end(struct progress *progress);

#endif
