/* SPDX-License-Identifier: Apache-2.0 */
/* What every kernel returns, and the index types they take. */
#ifndef KERNELS_STATUS_H
#define KERNELS_STATUS_H

enum kernel_status {
	KERNEL_OK,
	KERNEL_BAD_INDEX,    /* an index is negative or past the end */
	KERNEL_BAD_ARGUMENT, /* shapes, strides or types that make no sense; nothing was written */
	KERNEL_UNAVAILABLE,  /* this build or machine cannot: no CUDA, no NCCL, too old a GPU */
	KERNEL_FAILED,       /* the CUDA runtime or NCCL reported an error */
};

/* A few words for messages; never NULL. */
const char *kernel_status_text(enum kernel_status status);

enum index_type { INDEX_INT32, INDEX_INT64 };

#endif
