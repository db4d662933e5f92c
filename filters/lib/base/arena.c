/* SPDX-License-Identifier: Apache-2.0 */
/* A bump allocator over a list of growing blocks. */
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

enum { FIRST_BLOCK = 16 << 10, LARGEST_BLOCK = 1 << 20 };

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) char bytes[];
};

static void
add_block(struct arena *arena, size_t need)
{
	size_t size = FIRST_BLOCK;
	struct arena_block *block;

	if (arena->blocks != NULL)
		size = arena->blocks->size < LARGEST_BLOCK ? arena->blocks->size * 2
		                                           : LARGEST_BLOCK;
	if (size < need)
		size = need;
	block = memory_alloc(sizeof(*block) + size);
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->used = 0;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	size_t step = alignof(max_align_t);
	char *piece;

	if (size > SIZE_MAX / 2)
		die("cannot allocate %zu bytes: too large", size);
	size = (size + step - 1) / step * step;
	if (arena->blocks == NULL || arena->blocks->size - arena->used < size)
		add_block(arena, size);
	piece = arena->blocks->bytes + arena->used;
	arena->used += size;
	return piece;
}

void *
arena_alloc_zero(struct arena *arena, size_t size)
{
	return memset(arena_alloc(arena, size), 0, size);
}

char *
arena_copy(struct arena *arena, const char *bytes, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	if (length > 0)
		memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

char *
arena_format(struct arena *arena, const char *format, ...)
{
	struct text text = { 0 };
	va_list arguments;
	char *copy;

	va_start(arguments, format);
	text_add_arguments(&text, format, arguments);
	va_end(arguments);
	copy = arena_copy(arena, text.bytes, text.length);
	text_free(&text);
	return copy;
}

void
arena_reset(struct arena *arena)
{
	struct arena_block *block, *next;

	if (arena->blocks == NULL)
		return;
	for (block = arena->blocks->next; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks->next = NULL;
	arena->used = 0;
}

void
arena_free(struct arena *arena)
{
	arena_reset(arena);
	free(arena->blocks);
	arena->blocks = NULL;
}
