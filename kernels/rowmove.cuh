/* SPDX-License-Identifier: Apache-2.0 */
/* The device code of index and store: moves rows whose place on one side is an index.
 *
 * row_move: `lanes` threads load UNROLL words of 16 bytes each, all of them, then store all.
 * With fewer blocks than pieces of work a group goes on to the next row, whose index it asks
 * for before it moves the current one.
 * row_bulk: one warp a block keeps a ring of shared-memory stages filled by asynchronous
 * bulk copies and drains it by others; no data passes through registers.
 *
 * A test includes this file with stand-ins for what device.cuh gives and runs it on the CPU. */
#ifndef KERNELS_ROWMOVE_CUH
#define KERNELS_ROWMOVE_CUH

#include "device.cuh"
#include "rowmove.h"

enum { ROW_WORD = 16, ROW_BLOCK = 128 };

/* Where one row is. source NULL: the target is zeroed; target NULL: nothing is moved. */
struct row_ends {
	const unsigned char *source;
	unsigned char *target;
};

/* Left in its own width: widening would wait for a load that may still be under way. */
template <typename INDEX>
__device__ inline INDEX
row_index(const row_plan &plan, uint64_t row)
{
	return device_load_index((const INDEX *)plan.indices + row * plan.index_stride);
}

template <bool SCATTER>
__device__ inline row_ends
row_locate(const row_plan &plan, const row_plane &plane, uint64_t row, int64_t index)
{
	/* Unsigned, so that indices below start land past the limit. */
	uint64_t place = (uint64_t)index - (uint64_t)plan.start;
	uint64_t from = SCATTER ? row : place, to = SCATTER ? place : row;

	if (place < plan.limit)
		return { plane.source + from * plane.source_stride,
			plane.target + to * plane.target_stride };
	if (plan.miss != ROW_MISS_ZERO && !(plan.miss == ROW_MISS_SKIP && index < 0) &&
	    plan.bad_row != nullptr)
		device_lower(plan.bad_row, row);
	return { nullptr, SCATTER ? nullptr : plane.target + row * plane.target_stride };
}

/* Bytes [begin, end) of a row by all lanes of the group, one at a time. */
__device__ inline void
row_move_bytes(const row_ends &ends, uint64_t begin, uint64_t end, unsigned lane, unsigned lanes)
{
	for (uint64_t at = begin + lane; at < end; at += lanes)
		ends.target[at] = ends.source ? ends.source[at] : 0;
}

/* Zeroes bytes [begin, end) of a target that lies on multiples of 16 bytes, as do both ends. */
__device__ inline void
row_zero_words(unsigned char *target, uint64_t begin, uint64_t end, unsigned lane,
    unsigned lanes)
{
	for (uint64_t at = begin + (uint64_t)lane * ROW_WORD; at < end;
	    at += (uint64_t)lanes * ROW_WORD)
		device_store_word(target + at, make_uint4(0, 0, 0, 0));
}

/* Words first + lane + i * lanes for i in [0, UNROLL) of a row that lies on multiples of 16
 * bytes at both ends; with them the bytes behind its last whole word. */
template <int UNROLL>
__device__ inline void
row_move_words(const row_ends &ends, uint64_t bytes, unsigned first, unsigned lane,
    unsigned lanes)
{
	unsigned words = (unsigned)(bytes / ROW_WORD), at = first + lane;
	uint4 data[UNROLL];

#pragma unroll
	for (int i = 0; i < UNROLL; i++) {
		data[i] = make_uint4(0, 0, 0, 0);
		if (at + i * lanes < words && ends.source != nullptr)
			data[i] = device_load_word(ends.source + (uint64_t)(at + i * lanes) * ROW_WORD);
	}
#pragma unroll
	for (int i = 0; i < UNROLL; i++)
		if (at + i * lanes < words)
			device_store_word(ends.target + (uint64_t)(at + i * lanes) * ROW_WORD, data[i]);
	if (bytes % ROW_WORD != 0 && words >= first && words - first < lanes * UNROLL)
		row_move_bytes(ends, (uint64_t)words * ROW_WORD, bytes, lane, lanes);
}

/* A whole row that begins anywhere. Targets are stored in aligned words; each is put
 * together from the two aligned source words that it lies across. No byte outside the row
 * is read: the edges, where those words would reach past it, are moved as bytes. */
