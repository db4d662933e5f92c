/* SPDX-License-Identifier: Apache-2.0 */
/* The paged cache write on the CPU, the reference that the GPU kernel is checked against. */
#include <string.h>

#include "kvcache.h"

static bool
side_is_sound(const struct kvcache_args *args, const struct kvcache_side *side)
{
	if (side->heads == 0 || side->dim == 0)
		return true;
	return side->input != NULL && (side->cache != NULL || args->slots == 0);
}

enum kernel_status
kvcache_check(const struct kvcache_args *args)
{
	bool same = args->to == args->from;

	if (args->tokens == 0)
		return KERNEL_OK;
	if (args->from != ELEMENT_FP32 && args->from != ELEMENT_FP16 && args->from != ELEMENT_BF16)
		return KERNEL_BAD_ARGUMENT;
	if ((!same && args->to != ELEMENT_FP8) || args->page == 0 || args->indices == NULL ||
	    args->slots > PTRDIFF_MAX)
		return KERNEL_BAD_ARGUMENT;
	if (!side_is_sound(args, &args->k) || !side_is_sound(args, &args->v))
		return KERNEL_BAD_ARGUMENT;
	return KERNEL_OK;
}

static int64_t
read_slot(const struct kvcache_args *args, size_t token)
{
	return args->index_type == INDEX_INT32 ? ((const int32_t *)args->indices)[token]
	                                       : ((const int64_t *)args->indices)[token];
}

static float
read_element(enum element_type type, const unsigned char *at)
{
	uint16_t half;
	float number;

	if (type == ELEMENT_FP32) {
		memcpy(&number, at, sizeof(number));
		return number;
	}
	memcpy(&half, at, sizeof(half));
	return type == ELEMENT_FP16 ? fp16_to_float(half) : bf16_to_float(half);
}

static void
store_head(const struct kvcache_args *args, const struct kvcache_side *side, unsigned head,
    const unsigned char *from, unsigned char *to)
{
	size_t size = element_size(args->from);
	float scale = side->scale == NULL ? 1
	    : side->scale[(size_t)head * side->scale_stride];

	if (args->to == args->from) {
		memcpy(to, from, side->dim * size);
		return;
	}
	for (unsigned i = 0; i < side->dim; i++)
		to[i] = fp8_from_float(read_element(args->from, from + i * size) / scale);
}

static void
store_token(const struct kvcache_args *args, const struct kvcache_side *side, size_t token,
    size_t slot)
{
	for (unsigned head = 0; head < side->heads; head++)
		store_head(args, side, head, (const unsigned char *)side->input +
		    token * side->input_stride + head * side->input_head_stride,
		    (unsigned char *)side->cache + slot / args->page * side->page_stride +
		    head * side->head_stride + slot % args->page * side->token_stride);
}

enum kernel_status
kvcache_store(const struct kvcache_args *args, size_t *bad_token)
{
	enum kernel_status status = kvcache_check(args);

	if (status != KERNEL_OK)
		return status;
	for (size_t token = 0; token < args->tokens; token++) {
		int64_t slot = read_slot(args, token);

		if (slot < 0 && args->skip_negative)
			continue;
		if (slot < 0 || (uint64_t)slot >= args->slots) {
			if (bad_token != NULL)
				*bad_token = token;
			return KERNEL_BAD_INDEX;
		}
		store_token(args, &args->k, token, (size_t)slot);
		store_token(args, &args->v, token, (size_t)slot);
	}
	return KERNEL_OK;
}

double
kvcache_bytes(const struct kvcache_args *args)
{
	double elements = (double)args->k.heads * args->k.dim + (double)args->v.heads * args->v.dim;
	double each = (double)(element_size(args->from) + element_size(args->to));

	return (double)args->tokens * (elements * each +
	    (args->index_type == INDEX_INT64 ? 8 : 4));
}

unsigned
kvcache_lanes(const struct kvcache_args *args)
{
	unsigned dim = args->k.dim > args->v.dim ? args->k.dim : args->v.dim, lanes = 1;

	while (lanes < 32 && lanes * KVCACHE_CHUNK < dim)
		lanes *= 2;
	return lanes;
}

uint64_t
kvcache_blocks(const struct kvcache_args *args)
{
	uint64_t heads = args->k.heads > args->v.heads ? args->k.heads : args->v.heads;
	uint64_t threads = args->tokens * heads * kvcache_lanes(args);

	return threads / KVCACHE_BLOCK + (threads % KVCACHE_BLOCK != 0);
}

static bool
side_is_aligned(const struct kvcache_args *args, const struct kvcache_side *side)
{
	size_t in = KVCACHE_CHUNK * element_size(args->from);
	size_t out = KVCACHE_CHUNK * element_size(args->to);

	if (side->heads == 0 || side->dim == 0)
		return true;
	/* Words of a load and a store have 16 bytes at most. */
	in = in > 16 ? 16 : in;
	out = out > 16 ? 16 : out;
	return side->dim % KVCACHE_CHUNK == 0 && (uintptr_t)side->input % in == 0 &&
	    side->input_stride % in == 0 && side->input_head_stride % in == 0 &&
	    (uintptr_t)side->cache % out == 0 && side->page_stride % out == 0 &&
	    side->head_stride % out == 0 && side->token_stride % out == 0;
}

bool
kvcache_is_aligned(const struct kvcache_args *args)
{
	return side_is_aligned(args, &args->k) && side_is_aligned(args, &args->v);
}
