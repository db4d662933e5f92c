/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of small numbers that grow as needed. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "native.h"

static void
reserve(struct bits *bits, size_t words)
{
	if (words <= bits->count)
		return;
	bits->words = memory_resize(bits->words, words, sizeof(*bits->words));
	memset(bits->words + bits->count, 0, (words - bits->count) * sizeof(*bits->words));
	bits->count = words;
}

bool
bits_has(const struct bits *bits, size_t index)
{
	return index / 64 < bits->count && (bits->words[index / 64] >> index % 64 & 1) != 0;
}

bool
bits_set(struct bits *bits, size_t index)
{
	uint64_t bit = UINT64_C(1) << index % 64;

	reserve(bits, index / 64 + 1);
	if ((bits->words[index / 64] & bit) != 0)
		return false;
	bits->words[index / 64] |= bit;
	return true;
}

void
bits_add(struct bits *bits, const struct bits *more)
{
	reserve(bits, more->count);
	for (size_t i = 0; i < more->count; i++)
		bits->words[i] |= more->words[i];
}

void
bits_free(struct bits *bits)
{
	free(bits->words);
	*bits = (struct bits){0};
}
