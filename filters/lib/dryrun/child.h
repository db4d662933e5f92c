/* SPDX-License-Identifier: Apache-2.0 */
/* The process that runs a tree's Python. */
#ifndef WARPIPE_DRYRUN_CHILD_H
#define WARPIPE_DRYRUN_CHILD_H

#include <stdbool.h>

struct child_options {
	const char *root, *site; /* real paths; site may be NULL */
	const char *driver, *request;
	double seconds; /* of processor time */
	bool verbose;   /* stderr is the caller's */
	bool serves;    /* fork for each request, once the driver has imported what they share */
};

/* For process_start: confine, start CPython, run the driver. */
int child_run(const void *options);

#endif
