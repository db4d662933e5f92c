/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is taken in small pieces and given back all at once. */
#ifndef WARPIPE_ARENA_H
#define WARPIPE_ARENA_H

#include <stddef.h>

#include "base/error.h"

/* Owns every piece taken from it until arena_reset or arena_free. All zero is a valid
 * empty arena. Not shared between threads. */
struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;                /* bytes of the newest block */
};

/* `size` bytes aligned for any type; not cleared. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_alloc_zero(struct arena *arena, size_t size);

/* A copy of `length` bytes with a NUL after them. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

/* A string as printf makes it. */
char *arena_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Everything taken becomes invalid; one block is kept for reuse. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

#endif
