/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the facts of all files together: which names are modules, which are kernels. */
#ifndef WARPIPE_KERNELS_H
#define WARPIPE_KERNELS_H

#include "facts.h"
#include "json/json_writer.h"
#include "python/tree.h"

/* What became of one file; facts is empty when the file cannot hold a kernel. */
struct scanned {
	const struct tree_file *file;
	struct facts facts;
};

struct kernel_counts {
	size_t imports; /* records */
	size_t kernels; /* distinct: a source and a name, or a file and a function */
};

/* Write one record for each import, use or definition of a kernel, in the order of files
 * and lines; with `all` also a record of kind "symbol" for each name that is no kernel. */
struct kernel_counts kernels_write(struct json_writer *writer, const struct sources *sources,
    const struct scanned *files, size_t count, bool all);

#endif