template <int UNROLL>
__device__ inline void
row_move_unaligned(const row_ends &ends, uint64_t bytes, unsigned lane, unsigned lanes)
{
	uint64_t head = (0 - (uint64_t)(uintptr_t)ends.target) % ROW_WORD;
	unsigned shift = (unsigned)(((uint64_t)(uintptr_t)ends.source + head) % ROW_WORD), words;
	const unsigned char *source;

	if (ends.source == nullptr || bytes < 4 * ROW_WORD) {
		row_move_bytes(ends, 0, bytes, lane, lanes);
		return;
	}
	if (head < shift)
		head += ROW_WORD;
	/* The last source word ends ROW_WORD - shift bytes behind the last target word. */
	words = (unsigned)((bytes - head - (shift ? ROW_WORD - shift : 0)) / ROW_WORD);
	source = ends.source + head - shift;
	row_move_bytes(ends, 0, head, lane, lanes);
	for (unsigned at = lane; at < words; at += lanes * UNROLL) {
		uint4 data[UNROLL];

#pragma unroll
		for (int i = 0; i < UNROLL; i++)
			if (at + i * lanes < words)
				data[i] = device_load_shifted(
				    source + (uint64_t)(at + i * lanes) * ROW_WORD, shift);
#pragma unroll
		for (int i = 0; i < UNROLL; i++)
			if (at + i * lanes < words)
				device_store_word(ends.target + head +
				    (uint64_t)(at + i * lanes) * ROW_WORD, data[i]);
	}
	row_move_bytes(ends, head + (uint64_t)words * ROW_WORD, bytes, lane, lanes);
}

/* Body of a kernel of ROW_BLOCK threads a block, lanes = 1 << lane_shift. Grid: x over
 * groups of lanes, y over pieces of a row (1 unless ALIGNED), z over planes. */
template <typename INDEX, int UNROLL, bool ALIGNED, bool SCATTER>
__device__ inline void
row_move(const row_plan &plan, unsigned lane_shift)
{
	const row_plane &plane = plan.plane[blockIdx.z];
	unsigned lanes = 1u << lane_shift, lane = threadIdx.x & (lanes - 1);
	uint64_t row = ((uint64_t)blockIdx.x * ROW_BLOCK + threadIdx.x) >> lane_shift;
	uint64_t step = ((uint64_t)gridDim.x * ROW_BLOCK) >> lane_shift;
	INDEX ahead = 0;

	device_wait_for_primary();
	device_let_dependents_start();
	if (row < plan.rows)
		ahead = row_index<INDEX>(plan, row);
	for (; row < plan.rows; row += step) {
		row_ends ends = row_locate<SCATTER>(plan, plane, row, ahead);

		if (row + step < plan.rows)
			ahead = row_index<INDEX>(plan, row + step);
		if (ends.target == nullptr)
			continue;
		if (ALIGNED)
			row_move_words<UNROLL>(ends, plane.bytes, blockIdx.y * lanes * UNROLL, lane,
			    lanes);
		else
			row_move_unaligned<UNROLL>(ends, plane.bytes, lane, lanes);
	}
}

/* The same for aligned rows where every group has one piece: nothing is asked for ahead, and all that
 * does not hang on the index is in registers before the index is there. With few rows this wait is what
 * the kernel takes. */
template <typename INDEX, int UNROLL, bool SCATTER>
__device__ inline void
row_move_once(const row_plan &plan, unsigned lane_shift)
{
	row_plane plane = plan.plane[blockIdx.z];
	unsigned lanes = 1u << lane_shift, lane = threadIdx.x & (lanes - 1);
	uint64_t row = ((uint64_t)blockIdx.x * ROW_BLOCK + threadIdx.x) >> lane_shift;

	device_keep(plane.source);
	device_keep(plane.target);
	device_keep(plane.source_stride);
	device_keep(plane.target_stride);
	device_keep(plane.bytes);
	device_wait_for_primary();
	device_let_dependents_start();
	if (row < plan.rows) {
		row_ends ends = row_locate<SCATTER>(plan, plane, row, row_index<INDEX>(plan, row));

		if (ends.target != nullptr)
			row_move_words<UNROLL>(ends, plane.bytes, blockIdx.y * lanes * UNROLL, lane,
			    lanes);
	}
}

