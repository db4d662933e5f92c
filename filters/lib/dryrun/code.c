/* SPDX-License-Identifier: Apache-2.0 */
/* Finds or makes the compiled code of files. */
#include "dryrun/code.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "dryrun/compiler.h"
#include "dryrun/embedded.h"

/* A release of sglang takes some 16 MB. */
enum { LARGEST_SOURCE = 16 << 20, MOST_CACHED = 512 << 20 };

void
code_open(struct code_service *service)
{
	service->folder = cache_folder();
}

void
code_close(struct code_service *service)
{
	process_end(&service->compiler, true);
	if (service->compiled > 0)
		cache_prune(service->folder, MOST_CACHED);
	free(service->folder);
}

static bool
say(struct text *bytes, const char *path, const char *reason)
{
	text_clear(bytes);
	text_add_format(bytes, "%s: %s", path, reason);
	return false;
}

/* The file's bytes; false with the reason. A child asks for what it likes, so that links and
 * ".." are followed before the path is judged. */
static bool
read_source(const char *path, const char *inside, struct text *source)
{
	char *real = folder_real_path(path);
	struct stat status;
	int file = -1;
	bool well = false;

	if (real == NULL || inside == NULL || !folder_is_inside(real, inside)) {
		free(real);
		return say(source, path, "not inside the tree");
	}
	file = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	free(real);
	if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size <= LARGEST_SOURCE) {
		size_t size = (size_t)status.st_size;

		text_clear(source);
		text_reserve(source, size);
		for (ssize_t got = 1; got > 0 && source->length < size;) {
			got = read(file, source->bytes + source->length, size - source->length);
			if (got > 0)
				source->length += (size_t)got;
			else if (got < 0 && errno == EINTR)
				got = 1;
		}
		source->bytes[source->length] = '\0';
		well = source->length == size;
	}
	if (file >= 0)
		close(file);
	return well || say(source, path, "cannot be read, or is larger than 16 MiB");
}

static bool
find_source(struct code_service *service, const struct text *wanted, struct text *source)
{
	const char *path = wanted->bytes + 1;
	const struct embedded_file *file;

	switch (wanted->bytes[0]) {
	case CODE_TREE:
		return read_source(path, service->root, source);
	case CODE_SITE:
		return read_source(path, service->site, source);
	case CODE_EMBEDDED:
		file = embedded_find(path);
		if (file == NULL)
			return say(source, path, "no such file");
		text_clear(source);
		text_add(source, file->bytes, file->length);
		return true;
	default:
		return say(source, path, "no such way");
	}
}

static bool
compile(struct code_service *service, const struct text *wanted, const struct text *source,
    int64_t deadline, struct text *bytes)
{
	struct channel *channel = &service->compiler.channel;
	struct text message = { 0 };
	enum channel_type type;
	bool answered;

	if (service->compiler.pid == 0)
		compiler_start(&service->compiler, service->verbose, service->seconds);
	text_add_char(&message, wanted->bytes[0]);
	text_add(&message, source->bytes, source->length);
	answered = channel_write(channel, deadline, CHANNEL_SOURCE, message.bytes,
	    message.length) == CHANNEL_OK &&
	    channel_read(channel, deadline, &type, bytes) == CHANNEL_OK;
	text_free(&message);
	if (!answered) {
		process_end(&service->compiler, true);
		return say(bytes, wanted->bytes + 1, "the compiler gave up on it");
	}
	service->compiled++;
	return type == CHANNEL_YES;
}

bool
code_find(struct code_service *service, const struct text *wanted, int64_t deadline,
    struct text *bytes)
{
	struct text source = { 0 };
	struct cache_part parts[COMPILER_PARTS + 2];
	unsigned char key[CACHE_KEY];
	bool found;

	if (wanted->length < 2 || strlen(wanted->bytes) != wanted->length)
		return say(bytes, "", "no path");
	if (!find_source(service, wanted, &source)) {
		text_clear(bytes);
		text_add(bytes, source.bytes, source.length);
		text_free(&source);
		return false;
	}
	compiler_identity(parts);
	parts[COMPILER_PARTS] = (struct cache_part){ wanted->bytes, 1 };
	parts[COMPILER_PARTS + 1] = (struct cache_part){ source.bytes, source.length };
	cache_key(key, parts, COMPILER_PARTS + 2);
	found = cache_get(service->folder, key, bytes);
	if (found) {
		service->hits++;
	} else {
		found = compile(service, wanted, &source, deadline, bytes);
		if (found)
			cache_put(service->folder, key, bytes->bytes, bytes->length);
	}
	text_free(&source);
	return found;
}
