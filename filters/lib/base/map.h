/* SPDX-License-Identifier: Apache-2.0 */
/* Hash map from byte strings to pointers that remembers the order of insertion. */
#ifndef WARPIPE_MAP_H
#define WARPIPE_MAP_H

#include <stddef.h>
#include <stdint.h>

/* Entries lie in insertion order in entries[0 .. count-1], so that a loop over them is
 * deterministic. Keys are copied and owned by the map; values are the caller's.
 * All zero is a valid empty map. */
struct map {
	struct map_entry *entries;
	size_t count;
	size_t capacity;
	uint32_t *slots;   /* entry index + 1, 0 when free */
	size_t slot_count; /* a power of two, or 0 */
};

struct map_entry {
	char *key; /* NUL-terminated; may hold NULs inside */
	size_t key_length;
	uint64_t hash;
	void *value;
};

/* The value's place; the pointer holds until the next map_put. NULL when absent. */
void **map_get(const struct map *map, const char *key, size_t key_length);

/* The value's place, made with value NULL when absent. */
void **map_put(struct map *map, const char *key, size_t key_length);

/* The same for NUL-terminated keys. */
void **map_get_string(const struct map *map, const char *key);
void **map_put_string(struct map *map, const char *key);

void map_free(struct map *map);

uint64_t map_hash(const char *bytes, size_t length);

#endif
