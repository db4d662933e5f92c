/* SPDX-License-Identifier: Apache-2.0 */
/* The device code of the paged cache write: a group of lanes takes one head of one token, each lane
 * 8 elements at a time, loaded as words where everything is aligned.
 *
 * A test includes this file with stand-ins for what device.cuh gives and runs it on the CPU. */
#ifndef KERNELS_KVCACHE_CUH
#define KERNELS_KVCACHE_CUH

#include "device.cuh"
#include "kvcache.h"

/* What a launch passes by value. */
struct kvcache_plan {
	kvcache_side side[2];
	const void *indices;
	uint64_t tokens, slots, page;
	uint64_t *bad_row;
	unsigned lane_shift;
	bool skip_negative;
};

/* 8 elements of a type as numbers. */
template <typename TYPE, bool ALIGNED>
__device__ inline void
kvcache_load(const unsigned char *source, unsigned count, TYPE (&chunk)[KVCACHE_CHUNK])
{
	if constexpr (ALIGNED) {
		uint4 words[sizeof(chunk) / 16];

#pragma unroll
		for (unsigned i = 0; i < sizeof(chunk) / 16; i++)
			words[i] = device_load_word(source + i * 16);
		device_unpack(words, chunk);
	} else {
#pragma unroll
		for (unsigned i = 0; i < KVCACHE_CHUNK; i++)
			chunk[i] = ((const TYPE *)source)[i < count ? i : 0];
	}
}

/* As they are. */
template <typename TYPE, bool ALIGNED>
__device__ inline void
kvcache_put(unsigned char *target, unsigned count, const TYPE (&chunk)[KVCACHE_CHUNK])
{
	if constexpr (ALIGNED) {
		uint4 words[sizeof(chunk) / 16];

		device_pack(chunk, words);
#pragma unroll
		for (unsigned i = 0; i < sizeof(chunk) / 16; i++)
			device_store_word(target + i * 16, words[i]);
	} else {
#pragma unroll
		for (unsigned i = 0; i < KVCACHE_CHUNK; i++)
			if (i < count)
				((TYPE *)target)[i] = chunk[i];
	}
}

/* Divided by the scale, in fp8. */
template <typename TYPE, bool ALIGNED>
__device__ inline void
kvcache_put_fp8(unsigned char *target, unsigned count, const TYPE (&chunk)[KVCACHE_CHUNK],
    float scale)
{
	unsigned char bytes[KVCACHE_CHUNK];

#pragma unroll
	for (unsigned i = 0; i < KVCACHE_CHUNK; i++)
		bytes[i] = device_fp8(device_float(chunk[i]) / scale);
	if constexpr (ALIGNED) {
		device_store_bytes(target, bytes);
	} else {
#pragma unroll
		for (unsigned i = 0; i < KVCACHE_CHUNK; i++)
			if (i < count)
				target[i] = bytes[i];
	}
}

template <typename TYPE, bool FP8, bool ALIGNED>
__device__ inline void
kvcache_move_head(const kvcache_side &side, const unsigned char *source, unsigned char *target,
    float scale, unsigned lane, unsigned lanes)
{
	for (unsigned at = lane * KVCACHE_CHUNK; at < side.dim; at += lanes * KVCACHE_CHUNK) {
		unsigned left = side.dim - at, count = left < KVCACHE_CHUNK ? left : (unsigned)KVCACHE_CHUNK;
		TYPE chunk[KVCACHE_CHUNK];

		kvcache_load<TYPE, ALIGNED>(source + at * sizeof(TYPE), count, chunk);
		if constexpr (FP8)
			kvcache_put_fp8<TYPE, ALIGNED>(target + at, count, chunk, scale);
		else
			kvcache_put<TYPE, ALIGNED>(target + at * sizeof(TYPE), count, chunk);
	}
}

/* Body of a kernel of KVCACHE_BLOCK threads a block. Grid: x over tokens and heads, in groups of
 * lanes; z over keys and values. */
template <typename INDEX, typename TYPE, bool FP8, bool ALIGNED>
__device__ inline void
kvcache_move(const kvcache_plan &plan)
{
	const kvcache_side &side = plan.side[blockIdx.z];
	unsigned lanes = 1u << plan.lane_shift, lane = threadIdx.x & (lanes - 1);
	uint64_t group = ((uint64_t)blockIdx.x * KVCACHE_BLOCK + threadIdx.x) >> plan.lane_shift;
	uint64_t step = ((uint64_t)gridDim.x * KVCACHE_BLOCK) >> plan.lane_shift;

	device_wait_for_primary();
	device_let_dependents_start();
	for (; side.heads > 0 && group < plan.tokens * side.heads; group += step) {
		uint64_t token = group / side.heads;
		unsigned head = (unsigned)(group % side.heads);
		int64_t slot = device_load_index((const INDEX *)plan.indices + token);

		if ((uint64_t)slot >= plan.slots) {
			if (!(slot < 0 && plan.skip_negative) && plan.bad_row != nullptr)
				device_lower(plan.bad_row, token);
			continue;
		}
		kvcache_move_head<TYPE, FP8, ALIGNED>(side, (const unsigned char *)side.input +
		    token * side.input_stride + head * side.input_head_stride,
		    (unsigned char *)side.cache + (uint64_t)slot / plan.page * side.page_stride +
		    head * side.head_stride + (uint64_t)slot % plan.page * side.token_stride,
		    side.scale != nullptr ? side.scale[head * side.scale_stride] : 1, lane, lanes);
	}
}

static inline kvcache_plan
kvcache_plan_make(const kvcache_args &args, uint64_t *bad_row)
{
	return { { args.k, args.v }, args.indices, args.tokens, args.slots, args.page, bad_row,
		(unsigned)__builtin_ctz(kvcache_lanes(&args)), args.skip_negative };
}

#endif
