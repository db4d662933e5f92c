/* SPDX-License-Identifier: Apache-2.0 */
/* The one-step all_reduce, its device code run by the CPU: a rank is a thread, which runs its blocks
 * one after another. Ranks come late at random; each writes its message just before the call and
 * spoils it right after, so that one that reads too early or leaves too soon is seen. */
#include <atomic>
#include <thread>

#include "emulate.h"

extern "C" {
#include "allreduce.h"
#include "oneshot.h"
}

/* A block's threads run one after another here: the first speaks for all. */
template <typename SIGNALS>
void
device_peers_meet(SIGNALS *const *signals, int rank, int world, unsigned round, bool end)
{
	/* at the end the last thread, when all have added up */
	if (threadIdx.x != (end ? ONESHOT_BLOCK - 1 : 0u))
		return;
	for (int peer = 0; peer < world; peer++) {
		SIGNALS &there = *signals[peer];

		__atomic_store_n(end ? &there.end[blockIdx.x][rank] : &there.begin[blockIdx.x][rank],
		    round, __ATOMIC_RELEASE);
	}
	for (int peer = 0; peer < world; peer++) {
		SIGNALS &here = *signals[rank];

		while ((int)(__atomic_load_n(end ? &here.end[blockIdx.x][peer]
		                                 : &here.begin[blockIdx.x][peer], __ATOMIC_ACQUIRE) -
		    round) < 0)
			std::this_thread::yield();
	}
}

#include "oneshot.cuh"

namespace {

struct world {
	int ranks;
	size_t count, offset; /* bytes that messages lie off 16 */
	element_type type;
	std::vector<std::vector<unsigned char>> inputs, messages, outputs;
	std::vector<oneshot_signals> signals;
};

unsigned char *
aligned(std::vector<unsigned char> &bytes, size_t offset)
{
	return bytes.data() + (0 - (uintptr_t)bytes.data()) % 16 + offset;
}

template <typename TYPE>
void
run_blocks(const oneshot_args &args, bool words)
{
	gridDim.x = oneshot_blocks(&args);
	for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++)
		for (threadIdx.x = 0; threadIdx.x < ONESHOT_BLOCK; threadIdx.x++)
			words ? oneshot_reduce<TYPE, true>(args) : oneshot_reduce<TYPE, false>(args);
}

void
run_rank(world &all, int rank, uint32_t round)
{
	size_t bytes = all.count * element_size(all.type);
	uint64_t seed = (uint64_t)rank * 77 + round + 1;
	oneshot_args args = {};

	args.rank = rank;
	args.world = all.ranks;
	args.count = all.count;
	args.type = all.type;
	args.round = round;
	args.output = aligned(all.outputs[(size_t)rank], all.offset);
	for (int i = 0; i < all.ranks; i++) {
		unsigned char *message = aligned(all.messages[(size_t)i], all.offset);

		args.messages[i] = message;
		args.signals[i] = &all.signals[(size_t)i];
		readable.push_back({ message, message + bytes });
	}
	for (uint64_t wait = check_random(&seed) % 20; wait > 0; wait--)
		std::this_thread::yield();
	memcpy(aligned(all.messages[(size_t)rank], all.offset), all.inputs[(size_t)rank].data(), bytes);
	CHECK(oneshot_check(&args) == KERNEL_OK, "arguments");
	if (all.type == ELEMENT_FP32)
		run_blocks<float>(args, all.offset == 0);
	else if (all.type == ELEMENT_FP16)
		run_blocks<half_bits>(args, all.offset == 0);
	else
		run_blocks<bf16_bits>(args, all.offset == 0);
	memset(aligned(all.messages[(size_t)rank], all.offset), 0x7b, bytes);
}

void
check(uint64_t *seed, int ranks, size_t count, element_type type, bool words)
{
	size_t size = element_size(type), bytes = count * size;
	std::vector<unsigned char> wanted(bytes + 1);
	std::vector<const void *> inputs;
	world all = { ranks, count, words ? 0 : size, type, {}, {}, {}, {} };

	all.signals.resize((size_t)ranks);
	memset((void *)all.signals.data(), 0, all.signals.size() * sizeof(all.signals[0]));
	for (int rank = 0; rank < ranks; rank++) {
		all.inputs.emplace_back(bytes + 1);
		all.messages.emplace_back(bytes + 48, (unsigned char)0x7b);
		all.outputs.emplace_back(bytes + 48);
	}
	for (uint32_t round = 1; round <= 3; round++) {
		std::vector<std::thread> threads;

		inputs.clear();
		for (std::vector<unsigned char> &input : all.inputs) {
			for (size_t i = 0; i < count; i++) {
				float number = (float)(int)(check_random(seed) % 2001 - 1000) / 64;
				uint16_t half = type == ELEMENT_FP16 ? fp16_from_float(number)
				                                     : bf16_from_float(number);

				memcpy(&input[i * size], type == ELEMENT_FP32 ? (const void *)&number : &half,
				    size);
			}
			inputs.push_back(input.data());
		}
		CHECK(allreduce_reference(inputs.data(), ranks, wanted.data(), count, type,
		    REDUCE_SUM) == KERNEL_OK, "reference");
		for (int rank = 0; rank < ranks; rank++)
			threads.emplace_back([&all, rank, round] {
				run_rank(all, rank, round);
			});
		for (auto &thread : threads)
			thread.join();
		for (auto &output : all.outputs)
			CHECK(memcmp(aligned(output, all.offset), wanted.data(), bytes) == 0,
			    "%d ranks, %zu elements of type %d, round %u", ranks, count, type, round);
	}
}

}

int
main()
{
	uint64_t seed = 3;
	oneshot_signals signals;
	oneshot_args args = {};

	args.world = 1;
	args.round = 1;
	args.signals[0] = &signals;
	args.type = ELEMENT_FP16;
	CHECK(oneshot_check(&args) == KERNEL_OK, "nothing to add up");
	args.count = 1;
	CHECK(oneshot_check(&args) == KERNEL_BAD_ARGUMENT, "no message");
	args.messages[0] = args.output = &args;
	CHECK(oneshot_check(&args) == KERNEL_BAD_ARGUMENT, "in place");
	args.world = ONESHOT_RANKS + 1;
	CHECK(oneshot_check(&args) == KERNEL_BAD_ARGUMENT, "too many ranks");
	for (int ranks : { 1, 2, 3, 4, 8 })
		for (element_type type : { ELEMENT_FP32, ELEMENT_FP16, ELEMENT_BF16 })
			for (size_t count : { 0, 1, 7, 8, 100, 4096, 80001 })
				check(&seed, ranks, count, type, check_random(&seed) % 2);
	return 0;
}
