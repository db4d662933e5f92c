/* SPDX-License-Identifier: Apache-2.0 */
/* A write buffer over a file descriptor; files are renamed into place at close. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/output.h"
#include "base/pipe.h"
#include "base/temporary.h"

enum { OUTPUT_BUFFER = 64 << 10 };

struct output {
	int descriptor;
	char *path;           /* final name, NULL for stdout */
	char *temporary_path; /* NULL for stdout */
	size_t used;
	char buffer[OUTPUT_BUFFER];
};

static struct output *
open_descriptor(int descriptor)
{
	struct output *out = memory_alloc(sizeof(*out));

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	out->descriptor = descriptor;
	out->path = out->temporary_path = NULL;
	out->used = 0;
	return out;
}

struct output *
output_stdout(void)
{
	pipe_widen(STDOUT_FILENO);
	return open_descriptor(STDOUT_FILENO);
}

struct output *
output_file(const char *path)
{
	size_t size = strlen(path) + sizeof(".XXXXXX");
	struct output *out = open_descriptor(-1);
	mode_t mask = umask(0);

	umask(mask);
	out->path = memory_copy_string(path);
	out->temporary_path = memory_alloc(size);
	snprintf(out->temporary_path, size, "%s.XXXXXX", path);
	out->descriptor = temporary_open(out->temporary_path);
	if (out->descriptor < 0)
		die("%s:", path);
	if (fchmod(out->descriptor, 0666 & ~mask) != 0)
		die("%s:", path);
	return out;
}

static void
write_all(struct output *out, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(out->descriptor, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			die("%s:", out->path ? out->path : "stdout");
		bytes += written;
		length -= (size_t)written;
	}
}

void
output_flush(struct output *out)
{
	write_all(out, out->buffer, out->used);
	out->used = 0;
}

void
output_bytes(struct output *out, const char *bytes, size_t length)
{
	if (length > OUTPUT_BUFFER - out->used)
		output_flush(out);
	if (length > OUTPUT_BUFFER) {
		write_all(out, bytes, length);
		return;
	}
	memcpy(out->buffer + out->used, bytes, length);
	out->used += length;
}

void
output_string(struct output *out, const char *string)
{
	output_bytes(out, string, strlen(string));
}

void
output_char(struct output *out, char byte)
{
	output_bytes(out, &byte, 1);
}

void
output_format(struct output *out, const char *format, ...)
{
	char small[256], *large;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(small, sizeof(small), format, arguments);
	va_end(arguments);
	if (length < 0)
		die("cannot format '%s':", format);
	if ((size_t)length < sizeof(small)) {
		output_bytes(out, small, (size_t)length);
		return;
	}
	large = memory_alloc((size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(large, (size_t)length + 1, format, arguments);
	va_end(arguments);
	output_bytes(out, large, (size_t)length);
	free(large);
}

void
output_close(struct output *out)
{
	output_flush(out);
	if (close(out->descriptor) != 0 && errno != EINTR)
		die("%s:", out->path ? out->path : "stdout");
	if (out->path != NULL && !temporary_rename(out->temporary_path, out->path))
		die("%s:", out->path);
	free(out->temporary_path);
	free(out->path);
	free(out);
}
