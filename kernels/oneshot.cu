/* SPDX-License-Identifier: Apache-2.0 */
/* The one-step all_reduce on GPUs that reach each other's memory.
 *
 * Built by `make CUDA=1`. */
#include "oneshot.cuh"

template <typename TYPE, bool ALIGNED>
__global__ void __launch_bounds__(ONESHOT_BLOCK, 1)
oneshot_kernel(const __grid_constant__ oneshot_args args)
{
	oneshot_reduce<TYPE, ALIGNED>(args);
}

typedef void (*oneshot_function)(oneshot_args args);

static bool
is_aligned(const oneshot_args *args)
{
	bool aligned = (uintptr_t)args->output % 16 == 0;

	for (int rank = 0; rank < args->world; rank++)
		aligned = aligned && (uintptr_t)args->messages[rank] % 16 == 0;
	return aligned;
}

static oneshot_function
choose(enum element_type type, bool aligned)
{
	if (type == ELEMENT_FP32)
		return aligned ? oneshot_kernel<float, true> : oneshot_kernel<float, false>;
	if (type == ELEMENT_FP16)
		return aligned ? oneshot_kernel<__half, true> : oneshot_kernel<__half, false>;
	return aligned ? oneshot_kernel<__nv_bfloat16, true> : oneshot_kernel<__nv_bfloat16, false>;
}

enum kernel_status
oneshot_allreduce_cuda(const struct oneshot_args *args, const struct row_launch *launch)
{
	enum kernel_status status = oneshot_check(args);
	cudaLaunchConfig_t config = {};

	if (status != KERNEL_OK)
		return status;
	config.gridDim = dim3(oneshot_blocks(args));
	config.blockDim = dim3(ONESHOT_BLOCK);
	config.stream = (cudaStream_t)launch->stream;
	return cudaLaunchKernelEx(&config, choose(args->type, is_aligned(args)), *args) ==
	    cudaSuccess ? KERNEL_OK : KERNEL_FAILED;
}
