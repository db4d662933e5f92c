/* SPDX-License-Identifier: Apache-2.0 */
/* Launches the kernels that index.cu and store.cu make of rowmove.cuh. */
#ifndef KERNELS_ROWLAUNCH_CUH
#define KERNELS_ROWLAUNCH_CUH

#include "rowmove.cuh"

/* The kernels of one operation, by index type (int32, int64), by unroll (1, 2, 4, 8) and by
 * alignment (any, multiples of 16); of aligned rows, one a group, by unroll; bulk ones by stages (few,
 * many). */
struct row_kernels {
	void (*move[2][4][2])(row_plan plan, unsigned lane_shift);
	void (*once[2][4])(row_plan plan, unsigned lane_shift);
	void (*bulk[2][2])(row_plan plan);
};

#define ROW_MOVE_KERNELS(kernel, index) \
	{ { kernel<index, 1, false>, kernel<index, 1, true> }, \
	  { kernel<index, 2, false>, kernel<index, 2, true> }, \
	  { kernel<index, 4, false>, kernel<index, 4, true> }, \
	  { kernel<index, 8, false>, kernel<index, 8, true> } }

#define ROW_ONCE_KERNELS(kernel, index) \
	{ kernel<index, 1>, kernel<index, 2>, kernel<index, 4>, kernel<index, 8> }

#define ROW_KERNELS(kernel, once_kernel, bulk_kernel) \
	{ { ROW_MOVE_KERNELS(kernel, int32_t), ROW_MOVE_KERNELS(kernel, int64_t) }, \
	  { ROW_ONCE_KERNELS(once_kernel, int32_t), ROW_ONCE_KERNELS(once_kernel, int64_t) }, \
	  { { bulk_kernel<int32_t, BULK_FEW>, bulk_kernel<int32_t, BULK_MANY> }, \
	    { bulk_kernel<int64_t, BULK_FEW>, bulk_kernel<int64_t, BULK_MANY> } } }

/* Queues the plan on the launch's stream. */
enum kernel_status row_kernels_launch(const row_kernels &kernels, const row_plan &plan,
    const row_launch *launch);

enum kernel_status row_kernels_facts(const row_kernels &kernels, row_facts *facts);

#endif
