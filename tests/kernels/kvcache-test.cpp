/* SPDX-License-Identifier: Apache-2.0 */
/* The paged cache write: the CPU reference against a write by the definition, and the device code
 * (kernels/kvcache.cuh), run by the CPU thread by thread, against the reference. */
#include <cmath>
#include <memory>

#include "emulate.h"

extern "C" {
#include "kvcache.h"
}

#include "kvcache.cuh"

namespace {

struct buffer {
	std::vector<unsigned char> bytes;
	unsigned char *at; /* `offset` bytes after a multiple of 16 */

	buffer(size_t size, size_t offset) : bytes(size + 32), at(bytes.data())
	{
		at += (0 - (uintptr_t)at) % 16 + offset;
		readable.push_back({ at, at + size });
	}
	~buffer() { readable.pop_back(); }
	buffer(const buffer &) = delete;
	buffer &operator=(const buffer &) = delete;
};

uint64_t seed = 11;

size_t
draw(size_t count)
{
	return check_random(&seed) % count;
}

template <typename INDEX, typename TYPE, bool FP8>
void
run_thread(const kvcache_plan &plan, bool aligned)
{
	if (aligned)
		kvcache_move<INDEX, TYPE, FP8, true>(plan);
	else
		kvcache_move<INDEX, TYPE, FP8, false>(plan);
}

template <typename INDEX, typename TYPE>
void
launch(const kvcache_args &args, uint64_t blocks, uint64_t *bad_row)
{
	kvcache_plan plan = kvcache_plan_make(args, bad_row);
	bool aligned = kvcache_is_aligned(&args);

	gridDim.x = (unsigned)blocks;
	for (blockIdx.z = 0; blockIdx.z < 2; blockIdx.z++)
		for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++)
			for (threadIdx.x = 0; threadIdx.x < KVCACHE_BLOCK; threadIdx.x++)
				args.to == ELEMENT_FP8 ? run_thread<INDEX, TYPE, true>(plan, aligned)
				                       : run_thread<INDEX, TYPE, false>(plan, aligned);
}

/* What a number becomes, by trying all 256: the nearest, of two equally near the even one. */
unsigned char
nearest_fp8(float number)
{
	unsigned best = 0;

	if (std::isnan(number))
		return std::signbit(number) ? 0xff : 0x7f;
	for (unsigned bits = 1; bits < 0x7f; bits++) {
		double apart = std::fabs((double)fp8_to_float((uint8_t)bits) - std::fabs(number));
		double least = std::fabs((double)fp8_to_float((uint8_t)best) - std::fabs(number));

		if (apart < least || (apart == least && bits % 2 == 0))
			best = bits;
	}
	return (unsigned char)(best | (std::signbit(number) ? 0x80 : 0));
}

float
number_at(element_type type, const unsigned char *at)
{
	uint16_t half;
	float number;

	memcpy(&half, at, 2);
	if (type == ELEMENT_FP32)
		memcpy(&number, at, 4);
	else
		number = type == ELEMENT_FP16 ? fp16_to_float(half) : bf16_to_float(half);
	return number;
}

/* A layout: where the heads of a token lie in a page. */
enum layout { NHD, HND, MLA };

struct setting {
	layout how;
	element_type from, to;
	unsigned heads, dim;
	size_t page, pages, tokens;
	bool scaled, per_head, aligned, skip, broken;
};

void
fill_side(kvcache_side *side, const setting &set, buffer &cache, buffer &input, const float *scales)
{
	size_t in = element_size(set.from), out = element_size(set.to);
	size_t head = set.dim * out;

	*side = {};
	side->cache = cache.at;
	side->heads = set.heads;
	side->dim = set.dim;
	side->token_stride = set.how == HND ? head : set.heads * head;
	side->head_stride = set.how == HND ? set.page * head : head;
	side->page_stride = set.page * set.heads * head;
	side->input = input.at;
	side->input_head_stride = set.dim * in;
	side->input_stride = set.heads * set.dim * in + (set.aligned ? 32 : in);
	side->scale = set.scaled ? scales : nullptr;
	side->scale_stride = set.per_head;
	check_fill(&seed, input.at, input.bytes.size() - 32);
}

