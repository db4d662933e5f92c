/* SPDX-License-Identifier: Apache-2.0 */
/* Lines wait in a temporary file for their layers. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "memory.h"
#include "spool.h"

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
spool_open(void)
{
	struct spool *spool = memory_alloc_zero(1, sizeof(*spool));
	const char *folder = getenv("TMPDIR");
	int fd;

	text_add_format(&spool->path, "%s/tr-layers.XXXXXX",
	    folder != NULL && *folder != '\0' ? folder : "/tmp");
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

static void
write_kernel(const struct trace_record *record, const struct trace *trace,
    const struct kernel *kernel, struct output *out)
{
	static const char *const owned[] = { "stage", "pass", "layer", NULL };
	char members[96], pass[16] = "null", layer[16] = "null";
	int length;

	if (kernel->pass != NONE)
		snprintf(pass, sizeof(pass), "%d", (int)kernel->pass);
	if (kernel->layer != NONE)
		snprintf(layer, sizeof(layer), "%d", (int)trace->layers[kernel->layer].index);
	length = snprintf(members, sizeof(members), "\"stage\":\"%s\",\"pass\":%s,\"layer\":%s",
	    stage_names[kernel->stage], pass, layer);
	trace_write_with(record, out, owned, (struct slice){ members, (size_t)length });
}

void
spool_write(struct spool *spool, const struct trace *trace, struct output *out)
{
	char *files[] = { spool->path.bytes, NULL };
	struct trace_reader *reader;
	const struct trace_record *record;
	size_t next = 0;

	if (fflush(spool->file) != 0)
		die("%s:", spool->path.bytes);
	reader = trace_reader_open(files);
	while ((record = trace_reader_next(reader)) != NULL) {
		if (record->kind == TRACE_KERNEL)
			write_kernel(record, trace, &trace->kernels[next++], out);
		else if (record->kind != TRACE_TRACE && record->kind != TRACE_END)
			trace_write(record, out);
	}
	trace_reader_close(reader);
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
