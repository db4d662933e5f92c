/* SPDX-License-Identifier: Apache-2.0 */
/* Categories from where the call sites stand in the tree. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/text.h"

/* Folders that say nothing about what their code does. */
static const char *const generic[] = { "python", "src", "srt", "layers", "runtime", "kernels",
	"ops" };

static bool
is_generic(const char *part, size_t length)
{
	for (size_t i = 0; i < sizeof(generic) / sizeof(generic[0]); i++)
		if (strlen(generic[i]) == length && memcmp(generic[i], part, length) == 0)
			return true;
	return false;
}

/* "attention" -> "Attention", "mem_cache" -> "Mem cache", "moe" -> "MOE". */
static const char *
heading(const char *part, size_t length)
{
	struct text text = { 0 };
	const char *interned;

	if (length > 3 && memcmp(part + length - 3, ".py", 3) == 0)
		length -= 3;
	text_add(&text, part, length);
	for (size_t i = 0; i < length; i++) {
		if (text.bytes[i] == '_')
			text.bytes[i] = ' ';
		if (i == 0 || length <= 3)
			text.bytes[i] = (char)toupper((unsigned char)text.bytes[i]);
	}
	interned = intern(text.bytes, text.length);
	text_free(&text);
	return interned;
}

/* The first folder (or file) that is neither the repository, nor its package, nor generic. */
static const char *
category_of(const char *file)
{
	size_t root = strcspn(file, "/");
	const char *part = file, *slash;
	bool is_package = true; /* the repository's folder goes the same way */

	while ((slash = strchr(part, '/'))) {
		size_t length = (size_t)(slash - part);

		if (strncmp(part, "models/", 7) == 0)
			return intern_string("Model code");
		is_package |= length == root && memcmp(part, file, length) == 0;
		if (!is_package && !is_generic(part, length))
			return heading(part, length);
		is_package = strncmp(part, "python/", 7) == 0 || strncmp(part, "src/", 4) == 0;
		part = slash + 1;
	}
	return heading(part, strlen(part));
}

static void
derive(struct chains *chains, struct kernel *kernel)
{
	struct map votes = { 0 };
	uintptr_t most = 0;

	kernel->category = NULL;
	for (uint32_t n = kernel->first; n != 0; n = chains->nodes[n].next) {
		const char *name = category_of(chains->frames[chains->nodes[n].frame].file);
		void **count = map_put_string(&votes, name);

		*count = (void *)((uintptr_t)*count + 1);
	}
	for (size_t i = 0; i < votes.count; i++) {
		uintptr_t count = (uintptr_t)votes.entries[i].value;
		const char *name = intern_string(votes.entries[i].key);

		if (kernel->category == NULL || count > most ||
		    (count == most && strcmp(name, kernel->category) < 0)) {
			most = count;
			kernel->category = name;
		}
	}
	map_free(&votes);
}

void
categories_derive(struct chains *chains)
{
	for (size_t i = 0; i < chains->kernel_count; i++)
		derive(chains, &chains->kernels[i]);
}
