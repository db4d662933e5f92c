/* SPDX-License-Identifier: Apache-2.0 */
/* Lines wait in a temporary file. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "memory.h"
#include "spool.h"
#include "text.h"

struct spool {
	FILE *file;
	struct text path;
};

/* For the handler that removes it when the program ends early. */
static const char *path_to_remove;

static void
remove_file(void)
{
	if (path_to_remove != NULL)
		unlink(path_to_remove);
}

struct spool *
spool_open(const char *program)
{
	struct spool *spool = memory_alloc_zero(1, sizeof(*spool));
	const char *folder = getenv("TMPDIR");
	int fd;

	text_add_format(&spool->path, "%s/%s.XXXXXX",
	    folder != NULL && *folder != '\0' ? folder : "/tmp", program);
	fd = mkstemp(spool->path.bytes);
	if (fd < 0 || (spool->file = fdopen(fd, "w")) == NULL)
		die("%s:", spool->path.bytes);
	path_to_remove = spool->path.bytes;
	atexit(remove_file);
	return spool;
}

void
spool_add(struct spool *spool, const struct trace_record *record)
{
	if (fwrite(record->line.bytes, 1, record->line.length, spool->file) !=
	    record->line.length || putc('\n', spool->file) == EOF)
		die("%s:", spool->path.bytes);
}

struct trace_reader *
spool_read(struct spool *spool)
{
	if (fflush(spool->file) != 0)
		die("%s:", spool->path.bytes);
	return trace_reader_open_input(input_open(spool->path.bytes));
}

void
spool_clear(struct spool *spool)
{
	rewind(spool->file);
	if (ftruncate(fileno(spool->file), 0) != 0)
		die("%s:", spool->path.bytes);
}

void
spool_close(struct spool *spool)
{
	fclose(spool->file);
	remove_file();
	path_to_remove = NULL;
	text_free(&spool->path);
	free(spool);
}
