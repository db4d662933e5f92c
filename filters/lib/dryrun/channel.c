/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes the messages between the processes of a dry run, within a deadline. */
#include "dryrun/channel.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 5 };

int64_t
channel_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum channel_result
wait_for(int descriptor, short events, int64_t deadline)
{
	struct pollfd poll_for = { .fd = descriptor, .events = events };
	int ready;

	do {
		int64_t left;

		if (deadline == 0)
			return CHANNEL_OK; /* read and write wait themselves */
		left = deadline - channel_now();
		if (left <= 0)
			return CHANNEL_LATE;
		ready = poll(&poll_for, 1, left > 60000 ? 60000 : (int)left);
	} while (ready == 0 || (ready < 0 && errno == EINTR));
	return ready < 0 ? CHANNEL_GONE : CHANNEL_OK;
}

static enum channel_result
read_all(int descriptor, int64_t deadline, char *bytes, size_t length)
{
	while (length > 0) {
		enum channel_result ready = wait_for(descriptor, POLLIN, deadline);
		ssize_t got;

		if (ready != CHANNEL_OK)
			return ready;
		got = read(descriptor, bytes, length);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return CHANNEL_GONE;
		bytes += got;
		length -= (size_t)got;
	}
	return CHANNEL_OK;
}

static enum channel_result
write_all(int descriptor, int64_t deadline, const char *bytes, size_t length)
{
	while (length > 0) {
		enum channel_result ready = wait_for(descriptor, POLLOUT, deadline);
		ssize_t put;

		if (ready != CHANNEL_OK)
			return ready;
		put = write(descriptor, bytes, length);
		if (put < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (put <= 0)
			return CHANNEL_GONE;
		bytes += put;
		length -= (size_t)put;
	}
	return CHANNEL_OK;
}

enum channel_result
channel_read(const struct channel *channel, int64_t deadline, enum channel_type *type,
    struct text *bytes)
{
	unsigned char head[HEAD];
	enum channel_result result;
	uint32_t length;

	result = read_all(channel->in, deadline, (char *)head, HEAD);
	if (result != CHANNEL_OK)
		return result;
	length = head[1] | (uint32_t)head[2] << 8 | (uint32_t)head[3] << 16 |
	    (uint32_t)head[4] << 24;
	if (length > CHANNEL_LIMIT)
		return CHANNEL_WRONG;
	*type = (enum channel_type)head[0];
	text_clear(bytes);
	result = read_all(channel->in, deadline, text_reserve(bytes, length), length);
	if (result == CHANNEL_OK) {
		bytes->length = length;
		bytes->bytes[length] = '\0';
	}
	return result;
}

enum channel_result
channel_write(const struct channel *channel, int64_t deadline, enum channel_type type,
    const char *bytes, size_t length)
{
	unsigned char head[HEAD] = { (unsigned char)type, length & 255, length >> 8 & 255,
		length >> 16 & 255, length >> 24 & 255 };
	enum channel_result result;

	if (length > CHANNEL_LIMIT)
		return CHANNEL_WRONG;
	result = write_all(channel->out, deadline, (const char *)head, HEAD);
	return result == CHANNEL_OK ? write_all(channel->out, deadline, bytes, length) : result;
}
