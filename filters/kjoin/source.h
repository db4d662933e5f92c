/* SPDX-License-Identifier: Apache-2.0 */
/* Where functions begin in the Python files of the trees, so that a frame of the trace, which
 * has the line its function begins at, is told from another of the same name. */
#ifndef KJOIN_SOURCE_H
#define KJOIN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

/* A function's place in a file; lines from 1. */
struct definition_line {
	const char *name; /* interned */
	int64_t first;    /* of its decorators, as Python counts it */
	int64_t line;     /* of its def */
};

struct source_file {
	const char *path; /* as the chains have it, interned */
	struct definition_line *list;
	size_t count, capacity;
};

/* All zero is valid: then nothing is found. */
struct source {
	char **roots; /* folders that hold the trees; NULL-terminated, kept */
	struct map files;
};

/* The function of this name around this line of the file: the last def before it. Its first
 * line, or 0 when the file is in no tree or has no such function. */
int64_t source_around(struct source *source, const char *path, const char *name, int64_t line);

/* The function of this name that begins at this line; else the one that begins nearest to it.
 * *exact tells which. 0 as above. */
int64_t source_nearest(struct source *source, const char *path, const char *name, int64_t line,
    bool *exact);

void source_close(struct source *source);

#endif
