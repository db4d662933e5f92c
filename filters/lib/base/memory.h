/* SPDX-License-Identifier: Apache-2.0 */
/* malloc and friends that die when memory runs out; release with free(). */
#ifndef WARPIPE_MEMORY_H
#define WARPIPE_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t size);
void *memory_alloc_zero(size_t count, size_t size);
void *memory_resize(void *block, size_t count, size_t size);
char *memory_copy_string(const char *string);

/* Grow an array so that one more element fits: doubles *capacity when `used` has
 * reached it. Returns the block, moved or not. */
void *memory_grow(void *block, size_t used, size_t *capacity, size_t size);

#endif
