/* SPDX-License-Identifier: Apache-2.0 */
/* Row gather: output[i] = weights[indices[i]], as an embedding lookup does it. */
#ifndef KERNELS_INDEX_H
#define KERNELS_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rowmove.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows are moved as bytes: any element type, any row size, any alignment. Strides are in
 * bytes and count from row to row; they may be larger than row_bytes, not smaller (except
 * with one row). `output` must not overlap `weights` or `indices`. Nothing is owned here. */
struct index_args {
	const void *weights;  /* vocab rows */
	size_t vocab;
	size_t weight_stride;
	void *output;         /* rows rows */
	size_t output_stride;
	size_t row_bytes;
	const void *indices;  /* rows indices of index_type, aligned to their size */
	enum index_type index_type;
	size_t index_stride;  /* in indices, 1 when packed; 0 is taken as 1 */
	size_t rows;          /* 0 is fine: nothing is done */
	bool masked;          /* vocabulary-parallel: weights hold the ids [start, start + vocab);
	                       * any other id, also a negative one, gives a row of zeros */
	int64_t start;        /* with masked only */
};

/* The CPU reference. Without `masked` an index outside [0, vocab) is KERNEL_BAD_INDEX:
 * *bad_row (when not NULL) is the first such i, rows before it are done, the others are
 * untouched. */
enum kernel_status index_gather(const struct index_args *args, size_t *bad_row);

/* Whether the arguments make sense; both versions begin with it. */
enum kernel_status index_check(const struct index_args *args);

/* The GPU version, in index.cu: pointers are device pointers, the call returns when the
 * launch is queued. A bad index gives a row of zeros and lowers *launch->bad_row (device
 * memory, set to ROW_NONE by the caller) to the smallest such i. */
enum kernel_status index_gather_cuda(const struct index_args *args,
    const struct row_launch *launch);

/* In index.cu; KERNEL_UNAVAILABLE without a device. */
enum kernel_status index_kernel_facts(struct row_facts *facts);

/* What the GPU version would launch: for reports and tests, no GPU needed. */
void index_plan(const struct index_args *args, struct row_plan *plan);

#ifdef __cplusplus
}
#endif

#endif
