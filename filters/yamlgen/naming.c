/* SPDX-License-Identifier: Apache-2.0 */
/* Three tables of names in turn: one is read from while the others are asked, each by a thread. */
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "naming.h"

/* A block keeps a thread busy for a tenth of a second, and is far smaller than what a
 * table remembers: it forgets names only where a block begins. */
enum { BLOCK = 8192, BLOCK_BYTES = 4 << 20, BLOCKS = 3 };

struct block {
	struct names *names;
	const struct catalogue *catalogue;
	size_t begin, end; /* of catalogue->ordered */
	const struct names_facts *facts[BLOCK];
	pthread_t thread;
	bool running; /* the thread is at it */
};

struct naming {
	char *const *rules;
	struct names *names;      /* of small catalogues, and of blocks[0] */
	struct block *blocks[BLOCKS]; /* NULL until a catalogue is large */
	unsigned current;
};

struct naming *
naming_open(char *const *rules)
{
	struct naming *naming = memory_alloc_zero(1, sizeof(*naming));

	naming->rules = rules;
	naming->names = names_open(rules);
	return naming;
}

static void *
ask(void *argument)
{
	struct block *block = argument;

	names_forget(block->names);
	for (size_t at = block->begin; at < block->end; at++) {
		const struct kernel *kernel = block->catalogue->ordered[at];

		block->facts[at - block->begin] = names_look_up(block->names, kernel->name,
		    kernel->name_length);
	}
	return NULL;
}

static size_t
end_of_block(const struct catalogue *catalogue, size_t begin)
{
	size_t at = begin, bytes = 0;

	for (; at < catalogue->ordered_count && at - begin < BLOCK && bytes < BLOCK_BYTES; at++)
		bytes += catalogue->ordered[at]->name_length;
	return at;
}

static void
finish_block(struct block *block)
{
	if (block != NULL && block->running)
		pthread_join(block->thread, NULL);
	if (block != NULL)
		block->running = false;
}

/* Asks for what comes from `begin` on, unless that is what it holds; on this thread where no other
 * can be had. */
static void
begin_block(struct block *block, const struct catalogue *catalogue, size_t begin)
{
	if (block->catalogue == catalogue && block->begin == begin)
		return;
	finish_block(block);
	block->catalogue = catalogue;
	block->begin = begin;
	block->end = end_of_block(catalogue, begin);
	block->running = begin < block->end &&
	    pthread_create(&block->thread, NULL, ask, block) == 0;
	if (!block->running)
		ask(block);
}

/* The block that begins here becomes the current one, and those after it are begun. */
static void
turn(struct naming *naming, const struct catalogue *catalogue, size_t begin)
{
	for (int i = 0; i < BLOCKS; i++)
		if (naming->blocks[i] == NULL) {
			naming->blocks[i] = memory_alloc_zero(1, sizeof(struct block));
			naming->blocks[i]->names = i == 0 ? naming->names : names_open(naming->rules);
		}
	naming->current = (naming->current + 1) % BLOCKS;
	for (unsigned i = 0; i < BLOCKS; i++) {
		struct block *block = naming->blocks[(naming->current + i) % BLOCKS];

		begin_block(block, catalogue, begin);
		begin = block->end;
	}
	finish_block(naming->blocks[naming->current]);
}

static void
finish_all(struct naming *naming)
{
	for (int i = 0; i < BLOCKS; i++)
		finish_block(naming->blocks[i]);
}

const struct names_facts *
naming_facts(struct naming *naming, const struct catalogue *catalogue, const struct kernel *kernel)
{
	const struct block *block = naming->blocks[naming->current];
	size_t at = kernel->place;

	if (catalogue->ordered_count <= 2 * BLOCK) {
		finish_all(naming);
		return names_look_up(naming->names, kernel->name, kernel->name_length);
	}
	if (block == NULL || block->catalogue != catalogue || at < block->begin || at >= block->end) {
		turn(naming, catalogue, at);
		block = naming->blocks[naming->current];
	}
	return block->facts[at - block->begin];
}

void
naming_close(struct naming *naming)
{
	finish_all(naming);
	for (int i = 1; i < BLOCKS && naming->blocks[i] != NULL; i++)
		names_close(naming->blocks[i]->names);
	names_close(naming->names);
	for (int i = 0; i < BLOCKS; i++)
		free(naming->blocks[i]);
	free(naming);
}
