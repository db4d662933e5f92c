/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that either works or ends the program. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

/* What an array has room for and does not use is no one's to read. */
static void
guard_rest(void *block, size_t used, size_t capacity, size_t size)
{
	ASAN_UNPOISON_MEMORY_REGION(block, used * size);
	ASAN_POISON_MEMORY_REGION((char *)block + used * size, (capacity - used) * size);
}
#else
#define guard_rest(block, used, capacity, size) ((void)0)
#endif

void *
memory_alloc(size_t size)
{
	void *block = malloc(size ? size : 1);

	if (block == NULL)
		die("cannot allocate %zu bytes:", size);
	return block;
}

void *
memory_alloc_zero(size_t count, size_t size)
{
	void *block = calloc(count ? count : 1, size ? size : 1);

	if (block == NULL)
		die("cannot allocate %zu times %zu bytes:", count, size);
	return block;
}

void *
memory_resize(void *block, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		die("cannot allocate %zu times %zu bytes: too large", count, size);
	size *= count;
	block = realloc(block, size > 0 ? size : 1);
	if (block == NULL)
		die("cannot allocate %zu bytes:", size);
	return block;
}

char *
memory_copy_string(const char *string)
{
	size_t size = strlen(string) + 1;

	return memcpy(memory_alloc(size), string, size);
}

void *
memory_grow(void *block, size_t used, size_t *capacity, size_t size)
{
	if (used >= *capacity) {
		*capacity = *capacity ? *capacity * 2 : 16;
		block = memory_resize(block, *capacity, size);
	}
	guard_rest(block, used + 1, *capacity, size);
	return block;
}
