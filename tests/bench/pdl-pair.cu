// SPDX-License-Identifier: Apache-2.0
// A producer and its consumer with programmatic dependent launch on both: store writes rows of a table,
// index gathers them at once, with other rows each round. A consumer that reads before the producer
// has written gathers rows of the round before.
//
//     nvcc -std=c++17 -arch=sm_90 -Ikernels -o pdl-pair tests/bench/pdl-pair.cu kernels/*.cu LIBKERNELS && ./pdl-pair
#include <cstdint>
#include <cstdio>
#include <vector>

#include "index.h"
#include "store.h"

namespace {

const int kRows = 4096, kBytes = 2048, kRounds = 200;

__global__ void
fill(uint32_t *words, size_t count, uint32_t value)
{
	size_t at = blockIdx.x * (size_t)blockDim.x + threadIdx.x;

	if (at < count)
		words[at] = value + (uint32_t)(at / (kBytes / 4));
}

struct Buffers {
	uint32_t *input, *table, *output;
	int32_t *indices;
	cudaStream_t stream;
};

bool
run_round(const Buffers &b, uint32_t value)
{
	const size_t words = (size_t)kRows * kBytes / 4;
	store_args store = {};
	index_args index = {};
	row_launch launch = {};

	launch.dependent = true;
	launch.stream = b.stream;
	store.k = { b.table, kBytes, b.input, kBytes, kBytes };
	store.slots = index.vocab = kRows;
	store.indices = index.indices = b.indices;
	store.tokens = index.rows = kRows;
	store.index_type = index.index_type = INDEX_INT32;
	index.weights = b.table;
	index.output = b.output;
	index.weight_stride = index.output_stride = index.row_bytes = kBytes;
	fill<<<(unsigned)((words + 255) / 256), 256, 0, b.stream>>>(b.input, words, value);
	return store_scatter_cuda(&store, &launch) == KERNEL_OK &&
	    index_gather_cuda(&index, &launch) == KERNEL_OK;
}

} // namespace

int
main()
{
	const size_t words = (size_t)kRows * kBytes / 4;
	std::vector<uint32_t> host(words);
	std::vector<int32_t> slots(kRows);
	Buffers b = {};
	int wrong = 0;

	for (int i = 0; i < kRows; i++)
		slots[i] = (int)((i * 1021LL) % kRows); /* odd: every slot once */
	if (cudaStreamCreate(&b.stream) != cudaSuccess || cudaMalloc(&b.input, words * 4) != cudaSuccess ||
	    cudaMalloc(&b.table, words * 4) != cudaSuccess || cudaMalloc(&b.output, words * 4) != cudaSuccess ||
	    cudaMalloc(&b.indices, sizeof(int32_t) * kRows) != cudaSuccess ||
	    cudaMemcpy(b.indices, slots.data(), sizeof(int32_t) * kRows, cudaMemcpyHostToDevice) != cudaSuccess) {
		std::printf("no memory or no device\n");
		return 2;
	}
	for (int round = 0; round < kRounds; round++) {
		uint32_t value = (uint32_t)round * 65536;

		if (!run_round(b, value) || cudaMemcpyAsync(host.data(), b.output, words * 4,
		    cudaMemcpyDeviceToHost, b.stream) != cudaSuccess ||
		    cudaStreamSynchronize(b.stream) != cudaSuccess) {
			std::printf("round %d: %s\n", round, cudaGetErrorString(cudaGetLastError()));
			return 2;
		}
		/* Row i of the output is the slot that token i was stored in: token i. */
		for (size_t i = 0; i < words; i++)
			wrong += host[i] != value + (uint32_t)(i / (kBytes / 4));
	}
	std::printf("%d rounds, %d wrong words\n", kRounds, wrong);
	return wrong > 0;
}
