/* SPDX-License-Identifier: Apache-2.0 */
/* One thread with a catalogue of its own, merged in the order of the rows. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ahead.h"
#include "base/input.h"
#include "base/memory.h"
#include "base/text.h"

enum { WORTH_IT = 8 << 20, LONGEST_GUESS = 1 << 20 };

struct ahead {
	pthread_t thread;
	const char *path;
	struct kernel_table table;
	uint64_t begin;     /* byte of the file where the guessed row begins */
	bool only_rows;     /* set by the thread: it met nothing else */
	struct catalogue catalogue;
	struct source *source;
	struct csv csv;
};

/* The byte after the first newline at or after `offset`; 0 when none is near. */
static uint64_t
next_line(int descriptor, uint64_t offset)
{
	char *bytes = memory_alloc(LONGEST_GUESS), *newline;
	ssize_t got = pread(descriptor, bytes, LONGEST_GUESS, (off_t)offset);

	newline = got > 0 ? memchr(bytes, '\n', (size_t)got) : NULL;
	offset = newline != NULL ? offset + (uint64_t)(newline - bytes) + 1 : 0;
	free(bytes);
	return offset;
}

static void *
read_rows(void *argument)
{
	struct ahead *ahead = argument;
	struct input *input = input_open_at(ahead->path, ahead->begin);
	struct text message = { 0 };
	struct csv *csv = &ahead->csv;

	csv_open(csv, input);
	ahead->only_rows = true;
	while (ahead->only_rows && csv_next(csv))
		ahead->only_rows = !csv->blank && !kernel_table_is_header(csv, &ahead->table) &&
		    kernel_table_add(&ahead->catalogue, ahead->source, csv, &ahead->table,
		        &message) == NULL;
	text_free(&message);
	csv_close(csv);
	input_close(input);
	return NULL;
}

struct ahead *
ahead_start(const struct csv *first_half, const struct kernel_table *table)
{
	const char *path = first_half->name;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct ahead *ahead = NULL;
	struct stat status;
	uint64_t begin = 0;

	if (descriptor < 0)
		return NULL;
	/* Packed files have no middle to start from. */
	if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size >= WORTH_IT && !input_is_packed(first_half->input))
		begin = next_line(descriptor, (uint64_t)status.st_size / 2);
	close(descriptor);
	if (begin == 0)
		return NULL;

	ahead = memory_alloc_zero(1, sizeof(*ahead));
	ahead->path = path;
	ahead->table = *table;
	ahead->begin = begin;
	catalogue_open(&ahead->catalogue);
	ahead->source = catalogue_add_source(&ahead->catalogue, NULL, path, false);
	if (pthread_create(&ahead->thread, NULL, read_rows, ahead) != 0) {
		catalogue_close(&ahead->catalogue);
		free(ahead);
		return NULL;
	}
	return ahead;
}

bool
ahead_take(struct ahead **place, const struct csv *csv, struct catalogue *catalogue,
    struct source *source)
{
	struct ahead *ahead = *place;
	bool taken;

	if (csv->offset < ahead->begin)
		return false;
	*place = NULL;
	pthread_join(ahead->thread, NULL);
	taken = csv->offset == ahead->begin && ahead->only_rows;
	for (size_t i = 0; taken && i < ahead->catalogue.by_name.count; i++) {
		const struct kernel *kernel = ahead->catalogue.by_name.entries[i].value;

		catalogue_merge(catalogue, source, kernel);
	}
	catalogue_close(&ahead->catalogue);
	free(ahead);
	return taken;
}

void
ahead_drop(struct ahead *ahead)
{
	if (ahead == NULL)
		return;
	pthread_join(ahead->thread, NULL);
	catalogue_close(&ahead->catalogue);
	free(ahead);
}
