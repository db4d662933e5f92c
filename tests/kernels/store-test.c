/* SPDX-License-Identifier: Apache-2.0 */
/* Checks store_scatter against a scatter written down byte by byte. */
#include <string.h>

#include "check.h"
#include "store.h"

/* Both sides of one random case, with copies of the caches that the check fills itself. */
struct side {
	struct store_side args;
	unsigned char *cache, *input, *wanted;
	size_t cache_size, cache_offset, input_offset;
};

static void
side_open(struct side *side, uint64_t *seed, size_t bytes, size_t slots, size_t tokens)
{
	size_t cache_stride = bytes + check_random(seed) % 3 * 7;
	size_t input_stride = bytes + check_random(seed) % 3 * 4;
	size_t input_size = tokens && bytes ? (tokens - 1) * input_stride + bytes : 0;

	side->cache_size = slots && bytes ? (slots - 1) * cache_stride + bytes : 0;
	side->cache_offset = check_random(seed) % 16;
	side->input_offset = check_random(seed) % 16;
	side->cache = check_alloc(side->cache_size, side->cache_offset);
	side->input = check_alloc(input_size, side->input_offset);
	side->wanted = check_alloc(side->cache_size, 0);
	check_fill(seed, side->input, input_size);
	check_fill(seed, side->cache, side->cache_size);
	memcpy(side->wanted, side->cache, side->cache_size);
	side->args = (struct store_side){ side->cache, cache_stride, side->input, input_stride,
		bytes };
}

static void
side_want(struct side *side, size_t token, size_t slot)
{
	for (size_t i = 0; i < side->args.bytes; i++)
		side->wanted[slot * side->args.cache_stride + i] =
		    side->input[token * side->args.input_stride + i];
}

static void
side_close(struct side *side)
{
	CHECK(memcmp(side->cache, side->wanted, side->cache_size) == 0, "%zu bytes a row",
	    side->args.bytes);
	free(side->cache - side->cache_offset);
	free(side->input - side->input_offset);
	free(side->wanted);
}

/* `miss`: 0 none, 1 some indices are negative and skipped, 2 one is bad. */
static void
check_case(uint64_t *seed, size_t k_bytes, size_t v_bytes, bool wide, int miss)
{
	size_t slots = 1 + check_random(seed) % 50, tokens = check_random(seed) % 50;
	size_t stride = 1 + check_random(seed) % 2, bad = SIZE_MAX, met = SIZE_MAX;
	int32_t *narrow = (void *)check_alloc((tokens ? (tokens - 1) * stride + 1 : 0) * 4, 0);
	int64_t *broad = (void *)check_alloc((tokens ? (tokens - 1) * stride + 1 : 0) * 8, 0);
	struct side k, v;
	struct store_args args;
	enum kernel_status status;

	side_open(&k, seed, k_bytes, slots, tokens);
	side_open(&v, seed, v_bytes, slots, tokens);
	if (miss == 2 && tokens > 0)
		bad = check_random(seed) % tokens;
	for (size_t i = 0; i < tokens; i++) {
		int64_t slot = (int64_t)(check_random(seed) % slots);

		if (miss == 1 && check_random(seed) % 3 == 0)
			slot = -1 - (int64_t)(check_random(seed) % 5);
		if (i == bad)
			slot = check_random(seed) % 2 ? (int64_t)slots : -7;
		narrow[i * stride] = (int32_t)slot;
		broad[i * stride] = slot;
		if (slot >= 0 && i < bad) {
			side_want(&k, i, (size_t)slot);
			side_want(&v, i, (size_t)slot);
		}
	}
	args = (struct store_args){ k.args, v.args, slots, wide ? (void *)broad : (void *)narrow,
		wide ? INDEX_INT64 : INDEX_INT32, stride, tokens, miss == 1 };
	status = store_scatter(&args, &met);
	CHECK(status == (bad == SIZE_MAX ? KERNEL_OK : KERNEL_BAD_INDEX), "status %d", status);
	CHECK(met == bad, "bad token %zu, not %zu", met, bad);
	side_close(&k);
	side_close(&v);
	free(narrow);
	free(broad);
}

static void
check_arguments(void)
{
	unsigned char cache[64] = { 0 }, input[64] = { 0 };
	int64_t slots[1] = { 0 };
	struct store_side side = { cache, 16, input, 16, 16 };
	struct store_args good = { side, side, 4, slots, INDEX_INT64, 1, 1, false };
	struct store_args args = good;

	CHECK(store_scatter(&args, NULL) == KERNEL_OK, "plain");
	args.k.cache_stride = 8;
	CHECK(store_scatter(&args, NULL) == KERNEL_BAD_ARGUMENT, "slots overlap");
	args = good, args.v.input = NULL;
	CHECK(store_scatter(&args, NULL) == KERNEL_BAD_ARGUMENT, "no input");
	args = good, args.indices = NULL;
	CHECK(store_scatter(&args, NULL) == KERNEL_BAD_ARGUMENT, "no indices");
	args = (struct store_args){ 0 };
	CHECK(store_scatter(&args, NULL) == KERNEL_OK, "nothing at all");
	args = good, args.slots = 0;
	CHECK(store_scatter(&args, NULL) == KERNEL_BAD_INDEX, "no slots");
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 16, 127, 128, 129, 576, 2048 };
	uint64_t seed = 2;

	for (size_t i = 1; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
			for (int round = 0; round < 12; round++)
				check_case(&seed, sizes[i], sizes[j], round & 1, round % 3);
	check_arguments();
	return 0;
}
