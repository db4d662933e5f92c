/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a file that is part of the library. */
#include "dryrun/embedded.h"

#include <string.h>

const struct embedded_file *
embedded_find(const char *path)
{
	size_t low = 0, high = dryrun_file_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, dryrun_files[middle].path);

		if (order == 0)
			return &dryrun_files[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
