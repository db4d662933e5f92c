/* SPDX-License-Identifier: Apache-2.0 */
/* Lines wait in a temporary file. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "trace/spool.h"
#include "base/temporary.h"

struct spool {
	FILE *file;
	char *path;
};

struct spool *
spool_open(const char *program)
{
	struct spool *spool = memory_alloc_zero(1, sizeof(*spool));
	int fd;

	spool->path = temporary_name(program);
	fd = temporary_open(spool->path);
	if (fd < 0 || (spool->file = fdopen(fd, "w")) == NULL)
		die("%s:", spool->path);
	return spool;
}

void
spool_add(struct spool *spool, const struct trace_record *record)
{
	if (fwrite(record->line.bytes, 1, record->line.length, spool->file) !=
	    record->line.length || putc('\n', spool->file) == EOF)
		die("%s:", spool->path);
}

struct trace_reader *
spool_read(struct spool *spool)
{
	if (fflush(spool->file) != 0)
		die("%s:", spool->path);
	return trace_reader_open_input(input_open(spool->path));
}

void
spool_clear(struct spool *spool)
{
	rewind(spool->file);
	if (ftruncate(fileno(spool->file), 0) != 0)
		die("%s:", spool->path);
}

void
spool_close(struct spool *spool)
{
	fclose(spool->file);
	temporary_remove(spool->path);
	free(spool->path);
	free(spool);
}
