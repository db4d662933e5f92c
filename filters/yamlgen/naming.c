/* SPDX-License-Identifier: Apache-2.0 */
/* Two tables of names in turn: one is read from while the other is asked. */
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "naming.h"

/* A block keeps the second thread busy for a tenth of a second, and is far smaller than what a
 * table remembers: it forgets names only where a block begins. */
enum { BLOCK = 8192, BLOCK_BYTES = 4 << 20 };

struct block {
	struct names *names;
	const struct catalogue *catalogue;
	size_t begin, end; /* of catalogue->ordered */
	const struct names_facts *facts[BLOCK];
	bool running; /* the thread is at it */
};

struct naming {
	char *const *rules;
	struct names *names;      /* of small catalogues, and of blocks[0] */
	struct block *blocks[2];  /* NULL until a catalogue is large */
	unsigned current;
	pthread_t thread;
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
	const struct catalogue *catalogue = block->catalogue;
	size_t bytes = 0, at = block->begin;

	names_forget(block->names);
	for (; at < catalogue->ordered_count && at - block->begin < BLOCK && bytes < BLOCK_BYTES; at++) {
		const struct kernel *kernel = catalogue->ordered[at];

		block->facts[at - block->begin] = names_look_up(block->names, kernel->name,
		    kernel->name_length);
		bytes += kernel->name_length;
	}
	block->end = at;
	return NULL;
}

/* Asks for what comes from `begin` on; on this thread where no other can be had. */
static void
begin_block(struct naming *naming, struct block *block, const struct catalogue *catalogue,
    size_t begin)
{
	block->catalogue = catalogue;
	block->begin = block->end = begin;
	block->running = begin < catalogue->ordered_count &&
	    pthread_create(&naming->thread, NULL, ask, block) == 0;
	if (!block->running)
		ask(block);
}

static void
finish_block(struct naming *naming, struct block *block)
{
	if (block != NULL && block->running)
		pthread_join(naming->thread, NULL);
	if (block != NULL)
		block->running = false;
}

/* The block that begins here becomes the current one, and the next is begun. */
static void
turn(struct naming *naming, const struct catalogue *catalogue, size_t begin)
{
	struct block *next;

	for (int i = 0; i < 2; i++)
		if (naming->blocks[i] == NULL) {
			naming->blocks[i] = memory_alloc_zero(1, sizeof(struct block));
			naming->blocks[i]->names = i == 0 ? naming->names : names_open(naming->rules);
		}
	next = naming->blocks[naming->current ^ 1];
	finish_block(naming, next);
	if (next->catalogue != catalogue || next->begin != begin) {
		begin_block(naming, next, catalogue, begin);
		finish_block(naming, next);
	}
	naming->current ^= 1;
	begin_block(naming, naming->blocks[naming->current ^ 1], catalogue, next->end);
}

const struct names_facts *
naming_facts(struct naming *naming, const struct catalogue *catalogue, const struct kernel *kernel)
{
	const struct block *block = naming->blocks[naming->current];
	size_t at = kernel->place;

	if (catalogue->ordered_count <= 2 * BLOCK) {
		finish_block(naming, naming->blocks[naming->current ^ 1]);
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
	for (int i = 0; i < 2; i++)
		finish_block(naming, naming->blocks[i]);
	if (naming->blocks[1] != NULL)
		names_close(naming->blocks[1]->names);
	names_close(naming->names);
	free(naming->blocks[0]);
	free(naming->blocks[1]);
	free(naming);
}
