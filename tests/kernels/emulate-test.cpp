/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the device code of index and store (kernels/rowmove.cuh) on the CPU, thread by
 * thread, in the shapes that the launcher chooses, and compares with the CPU references. */
#include "emulate.h"

extern "C" {
#include "index.h"
#include "store.h"
}

#include "rowmove.cuh"

namespace {

/* Launch the kernel of one piece a group. */
bool once;

template <typename INDEX, int UNROLL, bool SCATTER>
void
run_thread(const row_plan &plan, const row_shape &shape, unsigned lane_shift)
{
	if (once)
		row_move_once<INDEX, UNROLL, SCATTER>(plan, lane_shift);
	else if (shape.aligned)
		row_move<INDEX, UNROLL, true, SCATTER>(plan, lane_shift);
	else
		row_move<INDEX, UNROLL, false, SCATTER>(plan, lane_shift);
}

template <typename INDEX, bool SCATTER>
void
run_unroll(const row_plan &plan, const row_shape &shape, unsigned lane_shift)
{
	switch (shape.unroll) {
	case 1:
		run_thread<INDEX, 1, SCATTER>(plan, shape, lane_shift);
		break;
	case 2:
		run_thread<INDEX, 2, SCATTER>(plan, shape, lane_shift);
		break;
	case 4:
		run_thread<INDEX, 4, SCATTER>(plan, shape, lane_shift);
		break;
	case 8:
		run_thread<INDEX, 8, SCATTER>(plan, shape, lane_shift);
		break;
	default:
		CHECK(false, "unroll %u", shape.unroll);
	}
}

template <typename INDEX>
void
run_index(const row_plan &plan, const row_shape &shape)
{
	unsigned shift = (unsigned)__builtin_ctz(shape.lanes);

	if (plan.scatter)
		run_unroll<INDEX, true>(plan, shape, shift);
	else
		run_unroll<INDEX, false>(plan, shape, shift);
}

/* One launch, every thread of every block in turn. */
void
launch_move(const row_plan &plan, const row_shape &shape, uint64_t blocks)
{
	gridDim.x = (unsigned)blocks;
	for (blockIdx.z = 0; blockIdx.z < shape.planes; blockIdx.z++)
		for (blockIdx.y = 0; blockIdx.y < shape.pieces; blockIdx.y++)
			for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++)
				for (threadIdx.x = 0; threadIdx.x < shape.threads; threadIdx.x++) {
					if (plan.wide_index)
						run_index<int64_t>(plan, shape);
					else
						run_index<int32_t>(plan, shape);
				}
}

template <unsigned STAGES>
void
launch_bulk(const row_plan &plan, unsigned blocks)
{
	alignas(128) static bulk_shared<STAGES> shared;

	gridDim.x = blocks;
	threadIdx.x = 0;
	for (blockIdx.z = 0; blockIdx.z < plan.planes; blockIdx.z++)
		for (blockIdx.x = 0; blockIdx.x < blocks; blockIdx.x++) {
			barriers.clear();
			memset((void *)&shared, 0xee, sizeof(shared));
			if (plan.scatter)
				plan.wide_index ? row_bulk<int64_t, true, STAGES>(plan, shared)
				                : row_bulk<int32_t, true, STAGES>(plan, shared);
			else
				plan.wide_index ? row_bulk<int64_t, false, STAGES>(plan, shared)
				                : row_bulk<int32_t, false, STAGES>(plan, shared);
			CHECK(store_groups.empty() && open_stores.empty(), "stores outlive the block");
			for (const auto &barrier : barriers)
				CHECK(!barrier.pending, "a load outlives the block");
		}
}

const row_device devices[] = { { 132, 50 << 20, 9, 132 * 2048 }, { 1, 1 << 20, 8, 256 } };

