/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a descriptor and unpacks what its first bytes say it is. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/error.h"
#include "base/gunzip.h"
#include "base/input.h"
#include "base/memory.h"

enum { INPUT_BUFFER = 128 << 10 };

enum packing { PLAIN, GZIP, ZSTD };

struct input {
	int descriptor;
	const char *name;
	enum packing packing;
	struct gunzip *gunzip;
	bool portable;
	ZSTD_DStream *zstd;
	bool inside;       /* a gzip member or zstd frame has begun and not ended */
	bool at_end;       /* of the descriptor */
	uint64_t offset;
	size_t begin, end; /* unread bytes of the buffer */
	char peeked[INPUT_PEEK];         /* unpacked, taken by input_peek */
	size_t peeked_begin, peeked_end; /* of it, not yet read */
	char error[160];
	unsigned char buffer[INPUT_BUFFER];
};

static size_t
read_some(struct input *input, void *buffer, size_t size)
{
	ssize_t got;

	do
		got = read(input->descriptor, buffer, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		die("%s:", input->name);
	input->at_end = got == 0;
	input->offset += (uint64_t)got;
	return (size_t)got;
}

static void
fill(struct input *input)
{
	if (input->begin > 0) {
		memmove(input->buffer, input->buffer + input->begin, input->end - input->begin);
		input->end -= input->begin;
		input->begin = 0;
	}
	input->end += read_some(input, input->buffer + input->end, INPUT_BUFFER - input->end);
}

static void
recognise(struct input *input)
{
	static const unsigned char gzip_magic[] = { 0x1f, 0x8b };
	static const unsigned char zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

	while (input->end < sizeof(zstd_magic) && !input->at_end)
		fill(input);
	if (input->end >= sizeof(gzip_magic) &&
	    memcmp(input->buffer, gzip_magic, sizeof(gzip_magic)) == 0) {
		input->packing = GZIP;
		input->gunzip = gunzip_open(input->portable);
		if (input->gunzip == NULL)
			die("%s: cannot start to unpack: out of memory", input->name);
	} else if (input->end >= sizeof(zstd_magic) &&
	    memcmp(input->buffer, zstd_magic, sizeof(zstd_magic)) == 0) {
		input->packing = ZSTD;
		input->zstd = ZSTD_createDStream();
		if (input->zstd == NULL)
			die("%s: cannot start zstd", input->name);
	}
}

static struct input *
open_descriptor(const char *path)
{
	bool is_stdin = path == NULL || strcmp(path, "-") == 0;
	int descriptor = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	const char *name = is_stdin ? "<stdin>" : path;
	struct input *input;
	struct stat status;

	if (descriptor < 0)
		die("%s:", name);
	if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode))
		die("%s: is a directory", name);
	input = memory_alloc_zero(1, sizeof(*input));
	input->descriptor = descriptor;
	input->name = name;
	return input;
}

struct input *
input_open(const char *path)
{
	struct input *input = open_descriptor(path);

	recognise(input);
	return input;
}

struct input *
input_open_portable(const char *path)
{
	struct input *input = open_descriptor(path);

	input->portable = true;
	recognise(input);
	return input;
}

struct input *
input_open_at(const char *path, uint64_t offset)
{
	struct input *input = open_descriptor(path);

	if (lseek(input->descriptor, (off_t)offset, SEEK_SET) < 0)
		die("%s:", path);
	return input;
}

bool
input_is_packed(const struct input *input)
{
	return input->packing != PLAIN;
}

static ptrdiff_t
damaged(struct input *input, const char *what, const char *how)
{
	snprintf(input->error, sizeof(input->error), "%s: %s at byte %llu", what, how,
	    (unsigned long long)(input->offset - (input->end - input->begin)));
	return -1;
}

/* Whether more packed bytes are there; a file that ends inside a member does not get here. */
static bool
more(struct input *input)
{
	while (input->begin == input->end && !input->at_end)
		fill(input);
	return input->begin < input->end;
}

static ptrdiff_t
read_plain(struct input *input, char *buffer, size_t size)
{
	if (input->begin == input->end && size >= INPUT_BUFFER)
		return (ptrdiff_t)read_some(input, buffer, size);
	if (!more(input))
		return 0;
	if (size > input->end - input->begin)
		size = input->end - input->begin;
	memcpy(buffer, input->buffer + input->begin, size);
	input->begin += size;
	return (ptrdiff_t)size;
}

/* Bytes after the last member that do not begin another are padding when all zero (as
 * tar and block devices leave it) and damage otherwise. */
