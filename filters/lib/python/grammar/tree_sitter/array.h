/* SPDX-License-Identifier: Apache-2.0 */
/* The growing array that scanners of tree-sitter 0.23 grammars are written with; the
 * libtree-sitter of Debian does not install one. Only what such scanners use. */
#ifndef WARPIPE_GRAMMAR_ARRAY_H
#define WARPIPE_GRAMMAR_ARRAY_H

#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

/* Scanners ask no one whether there is memory left. */
#define calloc memory_alloc_zero

#define Array(T)                   \
	struct {                   \
		T *contents;       \
		uint32_t size;     \
		uint32_t capacity; \
	}

#define array_init(array) \
	((array)->contents = NULL, (array)->size = 0, (array)->capacity = 0)

/* Empty, with the memory given back. */
#define array_delete(array) (free((array)->contents), array_init(array))

#define array_reserve(array, wanted)                                                  \
	((void)((wanted) > (array)->capacity                                          \
	            ? ((array)->contents = memory_resize((array)->contents, (wanted), \
	                   sizeof(*(array)->contents)),                               \
	                  (array)->capacity = (wanted))                               \
	            : 0))

#define array_push(array, element)                                                       \
	((array)->size < (array)->capacity                                               \
	        ? (void)0                                                                \
	        : array_reserve((array), (array)->capacity ? 2 * (array)->capacity : 8), \
	    (array)->contents[(array)->size++] = (element))

#define array_get(array, index) (&(array)->contents[index])
#define array_back(array) array_get((array), (array)->size - 1)
#define array_pop(array) ((array)->contents[--(array)->size])

#endif
