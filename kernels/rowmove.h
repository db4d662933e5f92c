/* SPDX-License-Identifier: Apache-2.0 */
/* What index and store have in common on the GPU: rows of bytes whose place on one side
 * is given by an index. This header is plain C: plans and launch shapes need no GPU. */
#ifndef KERNELS_ROWMOVE_H
#define KERNELS_ROWMOVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* *bad_row before any bad index was met. */
#define ROW_NONE UINT64_MAX

/* What a row with an index outside [start, start + limit) does. */
enum row_miss {
	ROW_MISS_ERROR_ZERO, /* target row zeroed, row reported */
	ROW_MISS_ZERO,       /* target row zeroed */
	ROW_MISS_ERROR,      /* nothing moved, row reported */
	ROW_MISS_SKIP,       /* nothing moved; reported unless the index is negative */
};

/* One set of rows (index has one, store two: K and V). */
struct row_plane {
	const unsigned char *source;
	unsigned char *target;
	uint64_t source_stride; /* bytes */
	uint64_t target_stride;
	uint64_t bytes;         /* of one row */
};

/* Everything a kernel needs; passed by value. */
struct row_plan {
	struct row_plane plane[2];
	unsigned planes;
	bool scatter;           /* the index gives the target row; otherwise the source row */
	bool wide_index;        /* int64, not int32 */
	enum row_miss miss;
	const void *indices;
	uint64_t index_stride;
	uint64_t rows;
	uint64_t limit;
	int64_t start;
	uint64_t *bad_row;
};

/* How rows are cut for the threads: `lanes` threads (a power of two) move one piece of a
 * row, each `unroll` words of 16 bytes, all loaded before the first is stored. */
struct row_shape {
	unsigned threads;     /* a block */
	unsigned lanes;       /* a piece; divides threads */
	unsigned unroll;      /* 1, 2, 4 or 8 */
	unsigned pieces;      /* a row: grid y */
	unsigned planes;      /* grid z */
	uint64_t blocks;      /* grid x */
	bool aligned;         /* every row begins at a multiple of 16 bytes on both sides */
};

enum row_variant {
	ROW_AUTO,       /* by the size rule of row_variant_choose */
	ROW_DIRECT,     /* one piece a thread group, as many blocks as there are pieces */
	ROW_PERSISTENT, /* the same with as many blocks as fit the chip, looping */
	ROW_BULK,       /* asynchronous bulk copies through shared memory (sm_90 on, aligned) */
};

/* What a launch must know of the chip. */
struct row_device {
	int processors;            /* SMs */
	int l2_bytes;
	int capability_major;      /* 9: sm_90 */
	uint64_t resident_threads; /* on all SMs at once */
};

/* What the compiler and the runtime say of a kernel (int32 indices, aligned, unroll 4). */
struct row_facts {
	int registers;       /* a thread */
	int local_bytes;     /* a thread: what does not fit the registers */
	int resident_blocks; /* on a multiprocessor at once */
	double occupancy;    /* their threads over the most it holds */
};

/* What was found out about a kernel at an earlier launch; all zero is nothing. */
struct row_resident {
	const void *kernel;
	int processors;      /* of the device it is true of */
	uint64_t blocks;     /* that the chip runs at once */
};

/* How to launch; all zero is a plain launch on the default stream. */
struct row_launch {
	enum row_variant variant;
	const struct row_device *device; /* NULL: asked for at every launch */
	struct row_resident *resident; /* the caller's, of one thread; NULL: asked for at every launch */
	unsigned unroll;      /* 0: by size */
	bool dependent;       /* programmatic dependent launch, ignored before sm_90 */
	void *stream;         /* a cudaStream_t */
	uint64_t *bad_row;    /* device memory; NULL: bad indices are handled but not reported */
};

/* Whether all rows of the plan lie on multiples of 16 bytes. */
bool row_plan_is_aligned(const struct row_plan *plan);

/* The shape for a chip that runs `resident` threads at once; unroll 0 chooses. */
void row_shape_choose(const struct row_plan *plan, uint64_t resident, unsigned unroll,
    struct row_shape *shape);

/* Whether ROW_BULK can move it. */
bool row_plan_can_bulk(const struct row_plan *plan, const struct row_device *device);

/* Whether its rows are short enough for the many stages of ROW_BULK. */
bool row_plan_is_short(const struct row_plan *plan);

/* The variant that ROW_AUTO stands for: a rule of size, not a measurement. */
enum row_variant row_variant_choose(const struct row_plan *plan,
    const struct row_device *device);

/* Facts of the current CUDA device, in rowmove.cu; KERNEL_UNAVAILABLE without one. */
enum kernel_status row_device_query(struct row_device *device);

/* "auto", "direct", "persistent", "bulk". */
const char *row_variant_name(enum row_variant variant);

#ifdef __cplusplus
}
#endif

#endif
