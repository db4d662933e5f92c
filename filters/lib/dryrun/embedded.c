/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a file that is part of the library. */
#include "dryrun/embedded.h"

#include <stdio.h>
#include <string.h>

#include "dryrun/dryrun.h"

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

const char *
dryrun_data(const char *name, size_t *length)
{
	const struct embedded_file *file;
	char path[64];

	snprintf(path, sizeof(path), "data/%s", name);
	file = embedded_find(path);
	if (file == NULL)
		return NULL;
	*length = file->length;
	return file->bytes;
}
