/* SPDX-License-Identifier: Apache-2.0 */
/* KV-cache scatter on the CPU, the reference that the GPU kernel is checked against. */
#include <string.h>

#include "store.h"

static bool
side_is_sound(const struct store_args *args, const struct store_side *side)
{
	if (side->bytes == 0)
		return true;
	if (side->input == NULL || (args->slots > 0 && side->cache == NULL))
		return false;
	return args->slots <= 1 || side->cache_stride >= side->bytes;
}

enum kernel_status
store_check(const struct store_args *args)
{
	if (args->tokens == 0)
		return KERNEL_OK;
	if (args->indices == NULL || args->slots > PTRDIFF_MAX)
		return KERNEL_BAD_ARGUMENT;
	if (!side_is_sound(args, &args->k) || !side_is_sound(args, &args->v))
		return KERNEL_BAD_ARGUMENT;
	return KERNEL_OK;
}

static int64_t
read_index(const struct store_args *args, size_t i)
{
	size_t at = i * (args->index_stride ? args->index_stride : 1);

	return args->index_type == INDEX_INT32 ? ((const int32_t *)args->indices)[at]
	                                       : ((const int64_t *)args->indices)[at];
}

static void
store_row(const struct store_side *side, size_t token, size_t slot)
{
	if (side->bytes > 0)
		memcpy((unsigned char *)side->cache + slot * side->cache_stride,
		    (const unsigned char *)side->input + token * side->input_stride, side->bytes);
}

enum kernel_status
store_scatter(const struct store_args *args, size_t *bad_token)
{
	enum kernel_status status = store_check(args);

	if (status != KERNEL_OK)
		return status;
	for (size_t i = 0; i < args->tokens; i++) {
		int64_t slot = read_index(args, i);

		if (slot < 0 && args->skip_negative)
			continue;
		if (slot < 0 || (uint64_t)slot >= args->slots) {
			if (bad_token != NULL)
				*bad_token = i;
			return KERNEL_BAD_INDEX;
		}
		store_row(&args->k, i, (size_t)slot);
		store_row(&args->v, i, (size_t)slot);
	}
	return KERNEL_OK;
}

static struct row_plane
side_plane(const struct store_side *side)
{
	return (struct row_plane){ side->input, side->cache, side->input_stride,
		side->cache_stride, side->bytes };
}

void
store_plan(const struct store_args *args, struct row_plan *plan)
{
	*plan = (struct row_plan){
		.plane = { side_plane(&args->k), side_plane(&args->v) },
		.planes = args->v.bytes > 0 ? 2 : 1,
		.scatter = true,
		.wide_index = args->index_type == INDEX_INT64,
		.miss = args->skip_negative ? ROW_MISS_SKIP : ROW_MISS_ERROR,
		.indices = args->indices,
		.index_stride = args->index_stride ? args->index_stride : 1,
		.rows = args->tokens,
		.limit = args->slots,
		.start = 0,
	};
}
