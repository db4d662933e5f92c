/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of blocks between the thread that unpacks and the one that reads. Each block has
 * room in front, so that what the reader keeps of the last block can be put before it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "feed.h"
#include "base/input.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"

/* Many blocks, so that neither side waits for the other's every stumble. While the reader
 * moves on, it needs the block it takes and the one it leaves. */
enum { BLOCKS = 32, IN_USE = 2, MEGABYTE = 1000000 };

struct block {
	char *room; /* the headroom, then the data */
	size_t length;
};

struct feed {
	struct input *input;
	size_t block_size, headroom;
	struct block blocks[BLOCKS];
	struct progress progress; /* of the thread; in megabytes of the file */
	struct text joined; /* what the reader keeps when it outgrows the headroom */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t filled, taken; /* blocks ever; under `lock` */
	bool ended, stopped;    /* under `lock` */
};

/* As much as fits; false at the end of the data. */
static bool
fill_block(struct feed *feed, struct block *block)
{
	block->length = 0;
	while (block->length < feed->block_size) {
		char *data = block->room + feed->headroom;
		ptrdiff_t got = input_read(feed->input, data + block->length,
		    feed->block_size - block->length);

		if (got <= 0)
			return false;
		block->length += (size_t)got;
	}
	return true;
}

static void *
fill_blocks(void *context)
{
	struct feed *feed = context;
	bool more = true;
	struct text what = { 0 };

	text_add_format(&what, "MB of %s", input_name(feed->input));
	progress_begin(&feed->progress, input_size(feed->input) / MEGABYTE);
	while (more) {
		pthread_mutex_lock(&feed->lock);
		while (feed->filled - feed->taken == BLOCKS - IN_USE && !feed->stopped)
			pthread_cond_wait(&feed->changed, &feed->lock);
		more = !feed->stopped;
		pthread_mutex_unlock(&feed->lock);
		if (!more)
			break;
		more = fill_block(feed, &feed->blocks[feed->filled % BLOCKS]);
		progress_at(&feed->progress, input_offset(feed->input) / MEGABYTE, what.bytes);
		pthread_mutex_lock(&feed->lock);
		feed->filled++;
		feed->ended = !more;
		pthread_cond_signal(&feed->changed);
		pthread_mutex_unlock(&feed->lock);
	}
	progress_end(&feed->progress);
	text_free(&what);
	return NULL;
}

struct feed *
feed_open(const char *path, size_t block_size, bool portable)
{
	struct feed *feed = memory_alloc_zero(1, sizeof(*feed));

	feed->input = portable ? input_open_portable(path) : input_open(path);
	feed->block_size = block_size;
	feed->headroom = block_size / 8;
	for (size_t i = 0; i < BLOCKS; i++)
		feed->blocks[i].room = memory_alloc(feed->headroom + block_size + FEED_SLACK);
	pthread_mutex_init(&feed->lock, NULL);
	pthread_cond_init(&feed->changed, NULL);
	if (pthread_create(&feed->thread, NULL, fill_blocks, feed) != 0)
		die("cannot start a thread");
	return feed;
}

/* The next block with data in it, or NULL at the end. The one taken before it stays
 * untouched until the one after it is asked for. */
static struct block *
take_block(struct feed *feed)
{
	struct block *block = NULL;

	pthread_mutex_lock(&feed->lock);
	while (feed->filled == feed->taken && !feed->ended)
		pthread_cond_wait(&feed->changed, &feed->lock);
	if (feed->filled > feed->taken) {
		block = &feed->blocks[feed->taken % BLOCKS];
		feed->taken++;
		pthread_cond_signal(&feed->changed);
	}
	pthread_mutex_unlock(&feed->lock);
	return block != NULL && block->length > 0 ? block : NULL;
}

bool
feed_more(struct feed *feed, struct window *window, const char *keep)
{
	size_t kept = (size_t)(window->end - keep);
	struct block *block = take_block(feed);

	if (block == NULL)
		return false;
	window->offset += (uint64_t)(keep - window->begin);
	if (kept <= feed->headroom) {
		if (kept > 0)
			memcpy(block->room + feed->headroom - kept, keep, kept);
		window->begin = block->room + feed->headroom - kept;
		window->end = block->room + feed->headroom + block->length;
		return true;
	}
	if (feed->joined.bytes != NULL && keep >= feed->joined.bytes &&
	    keep <= feed->joined.bytes + feed->joined.length) {
		memmove(feed->joined.bytes, keep, kept);
		feed->joined.length = kept;
	} else {
		text_clear(&feed->joined);
		text_add(&feed->joined, keep, kept);
	}
	text_add(&feed->joined, block->room + feed->headroom, block->length);
	text_reserve(&feed->joined, FEED_SLACK);
	window->begin = feed->joined.bytes;
	window->end = feed->joined.bytes + feed->joined.length;
	return true;
}

const char *
feed_error(const struct feed *feed)
{
	const char *error = input_error(feed->input);

	return error[0] != '\0' ? error : NULL;
}

void
feed_close(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->stopped = true;
	pthread_cond_signal(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
	pthread_join(feed->thread, NULL);
	pthread_cond_destroy(&feed->changed);
	pthread_mutex_destroy(&feed->lock);
	for (size_t i = 0; i < BLOCKS; i++)
		free(feed->blocks[i].room);
	text_free(&feed->joined);
	input_close(feed->input);
	free(feed);
}
