/* SPDX-License-Identifier: Apache-2.0 */
/* Stands where backend_cuda.c and collective_nccl.c stand in a build with CUDA=1. */
#include "backend.h"
#include "collective.h"

static const char absent[] = "this kbench was built without CUDA (make CUDA=1)";

struct backend *
backend_cuda_open(int number, const char **why)
{
	(void)number;
	*why = absent;
	return NULL;
}

struct collective *
collective_open_nccl(const struct collective *wanted, const char **why)
{
	(void)wanted;
	*why = absent;
	return NULL;
}
