/* SPDX-License-Identifier: Apache-2.0 */
/* yajl's allocation functions over memory.h. */
#include <stdlib.h>

#include "base/memory.h"
#include "json/yajl_memory.h"

static void *
take(void *context, size_t size)
{
	(void)context;
	return memory_alloc(size);
}

static void *
resize(void *context, void *block, size_t size)
{
	(void)context;
	return memory_resize(block, size, 1);
}

static void
release(void *context, void *block)
{
	(void)context;
	free(block);
}

/* Not const: yajl takes a pointer to a writable one, and does not write. */
yajl_alloc_funcs yajl_memory = { take, resize, release, NULL };
