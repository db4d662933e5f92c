/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for kernels/device.cuh where there is no GPU: a kernel's threads run one after
 * another, a warp has one lane, and asynchronous copies happen as late (or as early) as the
 * rules of the ring allow, so that a stage reused too soon is seen as wrong data. */
#ifndef KERNELS_DEVICE_CUH
#define KERNELS_DEVICE_CUH

#include <cstdint>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "check.h"

extern "C" {
#include "element.h"
}

#define __device__
#define DEVICE_HAS_BULK 1

enum { DEVICE_WARP = 1 };

struct uint4 {
	uint32_t x, y, z, w;
};

struct uint2 {
	uint32_t x, y;
};

/* 16-bit floats as bits. */
struct half_bits {
	uint16_t bits;
};
struct bf16_bits {
	uint16_t bits;
};

struct dim3 {
	unsigned x = 1, y = 1, z = 1;
};

static thread_local dim3 gridDim, blockIdx, threadIdx;

inline uint4
make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w)
{
	return { x, y, z, w };
}

inline void
device_wait_for_primary()
{
}

inline void
device_let_dependents_start()
{
}

template <typename INDEX>
INDEX
device_load_index(const INDEX *index)
{
	return *index;
}

/* What may be read, as [first, second). */
static thread_local std::vector<std::pair<const unsigned char *, const unsigned char *>> readable;

inline uint4
device_load_word(const unsigned char *source)
{
	bool inside = false;
	uint4 word;

	CHECK((uintptr_t)source % 16 == 0, "load at %p", (const void *)source);
	for (const auto &range : readable)
		inside = inside || (source >= range.first && source + 16 <= range.second);
	CHECK(inside, "a word is loaded that reaches out of the tensor");
	memcpy(&word, source, sizeof(word));
	return word;
}

inline void
device_store_word(unsigned char *target, uint4 word)
{
	CHECK((uintptr_t)target % 16 == 0, "store at %p", (void *)target);
	memcpy(target, &word, sizeof(word));
}

/* By the definition, touching the words that the GPU touches. */
inline uint4
device_load_shifted(const unsigned char *source, unsigned shift)
{
	unsigned char both[32] = {};
	uint4 words[2] = { device_load_word(source), {} }, word;

	if (shift != 0)
		words[1] = device_load_word(source + 16);
	memcpy(both, words, sizeof(both));
	memcpy(&word, both + shift, sizeof(word));
	return word;
}

template <typename TYPE, unsigned WORDS>
void
device_unpack(const uint4 (&words)[WORDS], TYPE (&chunk)[WORDS * 16 / sizeof(TYPE)])
{
	memcpy((void *)chunk, words, sizeof(words));
}

template <typename TYPE, unsigned COUNT>
void
device_pack(const TYPE (&chunk)[COUNT], uint4 (&words)[COUNT * sizeof(TYPE) / 16])
{
	memcpy((void *)words, chunk, sizeof(words));
}

inline void
device_store_bytes(unsigned char *target, const unsigned char (&bytes)[8])
{
	CHECK((uintptr_t)target % 8 == 0, "store at %p", (void *)target);
	memcpy(target, bytes, sizeof(bytes));
}

inline float
device_float(float number)
{
	return number;
}

inline float
device_float(half_bits number)
{
	return fp16_to_float(number.bits);
}

inline float
device_float(bf16_bits number)
{
	return bf16_to_float(number.bits);
}

inline void
device_round(float number, float *rounded)
{
	*rounded = number;
}

inline void
device_round(float number, half_bits *rounded)
{
	rounded->bits = fp16_from_float(number);
}

inline void
device_round(float number, bf16_bits *rounded)
{
	rounded->bits = bf16_from_float(number);
}

inline unsigned char
device_fp8(float number)
{
	return fp8_from_float(number);
}

template <typename VALUE>
inline void
device_keep(VALUE &value)
{
	(void)value;
}

inline void
device_lower(uint64_t *place, uint64_t value)
{
	if (value < *place)
		*place = value;
}

template <typename VALUE>
VALUE
device_shuffle(VALUE value, unsigned lane)
{
	CHECK(lane == 0, "a warp has one lane here");
	return value;
}

/* ---- asynchronous copies ---- */

struct emulated_copy {
	unsigned char *target;
	const unsigned char *source;
	unsigned bytes;
};

struct emulated_barrier {
	uint64_t *barrier;
	unsigned phase;      /* completed phases */
	emulated_copy load;
	bool pending;
};

static bool emulate_early;
static std::vector<emulated_barrier> barriers;
static std::vector<emulated_copy> open_stores;              /* not committed */
static std::deque<std::vector<emulated_copy>> store_groups; /* committed, oldest first */

inline void
run_copy(const emulated_copy &copy)
{
	if (copy.bytes > 0)
		memcpy(copy.target, copy.source, copy.bytes);
}

inline void
device_barrier_init(uint64_t *barrier)
{
	barriers.push_back({ barrier, 0, {}, false });
}

inline void
device_barriers_ready()
{
}

inline emulated_barrier &
find_barrier(uint64_t *barrier)
{
	for (auto &candidate : barriers)
		if (candidate.barrier == barrier)
			return candidate;
	CHECK(false, "barrier not initialised");
	abort();
}

inline void
device_bulk_load(unsigned char *stage, const unsigned char *source, unsigned bytes,
    uint64_t *barrier)
{
	emulated_barrier &found = find_barrier(barrier);

	CHECK(!found.pending, "a stage is loaded twice at once");
	CHECK(bytes % 16 == 0, "%u bytes", bytes);
	CHECK(bytes == 0 || ((uintptr_t)source % 16 == 0 && (uintptr_t)stage % 16 == 0), "alignment");
	found.load = { stage, source, bytes };
	found.pending = true;
	if (emulate_early)
		run_copy(found.load);
}

inline void
device_barrier_wait(uint64_t *barrier, unsigned parity)
{
	emulated_barrier &found = find_barrier(barrier);

	CHECK(found.pending, "waits for a load that nobody began: a hang");
	CHECK(parity == found.phase % 2, "waits for the wrong phase");
	if (!emulate_early)
		run_copy(found.load);
	found.pending = false;
	found.phase++;
}

inline void
device_bulk_store(unsigned char *target, const unsigned char *stage, unsigned bytes)
{
	CHECK((uintptr_t)target % 16 == 0 && bytes % 16 == 0 && bytes > 0, "%u bytes", bytes);
	open_stores.push_back({ target, stage, bytes });
	if (emulate_early)
		run_copy(open_stores.back());
}

inline void
device_bulk_commit()
{
	store_groups.push_back(open_stores);
	open_stores.clear();
}

template <unsigned PENDING>
void
device_bulk_wait_read()
{
	while (store_groups.size() > PENDING) {
		if (!emulate_early)
			for (const auto &copy : store_groups.front())
				run_copy(copy);
		store_groups.pop_front();
	}
}

#endif
