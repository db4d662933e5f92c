/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing the files of a tree on several threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "python/py_build.h"

/* What the threads share: each takes the next file that none has taken. */
struct work {
	struct py_file **files;
	const struct tree_file *sources;
	size_t count;
	atomic_size_t next;
};

static void *
parse_files(void *argument)
{
	struct work *work = argument;
	TSParser *parser = py_parser_new();
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->count) {
		size_t length;
		char *source = tree_read(&work->sources[i], &length);

		work->files[i] = source == NULL ? NULL
		    : py_parse_with(parser, work->sources[i].name, source, length);
	}
	ts_parser_delete(parser);
	return NULL;
}

size_t
py_parse_all(struct py_file **files, const struct tree_file *sources, size_t count,
    unsigned threads)
{
	struct work work = { .files = files, .sources = sources, .count = count };
	pthread_t *helpers;
	unsigned started = 0;
	size_t unread = 0;

	if (threads > count)
		threads = count > 0 ? (unsigned)count : 1;
	helpers = memory_alloc_zero(threads, sizeof(*helpers));
	/* A thread that cannot be had is not needed: the others do its work. */
	while (started + 1 < threads &&
	       pthread_create(&helpers[started], NULL, parse_files, &work) == 0)
		started++;
	parse_files(&work);
	for (unsigned i = 0; i < started; i++)
		pthread_join(helpers[i], NULL);
	free(helpers);
	for (size_t i = 0; i < count; i++)
		unread += files[i] == NULL;
	return unread;
}
