/* SPDX-License-Identifier: Apache-2.0 */
/* What the NCCL communicator needs of the CUDA runtime. NCCL brings its own kernels. */
#include <cuda_runtime.h>

#include "allreduce.h"

static int
copy_async(void *target, const void *source, size_t bytes, void *stream)
{
	return cudaMemcpyAsync(target, source, bytes, cudaMemcpyDefault,
	    (cudaStream_t)stream);
}

static int
synchronize(void *stream)
{
	return cudaStreamSynchronize((cudaStream_t)stream);
}

static const char *
error_text(int error)
{
	return cudaGetErrorString((cudaError_t)error);
}

static int
alloc(void **memory, size_t bytes)
{
	return cudaMalloc(memory, bytes);
}

static int
release(void *memory)
{
	return cudaFree(memory);
}

struct allreduce_device
allreduce_cuda(void)
{
	struct allreduce_device device = { copy_async, synchronize, error_text, alloc, release };

	return device;
}
