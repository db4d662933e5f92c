/* SPDX-License-Identifier: Apache-2.0 */
/* A table of strings in shards, each with its own lock, so that parsing threads
 * seldom meet. The table lives as long as the process; it is the one piece of state
 * the library shares. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/memory.h"

enum { SHARDS = 32, FIRST_SLOTS = 256 };

struct interned {
	uint64_t hash;
	size_t length;
	char bytes[];
};

static struct shard {
	pthread_mutex_t lock;
	struct arena arena;
	struct interned **slots;
	size_t slot_count, used;
} shards[SHARDS] = { [0 ... SHARDS - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER } };

static size_t
find_slot(const struct shard *shard, const char *bytes, size_t length, uint64_t hash)
{
	size_t mask = shard->slot_count - 1, slot = (size_t)(hash >> 8) & mask;
	const struct interned *string;

	for (; (string = shard->slots[slot]) != NULL; slot = (slot + 1) & mask)
		if (string->hash == hash && string->length == length &&
		    memcmp(string->bytes, bytes, length) == 0)
			break;
	return slot;
}

static void
grow(struct shard *shard)
{
	struct interned **old = shard->slots;
	size_t old_count = shard->slot_count;

	shard->slot_count = old_count ? old_count * 2 : FIRST_SLOTS;
	/* The slots come from the arena too: what is outgrown is as much as what is kept,
	 * and the whole table is reachable from one place for leak checkers. */
	shard->slots = arena_alloc_zero(&shard->arena, shard->slot_count * sizeof(*old));
	for (size_t i = 0; i < old_count; i++)
		if (old[i] != NULL)
			shard->slots[find_slot(shard, old[i]->bytes, old[i]->length,
			    old[i]->hash)] = old[i];
}

const char *
intern(const char *bytes, size_t length)
{
	uint64_t hash = map_hash(bytes, length);
	struct shard *shard = &shards[hash % SHARDS];
	struct interned *string;
	size_t slot;

	pthread_mutex_lock(&shard->lock);
	if (2 * (shard->used + 1) > shard->slot_count)
		grow(shard);
	slot = find_slot(shard, bytes, length, hash);
	string = shard->slots[slot];
	if (string == NULL) {
		string = arena_alloc(&shard->arena, sizeof(*string) + length + 1);
		string->hash = hash;
		string->length = length;
		if (length > 0)
			memcpy(string->bytes, bytes, length);
		string->bytes[length] = '\0';
		shard->slots[slot] = string;
		shard->used++;
	}
	pthread_mutex_unlock(&shard->lock);
	return string->bytes;
}

const char *
intern_string(const char *string)
{
	return intern(string, strlen(string));
}

const char *
intern_dotted(const char *front, const char *name)
{
	char small[128], *joined = small;
	size_t length = strlen(front), more = strlen(name);
	const char *kept;

	if (length + 1 + more > sizeof(small))
		joined = memory_alloc(length + 1 + more);
	memcpy(joined, front, length);
	joined[length] = '.';
	memcpy(joined + length + 1, name, more);
	kept = intern(joined, length + 1 + more);
	if (joined != small)
		free(joined);
	return kept;
}