/* The definition, element by element. */
void
want_side(std::vector<unsigned char> &wanted, const kvcache_args &args, const kvcache_side &side,
    const unsigned char *start, size_t token, int64_t slot)
{
	size_t in = element_size(args.from), out = element_size(args.to);

	for (unsigned head = 0; head < side.heads; head++)
		for (unsigned i = 0; i < side.dim; i++) {
			const unsigned char *from = (const unsigned char *)side.input +
			    token * side.input_stride + head * side.input_head_stride + i * in;
			size_t to = (size_t)((unsigned char *)side.cache - start) +
			    (size_t)slot / args.page * side.page_stride + head * side.head_stride +
			    (size_t)slot % args.page * side.token_stride + i * out;
			float scale = side.scale ? side.scale[head * side.scale_stride] : 1;

			if (args.to == ELEMENT_FP8)
				wanted[to] = nearest_fp8(number_at(args.from, from) / scale);
			else
				memcpy(&wanted[to], from, in);
		}
}

template <typename INDEX>
void
run_type(const kvcache_args &args, uint64_t blocks, uint64_t *bad_row)
{
	if (args.from == ELEMENT_FP32)
		launch<INDEX, float>(args, blocks, bad_row);
	else if (args.from == ELEMENT_FP16)
		launch<INDEX, half_bits>(args, blocks, bad_row);
	else
		launch<INDEX, bf16_bits>(args, blocks, bad_row);
}

template <typename INDEX>
void
check(const setting &set)
{
	size_t out = element_size(set.to), in = element_size(set.from), offset = set.aligned ? 0 : in;
	size_t slots = set.page * set.pages;
	size_t row = set.heads * set.dim * out, cache_bytes = slots * row * (set.how == MLA ? 2 : 1);
	size_t input_bytes = set.tokens * (set.heads * set.dim * in + 32);
	buffer k_cache(cache_bytes, set.aligned ? 0 : out), v_cache(cache_bytes, 0);
	buffer k_input(input_bytes, offset), v_input(input_bytes, 0);
	std::vector<float> scales(set.heads);
	std::vector<INDEX> places(set.tokens);
	kvcache_args args = {};
	size_t bad = SIZE_MAX, met = SIZE_MAX;

	for (float &scale : scales)
		scale = 0.25f + (float)draw(64) / 16;
	fill_side(&args.k, set, k_cache, k_input, scales.data());
	fill_side(&args.v, set, v_cache, v_input, scales.data());
	if (set.how == MLA) {
		/* the latent part and the rotated part of one row */
		args.k.token_stride = args.v.token_stride = 2 * row;
		args.k.page_stride = args.v.page_stride = 2 * row * set.page;
		args.v.cache = k_cache.at + row;
	}
	args.from = set.from;
	args.to = set.to;
	args.page = set.page;
	args.slots = slots;
	args.indices = places.data();
	args.index_type = sizeof(INDEX) == 8 ? INDEX_INT64 : INDEX_INT32;
	args.tokens = set.tokens;
	args.skip_negative = set.skip;
	if (set.broken && set.tokens > 0)
		bad = draw(set.tokens);

	std::vector<unsigned char> k_before(k_cache.at, k_cache.at + cache_bytes), k_wanted(k_before);
	std::vector<unsigned char> v_before(v_cache.at, v_cache.at + cache_bytes), v_wanted(v_before);
	for (size_t i = 0; i < set.tokens; i++) {
		/* no slot twice */
		places[i] = (INDEX)((i * 7 + 3) % (slots % 7 == 0 ? slots - 1 : slots));
		if (set.skip && draw(4) == 0)
			places[i] = (INDEX)(-1 - (int64_t)draw(3));
		if (i == bad)
			places[i] = draw(2) || set.skip ? (INDEX)slots : (INDEX)-1;
		if (places[i] < 0 || (uint64_t)places[i] >= slots)
			continue;
		want_side(k_wanted, args, args.k, k_cache.at, i, places[i]);
		want_side(set.how == MLA ? k_wanted : v_wanted, args, args.v,
		    set.how == MLA ? k_cache.at : v_cache.at, i, places[i]);
	}
	CHECK(kvcache_store(&args, &met) == (bad == SIZE_MAX ? KERNEL_OK : KERNEL_BAD_INDEX), "status");
	CHECK(met == bad, "token %zu, not %zu", met, bad);
	if (bad == SIZE_MAX)
		CHECK(memcmp(k_cache.at, k_wanted.data(), cache_bytes) == 0 &&
		    memcmp(v_cache.at, v_wanted.data(), cache_bytes) == 0,
		    "reference: layout %d, %u heads of %u, pages of %zu", set.how, set.heads, set.dim,
		    set.page);
	CHECK(!set.aligned || set.dim % KVCACHE_CHUNK != 0 || kvcache_is_aligned(&args), "aligned");
	for (uint64_t blocks : { kvcache_blocks(&args), (kvcache_blocks(&args) + 2) / 3 }) {
		uint64_t bad_row = ROW_NONE;

		memcpy(k_cache.at, k_before.data(), cache_bytes);
		memcpy(v_cache.at, v_before.data(), cache_bytes);
		run_type<INDEX>(args, blocks, &bad_row);
		CHECK(memcmp(k_cache.at, k_wanted.data(), cache_bytes) == 0 &&
		    memcmp(v_cache.at, v_wanted.data(), cache_bytes) == 0,
		    "device code: layout %d, %u heads of %u, pages of %zu, aligned %d", set.how, set.heads,
		    set.dim, set.page, set.aligned);
		CHECK(bad_row == (bad == SIZE_MAX ? ROW_NONE : bad), "bad row");
	}
}

