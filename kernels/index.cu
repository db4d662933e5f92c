/* SPDX-License-Identifier: Apache-2.0 */
/* Row gather on the GPU: output[i] = weights[indices[i]], plain or vocabulary-parallel.
 *
 * Built by `make CUDA=1`; measured by `kbench -d cuda:0 -k index`. */
#include "index.h"
#include "rowlaunch.cuh"

/* At least one block a multiprocessor: with none asked for, the compiler would rather spill what
 * unaligned rows need than use a register more. */
template <typename INDEX, int UNROLL, bool ALIGNED>
__global__ void __launch_bounds__(ROW_BLOCK, ALIGNED ? 0 : 1)
index_gather_kernel(const __grid_constant__ row_plan plan, unsigned lane_shift)
{
	row_move<INDEX, UNROLL, ALIGNED, false>(plan, lane_shift);
}

template <typename INDEX, int UNROLL>
__global__ void __launch_bounds__(ROW_BLOCK)
index_gather_once_kernel(const __grid_constant__ row_plan plan, unsigned lane_shift)
{
	row_move_once<INDEX, UNROLL, false>(plan, lane_shift);
}

template <typename INDEX, unsigned STAGES>
__global__ void __launch_bounds__(DEVICE_WARP)
index_gather_bulk_kernel(const __grid_constant__ row_plan plan)
{
#ifdef DEVICE_HAS_BULK
	extern __shared__ __align__(128) unsigned char shared[];

	row_bulk<INDEX, false, STAGES>(plan, *(bulk_shared<STAGES> *)shared);
#endif
}

static const row_kernels kernels = ROW_KERNELS(index_gather_kernel, index_gather_once_kernel,
    index_gather_bulk_kernel);

enum kernel_status
index_gather_cuda(const struct index_args *args, const struct row_launch *launch)
{
	enum kernel_status status = index_check(args);
	row_plan plan;

	if (status != KERNEL_OK)
		return status;
	index_plan(args, &plan);
	plan.bad_row = launch->bad_row;
	return row_kernels_launch(kernels, plan, launch);
}

enum kernel_status
index_kernel_facts(struct row_facts *facts)
{
	return row_kernels_facts(kernels, facts);
}
