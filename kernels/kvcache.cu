/* SPDX-License-Identifier: Apache-2.0 */
/* The paged cache write on the GPU: flat or paged, NHD, HND or MLA, in the type of the input or in
 * fp8 with scales.
 *
 * Built by `make CUDA=1`. */
#include "kvcache.cuh"

template <typename INDEX, typename TYPE, bool FP8, bool ALIGNED>
__global__ void __launch_bounds__(KVCACHE_BLOCK)
kvcache_kernel(const __grid_constant__ kvcache_plan plan)
{
	kvcache_move<INDEX, TYPE, FP8, ALIGNED>(plan);
}

typedef void (*kvcache_function)(kvcache_plan plan);

template <typename INDEX, typename TYPE>
static kvcache_function
choose_type(bool fp8, bool aligned)
{
	if (fp8)
		return aligned ? kvcache_kernel<INDEX, TYPE, true, true>
		               : kvcache_kernel<INDEX, TYPE, true, false>;
	return aligned ? kvcache_kernel<INDEX, TYPE, false, true>
	               : kvcache_kernel<INDEX, TYPE, false, false>;
}

template <typename INDEX>
static kvcache_function
choose(enum element_type from, bool fp8, bool aligned)
{
	switch (from) {
	case ELEMENT_FP32:
		return choose_type<INDEX, float>(fp8, aligned);
	case ELEMENT_FP16:
		return choose_type<INDEX, __half>(fp8, aligned);
	default:
		return choose_type<INDEX, __nv_bfloat16>(fp8, aligned);
	}
}

enum kernel_status
kvcache_store_cuda(const struct kvcache_args *args, const struct row_launch *launch)
{
	enum kernel_status status = kvcache_check(args);
	uint64_t blocks = kvcache_blocks(args);
	bool fp8 = args->to != args->from, aligned = kvcache_is_aligned(args);
	cudaLaunchAttribute attribute = {};
	cudaLaunchConfig_t config = {};
	kvcache_function kernel;

	if (status != KERNEL_OK || blocks == 0)
		return status;
	kernel = args->index_type == INDEX_INT64 ? choose<int64_t>(args->from, fp8, aligned)
	                                         : choose<int32_t>(args->from, fp8, aligned);
	attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
	attribute.val.programmaticStreamSerializationAllowed = 1;
	/* The loop over groups takes what the grid cannot hold. */
	config.gridDim = dim3((unsigned)(blocks > 0x7fffffff ? 0x7fffffff : blocks), 1, 2);
	config.blockDim = dim3(KVCACHE_BLOCK);
	config.stream = (cudaStream_t)launch->stream;
	config.attrs = &attribute;
	config.numAttrs = launch->dependent && launch->device != nullptr &&
	    launch->device->capability_major >= 9 ? 1 : 0;
	return cudaLaunchKernelEx(&config, kernel, kvcache_plan_make(*args, launch->bad_row)) ==
	    cudaSuccess ? KERNEL_OK : KERNEL_FAILED;
}