void
check_conversion()
{
	for (unsigned high = 0; high < 65536; high++) {
		float number = bf16_to_float((uint16_t)high), half = fp16_to_float((uint16_t)high);

		CHECK(fp8_from_float(number) == nearest_fp8(number), "%g", (double)number);
		CHECK(fp8_from_float(half) == nearest_fp8(half), "%g", (double)half);
	}
	for (unsigned bits = 0; bits < 256; bits++)
		CHECK(fp8_from_float(fp8_to_float((uint8_t)bits)) == bits, "%u", bits);
	/* halfway between two and just beside */
	CHECK(fp8_from_float(17.f) == fp8_from_float(16.f), "to even");
	CHECK(fp8_from_float(std::nextafter(17.f, 18.f)) == fp8_from_float(18.f), "up");
	CHECK(fp8_from_float(1e30f) == 0x7e && fp8_from_float(-INFINITY) == 0xfe, "the largest");
}

void
check_arguments()
{
	unsigned char memory[64] = {};
	int32_t slot = 0;
	kvcache_args good = {}, args;

	good.k = { memory, 16, 16, 16, memory + 32, 16, 16, 1, 8, nullptr, 0 };
	good.from = good.to = ELEMENT_FP16;
	good.page = good.slots = good.tokens = 1;
	good.indices = &slot;
	CHECK(kvcache_store(&good, nullptr) == KERNEL_OK, "keys alone");
	args = good, args.to = ELEMENT_INT8;
	CHECK(kvcache_store(&args, nullptr) == KERNEL_BAD_ARGUMENT, "to int8");
	args = good, args.from = ELEMENT_FP8;
	CHECK(kvcache_store(&args, nullptr) == KERNEL_BAD_ARGUMENT, "from fp8");
	args = good, args.page = 0;
	CHECK(kvcache_store(&args, nullptr) == KERNEL_BAD_ARGUMENT, "no page");
	args = good, args.k.input = nullptr;
	CHECK(kvcache_store(&args, nullptr) == KERNEL_BAD_ARGUMENT, "no input");
	CHECK(kvcache_bytes(&good) == 8 * 4 + 4, "bytes");
}

}

int
main()
{
	static const unsigned dims[] = { 1, 7, 8, 64, 80, 128, 192, 576 };
	static const element_type types[] = { ELEMENT_FP32, ELEMENT_FP16, ELEMENT_BF16 };

	check_conversion();
	check_arguments();
	for (unsigned dim : dims)
		for (layout how : { NHD, HND, MLA })
			for (element_type from : types)
				for (int round = 0; round < 8; round++) {
					setting set = {};

					set.how = how;
					set.from = from;
					set.to = round & 1 ? ELEMENT_FP8 : from;
					set.heads = how == MLA ? 1 : 1 + (unsigned)draw(5);
					set.dim = dim;
					set.page = how == MLA ? 1 : (size_t[]){ 1, 4, 16 }[draw(3)];
					set.pages = 3 + draw(6) + 24 / set.page;
					set.tokens = draw(20);
					set.scaled = round & 2;
					set.per_head = round & 4;
					set.aligned = draw(2);
					set.skip = draw(2);
					set.broken = draw(4) == 0;
					check<int32_t>(set);
					check<int64_t>(set);
				}
	return 0;
}
