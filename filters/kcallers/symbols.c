/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing over the addresses of interned strings. */
#include <stdlib.h>

#include "symbols.h"

#include "base/memory.h"

enum { FIRST_SLOTS = 8 };

static uint32_t
find_slot(const struct symbols *symbols, const char *name)
{
	uint32_t mask = symbols->slot_count - 1;
	uint64_t hash = (uint64_t)(uintptr_t)name * 0x9e3779b97f4a7c15u;
	uint32_t slot = (uint32_t)(hash >> 32) & mask;

	while (symbols->slots[slot].name != NULL && symbols->slots[slot].name != name)
		slot = (slot + 1) & mask;
	return slot;
}

void *
symbols_get(const struct symbols *symbols, const char *name)
{
	return symbols->count == 0 ? NULL : symbols->slots[find_slot(symbols, name)].value;
}

static void
grow(struct symbols *symbols)
{
	struct symbol *old = symbols->slots;
	uint32_t old_count = symbols->slot_count;

	symbols->slot_count = old_count ? old_count * 2 : FIRST_SLOTS;
	symbols->slots = memory_alloc_zero(symbols->slot_count, sizeof(*old));
	for (uint32_t i = 0; i < old_count; i++)
		if (old[i].name != NULL)
			symbols->slots[find_slot(symbols, old[i].name)] = old[i];
	free(old);
}

void **
symbols_put(struct symbols *symbols, const char *name)
{
	uint32_t slot;

	if (3 * (symbols->count + 1) > 2 * symbols->slot_count)
		grow(symbols);
	slot = find_slot(symbols, name);
	if (symbols->slots[slot].name == NULL) {
		symbols->slots[slot].name = name;
		symbols->count++;
	}
	return &symbols->slots[slot].value;
}

void
symbols_free(struct symbols *symbols)
{
	free(symbols->slots);
	*symbols = (struct symbols){0};
}
