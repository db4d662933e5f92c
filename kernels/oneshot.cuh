/* SPDX-License-Identifier: Apache-2.0 */
/* The device code of the one-step all_reduce: block b of each rank meets block b of all others,
 * adds up its share of all messages, and meets them again before messages may change.
 *
 * A test includes this file with stand-ins for what device.cuh gives and runs it on the CPU. */
#ifndef KERNELS_ONESHOT_CUH
#define KERNELS_ONESHOT_CUH

#include "device.cuh"
#include "oneshot.h"

/* One element of all messages. */
template <typename TYPE>
__device__ inline void
oneshot_element(const oneshot_args &args, uint64_t at)
{
	float sum = device_float(((const TYPE *)args.messages[0])[at]);

	for (int rank = 1; rank < args.world; rank++)
		sum += device_float(((const TYPE *)args.messages[rank])[at]);
	device_round(sum, &((TYPE *)args.output)[at]);
}

/* A word of 16 bytes of each: all are asked for before the first is used. */
template <typename TYPE>
__device__ inline void
oneshot_word(const oneshot_args &args, uint64_t word)
{
	const unsigned count = 16 / sizeof(TYPE);
	uint4 words[ONESHOT_RANKS][1], out[1];
	TYPE chunk[count];
	float sums[count];

#pragma unroll
	for (int rank = 0; rank < ONESHOT_RANKS; rank++)
		if (rank < args.world)
			words[rank][0] = device_load_word(
			    (const unsigned char *)args.messages[rank] + word * 16);
#pragma unroll
	for (int rank = 0; rank < ONESHOT_RANKS; rank++) {
		if (rank >= args.world)
			continue;
		device_unpack(words[rank], chunk);
#pragma unroll
		for (unsigned i = 0; i < count; i++)
			sums[i] = rank == 0 ? device_float(chunk[i])
			                    : sums[i] + device_float(chunk[i]);
	}
#pragma unroll
	for (unsigned i = 0; i < count; i++)
		device_round(sums[i], &chunk[i]);
	device_pack(chunk, out);
	device_store_word((unsigned char *)args.output + word * 16, out[0]);
}

/* Body of a kernel of ONESHOT_BLOCK threads a block. */
template <typename TYPE, bool ALIGNED>
__device__ inline void
oneshot_reduce(const oneshot_args &args)
{
	const unsigned each = 16 / sizeof(TYPE);
	uint64_t first = (uint64_t)blockIdx.x * ONESHOT_BLOCK + threadIdx.x;
	uint64_t step = (uint64_t)gridDim.x * ONESHOT_BLOCK, words = ALIGNED ? args.count / each : 0;

	device_peers_meet(args.signals, args.rank, args.world, args.round, false);
	for (uint64_t word = first; word < words; word += step)
		oneshot_word<TYPE>(args, word);
	for (uint64_t at = words * each + first; at < args.count; at += step)
		oneshot_element<TYPE>(args, at);
	device_peers_meet(args.signals, args.rank, args.world, args.round, true);
}

#endif