/* Every way to launch the plan; `reset` before and `compare` after each. */
template <typename RESET, typename COMPARE>
void
launch_all(const row_plan &plan, RESET reset, COMPARE compare)
{
	for (const auto &device : devices)
		for (unsigned unroll : { 0u, 1u, 2u, 4u, 8u }) {
			row_shape shape;

			row_shape_choose(&plan, device.resident_threads, unroll, &shape);
			for (uint64_t blocks : { shape.blocks, (shape.blocks + 2) / 3 }) {
				reset();
				launch_move(plan, shape, blocks);
				compare();
			}
			once = shape.aligned;
			reset();
			launch_move(plan, shape, shape.blocks);
			compare();
			once = false;
		}
	if (!row_plan_can_bulk(&plan, &devices[0]))
		return;
	for (unsigned blocks : { 1u, 3u, 700u })
		for (bool early : { false, true }) {
			emulate_early = early;
			reset();
			launch_bulk<BULK_FEW>(plan, blocks);
			compare();
			reset();
			launch_bulk<BULK_MANY>(plan, blocks);
			compare();
		}
}

/* Exactly `size` bytes, `offset` bytes behind a multiple of 16. */
struct block {
	unsigned char *bytes;
	size_t size;
	void *start;

	block(size_t size_, size_t offset) : size(size_)
	{
		CHECK(posix_memalign(&start, 16, size + offset + (size + offset == 0)) == 0, "memory");
		bytes = (unsigned char *)start + offset;
		readable.push_back({ bytes, bytes + size });
	}
	~block()
	{
		readable.pop_back();
		free(start);
	}
	block(const block &) = delete;
	block &operator=(const block &) = delete;
};

size_t
pick(uint64_t *seed, std::initializer_list<size_t> values)
{
	return values.begin()[check_random(seed) % values.size()];
}

template <typename INDEX>
void
check_index(uint64_t *seed, size_t row_bytes, bool aligned, bool masked)
{
	size_t unit = aligned ? 16 : 1, padded = (row_bytes + unit - 1) / unit * unit;
	size_t vocab = 1 + check_random(seed) % 30, rows = check_random(seed) % 40;
	size_t weight_stride = padded + unit * pick(seed, { 0, 1, 3 });
	size_t output_stride = padded + unit * pick(seed, { 0, 2, 5 });
	block weights((vocab - 1) * weight_stride + row_bytes, aligned ? 0 : check_random(seed) % 16);
	size_t output_size = rows ? (rows - 1) * output_stride + row_bytes : 0;
	block output(output_size, aligned ? 0 : check_random(seed) % 16), wanted(output_size, 0);
	std::vector<INDEX> ids(rows ? rows * 2 - 1 : 0);
	index_args args = { weights.bytes, vocab, weight_stride, output.bytes, output_stride,
		row_bytes, ids.data(), sizeof(INDEX) == 8 ? INDEX_INT64 : INDEX_INT32, 2, rows, masked,
		masked ? 7 : 0 };
	uint64_t bad_row = ROW_NONE, first_bad = ROW_NONE;
	row_plan plan;

	check_fill(seed, weights.bytes, weights.size);
	for (size_t i = 0; i < rows; i++) {
		bool wild = check_random(seed) % 8 == 0;

		ids[i * 2] = (INDEX)(check_random(seed) % vocab + (masked ? 7 : 0));
		if (wild && check_random(seed) % 2)
			ids[i * 2] = (INDEX)(-1 - (int64_t)(check_random(seed) % 99));
		else if (wild)
			ids[i * 2] = (INDEX)(vocab + 7);
		if (wild && !masked && i < first_bad)
			first_bad = i;
	}
	/* The reference with a mask zeroes the same rows; without one it stops. */
	memset(wanted.bytes, 0x5a, wanted.size);
	index_args reference = args;
	reference.output = wanted.bytes;
	reference.masked = true;
	CHECK(index_gather(&reference, NULL) == KERNEL_OK, "reference");
	index_plan(&args, &plan);
	plan.bad_row = &bad_row;
	launch_all(plan, [&] {
		bad_row = ROW_NONE;
		memset(output.bytes, 0x5a, output.size);
	}, [&] {
		CHECK(memcmp(output.bytes, wanted.bytes, output.size) == 0,
		    "row bytes %zu, %zu of %zu rows, unaligned %d", row_bytes, rows, vocab, !aligned);
		CHECK(bad_row == first_bad, "bad row %llu", (unsigned long long)bad_row);
	});
}

