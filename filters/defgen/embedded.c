/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a file that is built into the program. */
#include "embedded.h"

#include <string.h>

const struct embedded *
embedded_find(const char *name)
{
	const struct embedded *file;

	for (file = embedded_files; file->name; file++)
		if (!strcmp(file->name, name))
			return file;
	return NULL;
}