/* The ring of row_bulk: few long stages for long rows, many short ones for short rows, so
 * that as many bytes are under way. Half of the stages load while the other half drains. */
enum { BULK_FEW = 4, BULK_MANY = 16 };
static const uint64_t BULK_BYTES = 32768;

template <unsigned STAGES>
struct bulk_shared {
	unsigned char stage[STAGES][BULK_BYTES / STAGES];
	uint64_t full[STAGES];         /* an mbarrier a stage: its bytes have come */
	unsigned char *target[STAGES]; /* where the stage goes; NULL: nowhere */
	unsigned bytes[STAGES];
};

#ifdef DEVICE_HAS_BULK

/* Body of a kernel of one warp a block, for rows that lie on multiples of 16 bytes and are
 * multiples of 16 long. Lanes fetch indices together, lane 0 drives the copies. Grid: x over
 * rows, in steps of the grid; z over planes. */
template <typename INDEX, bool SCATTER, unsigned STAGES>
__device__ inline void
row_bulk(const row_plan &plan, bulk_shared<STAGES> &shared)
{
	const uint64_t stage_bytes = BULK_BYTES / STAGES;
	const unsigned depth = STAGES / 2;
	const row_plane &plane = plan.plane[blockIdx.z];
	unsigned pieces = (unsigned)((plane.bytes + stage_bytes - 1) / stage_bytes);
	uint64_t row = blockIdx.x, step = gridDim.x;
	uint64_t items = row < plan.rows ? ((plan.rows - row - 1) / step + 1) * pieces : 0;
	unsigned lane = threadIdx.x, piece = 0, turn = 0;
	INDEX indices = 0, indices_ahead = 0;

	if (lane == 0)
		for (unsigned stage = 0; stage < STAGES; stage++)
			device_barrier_init(&shared.full[stage]);
	device_barriers_ready();
	device_wait_for_primary();
	device_let_dependents_start();
	if (row + lane * step < plan.rows)
		indices = row_index<INDEX>(plan, row + lane * step);
	if (row + (DEVICE_WARP + lane) * step < plan.rows)
		indices_ahead = row_index<INDEX>(plan, row + (DEVICE_WARP + lane) * step);

	for (uint64_t n = 0; n < items + depth; n++) {
		if (n < items) {
			unsigned stage = (unsigned)(n % STAGES);
			uint64_t at = piece * stage_bytes, left = plane.bytes - at;
			unsigned bytes = (unsigned)(left < stage_bytes ? left : stage_bytes);
			row_ends ends = row_locate<SCATTER>(plan, plane, row,
			    device_shuffle(indices, turn));

			if (ends.source == nullptr && ends.target != nullptr)
				row_zero_words(ends.target, at, at + bytes, lane, DEVICE_WARP);
			if (lane == 0) {
				/* This stage's last store has read it once only the newest
				 * STAGES - depth - 1 stores are pending. */
				device_bulk_wait_read<STAGES - depth - 1>();
				shared.target[stage] = ends.source ? ends.target + at : nullptr;
				shared.bytes[stage] = bytes;
				device_bulk_load(shared.stage[stage], ends.source + at,
				    ends.source ? bytes : 0, &shared.full[stage]);
			}
			if (++piece == pieces) {
				piece = 0;
				row += step;
				if (++turn == DEVICE_WARP) {
					turn = 0;
					indices = indices_ahead;
					if (row + (DEVICE_WARP + lane) * step < plan.rows)
						indices_ahead = row_index<INDEX>(plan,
						    row + (DEVICE_WARP + lane) * step);
				}
			}
		}
		if (n >= depth && lane == 0) {
			unsigned stage = (unsigned)((n - depth) % STAGES);

			device_barrier_wait(&shared.full[stage],
			    (unsigned)((n - depth) / STAGES & 1));
			if (shared.target[stage] != nullptr)
				device_bulk_store(shared.target[stage], shared.stage[stage],
				    shared.bytes[stage]);
			device_bulk_commit();
		}
	}
	/* Shared memory must outlive the stores that read it. */
	if (lane == 0)
		device_bulk_wait_read<0>();
}

#endif

#endif