template <typename INDEX>
void
check_store(uint64_t *seed, size_t k_bytes, size_t v_bytes, bool aligned, bool skip)
{
	size_t unit = aligned ? 16 : 1, tokens = check_random(seed) % 40, slots = tokens + 5;
	size_t bytes[2] = { k_bytes, v_bytes };
	std::vector<INDEX> places(tokens);
	store_side sides[2];
	std::vector<block *> blocks;
	std::vector<unsigned char> before[2], wanted[2];
	uint64_t bad_row = ROW_NONE, first_bad = ROW_NONE;
	row_plan plan;

	/* No slot twice: what then lies there is not defined on the GPU. */
	for (size_t i = 0; i < tokens; i++)
		places[i] = (INDEX)((i * 7 + 3) % (tokens + (tokens % 7 == 0)));
	for (size_t i = 0; i < tokens; i++)
		if (check_random(seed) % 8 == 0) {
			bool negative = check_random(seed) % 2;

			places[i] = (INDEX)(negative ? -1 : (int64_t)slots);
			if (!(negative && skip) && i < first_bad)
				first_bad = i;
		}
	for (int s = 0; s < 2; s++) {
		size_t padded = (bytes[s] + unit - 1) / unit * unit;
		size_t cache_stride = padded + unit * pick(seed, { 0, 1, 7 });
		size_t input_stride = padded + unit * pick(seed, { 0, 3 });
		block *cache = new block((slots - 1) * cache_stride + bytes[s],
		    aligned ? 0 : check_random(seed) % 16);
		block *input = new block(tokens ? (tokens - 1) * input_stride + bytes[s] : 0,
		    aligned ? 0 : check_random(seed) % 16);

		blocks.push_back(cache);
		blocks.push_back(input);
		check_fill(seed, cache->bytes, cache->size);
		check_fill(seed, input->bytes, input->size);
		sides[s] = { cache->bytes, cache_stride, input->bytes, input_stride, bytes[s] };
		before[s].assign(cache->bytes, cache->bytes + cache->size);
		wanted[s] = before[s];
		for (size_t i = 0; i < tokens; i++)
			if (places[i] >= 0 && (uint64_t)places[i] < slots && bytes[s] > 0)
				memcpy(&wanted[s][(size_t)places[i] * cache_stride],
				    input->bytes + i * input_stride, bytes[s]);
	}
	store_args args = { sides[0], sides[1], slots, places.data(),
		sizeof(INDEX) == 8 ? INDEX_INT64 : INDEX_INT32, 1, tokens, skip };
	store_plan(&args, &plan);
	plan.bad_row = &bad_row;
	launch_all(plan, [&] {
		bad_row = ROW_NONE;
		for (int s = 0; s < 2; s++)
			if (!before[s].empty())
				memcpy(sides[s].cache, before[s].data(), before[s].size());
	}, [&] {
		for (int s = 0; s < 2; s++)
			CHECK(before[s].empty() ||
			    memcmp(sides[s].cache, wanted[s].data(), wanted[s].size()) == 0,
			    "%zu and %zu bytes, %zu tokens, unaligned %d", k_bytes, v_bytes, tokens,
			    !aligned);
		CHECK(bad_row == first_bad, "bad row %llu, not %llu", (unsigned long long)bad_row,
		    (unsigned long long)first_bad);
	});
	for (block *each : blocks)
		delete each;
}

}

int
main()
{
	static const size_t sizes[] = { 1, 15, 16, 17, 63, 64, 127, 128, 129, 512, 1000, 2048, 4100,
		8192, 9000, 20480 };
	uint64_t seed = 5;

	for (size_t bytes : sizes)
		for (int round = 0; round < 8; round++) {
			check_index<int32_t>(&seed, bytes, round & 1, round & 2);
			check_index<int64_t>(&seed, bytes, round & 1, round & 2);
			check_store<int32_t>(&seed, bytes, bytes, round & 1, round & 2);
			check_store<int64_t>(&seed, bytes, sizes[(size_t)round], round & 1, round & 2);
		}
	return 0;
}
