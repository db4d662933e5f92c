/* SPDX-License-Identifier: Apache-2.0 */
/* The Python and data files that are part of the library. */
#ifndef WARPIPE_DRYRUN_EMBEDDED_H
#define WARPIPE_DRYRUN_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
	const char *path; /* below python/: "host/boot.py" */
	const char *bytes;
	size_t length;
};

/* Sorted by path. */
extern const struct embedded_file dryrun_files[];
extern const size_t dryrun_file_count;

const struct embedded_file *embedded_find(const char *path);

#endif
