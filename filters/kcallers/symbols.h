/* SPDX-License-Identifier: Apache-2.0 */
/* A small hash table from interned strings to pointers. */
#ifndef KCALLERS_SYMBOLS_H
#define KCALLERS_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* Compares keys by address. All zero is a valid empty table; symbols_free releases it. */
struct symbols {
	struct symbol *slots;
	uint32_t count, slot_count; /* slot_count is a power of two, or 0 */
};

struct symbol {
	const char *name;
	void *value;
};

void *symbols_get(const struct symbols *symbols, const char *name);

/* The value's place, made NULL when absent; valid until the next symbols_put. */
void **symbols_put(struct symbols *symbols, const char *name);

void symbols_free(struct symbols *symbols);

#endif
