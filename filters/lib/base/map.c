/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing over an array of entries in insertion order. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"

static uint64_t
load(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Multiply and fold: the low bits, by which slots are chosen, depend on all of them. */
static uint64_t
mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

/* The last words overlap the ones before them: that is cheaper than to take the rest byte by
 * byte, and the length tells keys apart that become alike. */
uint64_t
map_hash(const char *bytes, size_t length)
{
	uint64_t a = 0xcbf29ce484222325u ^ length, b = 0x94d049bb133111ebu, c = a, d = b;
	const char *last = bytes + length;

	if (length >= 32) {
		/* Four chains at once: a multiplication takes longer than to start one. */
		for (; last - bytes > 32; bytes += 32) {
			a = mix(a, load(bytes));
			b = mix(b, load(bytes + 8));
			c = mix(c, load(bytes + 16));
			d = mix(d, load(bytes + 24));
		}
		return mix(mix(mix(a, load(last - 32)), mix(b, load(last - 24))),
		    mix(mix(c, load(last - 16)), mix(d, load(last - 8))));
	}
	if (length >= 8) {
		for (; last - bytes > 8; bytes += 8)
			a = mix(a, load(bytes));
		return mix(a, load(last - 8));
	}
	for (; bytes < last; bytes++)
		a = (a ^ (unsigned char)*bytes) * 0x100000001b3u;
	return mix(a, a >> 29);
}

static size_t
find_slot(const struct map *map, const char *key, size_t key_length, uint64_t hash)
{
	size_t mask = map->slot_count - 1, slot = (size_t)hash & mask;

	for (; map->slots[slot] != 0; slot = (slot + 1) & mask) {
		const struct map_entry *entry = &map->entries[map->slots[slot] - 1];

		if (entry->hash == hash && entry->key_length == key_length &&
		    memcmp(entry->key, key, key_length) == 0)
			break;
	}
	return slot;
}

static void
grow_slots(struct map *map)
{
	size_t mask;

	map->slot_count = map->slot_count ? map->slot_count * 2 : 32;
	if (map->slot_count > UINT32_MAX)
		die("too many keys in a table");
	mask = map->slot_count - 1;
	free(map->slots);
	map->slots = memory_alloc_zero(map->slot_count, sizeof(*map->slots));
	for (size_t i = 0; i < map->count; i++) {
		size_t slot = (size_t)map->entries[i].hash & mask;

		while (map->slots[slot] != 0)
			slot = (slot + 1) & mask;
		map->slots[slot] = (uint32_t)(i + 1);
	}
}

void **
map_get(const struct map *map, const char *key, size_t key_length)
{
	size_t slot;

	if (map->count == 0)
		return NULL;
	slot = find_slot(map, key, key_length, map_hash(key, key_length));
	return map->slots[slot] ? &map->entries[map->slots[slot] - 1].value : NULL;
}

void **
map_put(struct map *map, const char *key, size_t key_length)
{
	uint64_t hash = map_hash(key, key_length);
	struct map_entry *entry;
	size_t slot;

	if (2 * (map->count + 1) > map->slot_count)
		grow_slots(map);
	slot = find_slot(map, key, key_length, hash);
	if (map->slots[slot] != 0)
		return &map->entries[map->slots[slot] - 1].value;

	map->entries = memory_grow(map->entries, map->count, &map->capacity, sizeof(*entry));
	entry = &map->entries[map->count++];
	entry->key = memory_alloc(key_length + 1);
	if (key_length > 0)
		memcpy(entry->key, key, key_length);
	entry->key[key_length] = '\0';
	entry->key_length = key_length;
	entry->hash = hash;
	entry->value = NULL;
	map->slots[slot] = (uint32_t)map->count;
	return &entry->value;
}

void **
map_get_string(const struct map *map, const char *key)
{
	return map_get(map, key, strlen(key));
}

void **
map_put_string(struct map *map, const char *key)
{
	return map_put(map, key, strlen(key));
}

void
map_free(struct map *map)
{
	for (size_t i = 0; i < map->count; i++)
		free(map->entries[i].key);
	free(map->entries);
	free(map->slots);
	*map = (struct map){ 0 };
}
