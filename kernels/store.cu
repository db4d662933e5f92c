/* SPDX-License-Identifier: Apache-2.0 */
/* KV-cache scatter on the GPU: k_cache[indices[i]] = k[i], v_cache[indices[i]] = v[i]. K and
 * V are the two planes of one grid: both are under way at once.
 *
 * Built by `make CUDA=1`; measured by `kbench -d cuda:0 -k store`. */
#include "rowlaunch.cuh"
#include "store.h"

/* At least one block a multiprocessor: with none asked for, the compiler would rather spill what
 * unaligned rows need than use a register more. */
template <typename INDEX, int UNROLL, bool ALIGNED>
__global__ void __launch_bounds__(ROW_BLOCK, ALIGNED ? 0 : 1)
store_scatter_kernel(const __grid_constant__ row_plan plan, unsigned lane_shift)
{
	row_move<INDEX, UNROLL, ALIGNED, true>(plan, lane_shift);
}

template <typename INDEX, int UNROLL>
__global__ void __launch_bounds__(ROW_BLOCK)
store_scatter_once_kernel(const __grid_constant__ row_plan plan, unsigned lane_shift)
{
	row_move_once<INDEX, UNROLL, true>(plan, lane_shift);
}

template <typename INDEX, unsigned STAGES>
__global__ void __launch_bounds__(DEVICE_WARP)
store_scatter_bulk_kernel(const __grid_constant__ row_plan plan)
{
#ifdef DEVICE_HAS_BULK
	extern __shared__ __align__(128) unsigned char shared[];

	row_bulk<INDEX, true, STAGES>(plan, *(bulk_shared<STAGES> *)shared);
#endif
}

static const row_kernels kernels = ROW_KERNELS(store_scatter_kernel, store_scatter_once_kernel,
    store_scatter_bulk_kernel);

enum kernel_status
store_scatter_cuda(const struct store_args *args, const struct row_launch *launch)
{
	enum kernel_status status = store_check(args);
	row_plan plan;

	if (status != KERNEL_OK)
		return status;
	store_plan(args, &plan);
	plan.bad_row = launch->bad_row;
	return row_kernels_launch(kernels, plan, launch);
}

enum kernel_status
store_kernel_facts(struct row_facts *facts)
{
	return row_kernels_facts(kernels, facts);
}