static bool
skip_padding(struct input *input)
{
	while (more(input) && input->buffer[input->begin] == 0)
		input->begin++;
	return more(input);
}

/* What was unpacked before damage is handed out first; the error shows at the next call. */
static ptrdiff_t
read_gzip(struct input *input, char *buffer, size_t size)
{
	size_t used, made = 0;

	while (made == 0) {
		if (!input->inside) {
			if (!skip_padding(input))
				return 0;
			gunzip_begin_member(input->gunzip);
			input->inside = true;
		}
		/* The last bytes may still be in the unpacker when all packed ones are. */
		(void)more(input);
		switch (gunzip_run(input->gunzip, input->buffer + input->begin,
		    input->end - input->begin, &used, buffer, size, &made)) {
		case GUNZIP_ON:
			if (used == 0 && made == 0 && input->begin == input->end)
				return damaged(input, "gzip", "cut short");
			break;
		case GUNZIP_MEMBER_END:
			input->inside = false;
			break;
		case GUNZIP_DAMAGED:
			input->begin += used;
			damaged(input, "gzip", gunzip_error(input->gunzip));
			return made > 0 ? (ptrdiff_t)made : -1;
		}
		input->begin += used;
	}
	return (ptrdiff_t)made;
}

static ptrdiff_t
read_zstd(struct input *input, char *buffer, size_t size)
{
	ZSTD_outBuffer out = { buffer, size, 0 };

	while (out.pos == 0) {
		ZSTD_inBuffer in;
		size_t result;

		if (!more(input)) {
			if (input->inside)
				return damaged(input, "zstd", "cut short");
			return 0;
		}
		in = (ZSTD_inBuffer){ input->buffer + input->begin, input->end - input->begin, 0 };
		result = ZSTD_decompressStream(input->zstd, &out, &in);
		if (ZSTD_isError(result)) {
			damaged(input, "zstd", ZSTD_getErrorName(result));
			return out.pos > 0 ? (ptrdiff_t)out.pos : -1;
		}
		input->begin += in.pos;
		input->inside = result != 0;
	}
	return (ptrdiff_t)out.pos;
}

static ptrdiff_t
read_unpacked(struct input *input, char *buffer, size_t size)
{
	if (input->error[0] != '\0')
		return -1;
	switch (input->packing) {
	case GZIP:
		return read_gzip(input, buffer, size);
	case ZSTD:
		return read_zstd(input, buffer, size);
	default:
		return read_plain(input, buffer, size);
	}
}

size_t
input_peek(struct input *input, char *bytes, size_t size)
{
	while (input->peeked_end < size) {
		ptrdiff_t got = read_unpacked(input, input->peeked + input->peeked_end,
		    size - input->peeked_end);

		if (got <= 0)
			break;
		input->peeked_end += (size_t)got;
	}
	memcpy(bytes, input->peeked, input->peeked_end);
	return input->peeked_end;
}

ptrdiff_t
input_read(struct input *input, char *buffer, size_t size)
{
	size_t left = input->peeked_end - input->peeked_begin;

	if (left == 0)
		return read_unpacked(input, buffer, size);
	if (size > left)
		size = left;
	memcpy(buffer, input->peeked + input->peeked_begin, size);
	input->peeked_begin += size;
	return (ptrdiff_t)size;
}

const char *
input_error(const struct input *input)
{
	return input->error;
}

uint64_t
input_offset(const struct input *input)
{
	return input->offset - (input->end - input->begin);
}

uint64_t
input_size(const struct input *input)
{
	struct stat status;

	return fstat(input->descriptor, &status) == 0 && S_ISREG(status.st_mode) ?
	    (uint64_t)status.st_size : 0;
}

const char *
input_name(const struct input *input)
{
	return input->name;
}

void
input_read_all(struct input *input, struct text *text, size_t most, const char *what)
{
	enum { PIECE = 1 << 16 };
	ptrdiff_t got;

	while ((got = input_read(input, text_reserve(text, PIECE), PIECE)) > 0) {
		text->length += (size_t)got;
		if (text->length > most)
			die("%s: larger than %zu bytes: not %s", input_name(input), most, what);
	}
	if (got < 0)
		die("%s: %s", input_name(input), input_error(input));
	/* Readers of text want its NUL also where there was nothing. */
	text_add(text, "", 0);
}

void
input_close(struct input *input)
{
	if (input->packing == GZIP)
		gunzip_close(input->gunzip);
	if (input->packing == ZSTD)
		ZSTD_freeDStream(input->zstd);
	if (input->descriptor != STDIN_FILENO)
		close(input->descriptor);
	free(input);
}
