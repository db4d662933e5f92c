/* SPDX-License-Identifier: Apache-2.0 */
/* Takes from this process what the code of a tree has no use for. */
#ifndef WARPIPE_DRYRUN_CONFINE_H
#define WARPIPE_DRYRUN_CONFINE_H

#include <stdbool.h>

#include "base/text.h"

struct confine_limits {
	const char *const *readable; /* folders and files, NULL-terminated; all else is shut.
	                              * What does not exist is left out */
	double seconds;              /* of processor time */
	bool prints;                 /* stderr may be a file, which is then written */
	bool forks;                  /* the process may fork, and confine what it forks further */
};

/* From here on, and for good: no privileges gained, nothing written, no program or process
 * started, no socket, no signal to others, no more than 2 GiB of memory (unless built with a
 * sanitizer, which maps far more). What the kernel refuses is named in `missing`, with
 * semicolons between; the rest is in force. */
void confine(const struct confine_limits *limits, struct text *missing);

/* For a process forked by one that could fork: from here on it cannot. False when the kernel
 * refuses, which leaves all else in force. */
bool confine_forked(void);

#endif
