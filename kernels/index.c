/* SPDX-License-Identifier: Apache-2.0 */
/* Row gather on the CPU, the reference that the GPU kernel is checked against. */
#include <string.h>

#include "index.h"

enum kernel_status
index_check(const struct index_args *args)
{
	if (args->rows == 0 || args->row_bytes == 0)
		return KERNEL_OK;
	if (args->output == NULL || args->indices == NULL)
		return KERNEL_BAD_ARGUMENT;
	if (args->vocab > 0 && args->weights == NULL)
		return KERNEL_BAD_ARGUMENT;
	if (args->rows > 1 && args->output_stride < args->row_bytes)
		return KERNEL_BAD_ARGUMENT;
	if (args->vocab > 1 && args->weight_stride < args->row_bytes)
		return KERNEL_BAD_ARGUMENT;
	/* Ids are signed: a larger table could not be addressed. */
	if (args->vocab > PTRDIFF_MAX)
		return KERNEL_BAD_ARGUMENT;
	return KERNEL_OK;
}

static int64_t
read_index(const struct index_args *args, size_t i)
{
	size_t at = i * (args->index_stride ? args->index_stride : 1);

	return args->index_type == INDEX_INT32 ? ((const int32_t *)args->indices)[at]
	                                       : ((const int64_t *)args->indices)[at];
}

enum kernel_status
index_gather(const struct index_args *args, size_t *bad_row)
{
	enum kernel_status status = index_check(args);
	const unsigned char *weights = args->weights;
	unsigned char *output = args->output;

	if (status != KERNEL_OK || args->row_bytes == 0)
		return status;
	for (size_t i = 0; i < args->rows; i++) {
		/* Unsigned, so that ids below start (negative ones too) land past the end. */
		uint64_t row = (uint64_t)read_index(args, i) -
		    (args->masked ? (uint64_t)args->start : 0);
		unsigned char *target = output + i * args->output_stride;

		if (row < args->vocab) {
			memcpy(target, weights + row * args->weight_stride, args->row_bytes);
		} else if (args->masked) {
			memset(target, 0, args->row_bytes);
		} else {
			if (bad_row != NULL)
				*bad_row = i;
			return KERNEL_BAD_INDEX;
		}
	}
	return KERNEL_OK;
}

void
index_plan(const struct index_args *args, struct row_plan *plan)
{
	*plan = (struct row_plan){
		.plane[0] = { args->weights, args->output, args->weight_stride,
		    args->output_stride, args->row_bytes },
		.planes = 1,
		.scatter = false,
		.wide_index = args->index_type == INDEX_INT64,
		.miss = args->masked ? ROW_MISS_ZERO : ROW_MISS_ERROR_ZERO,
		.indices = args->indices,
		.index_stride = args->index_stride ? args->index_stride : 1,
		.rows = args->row_bytes ? args->rows : 0,
		.limit = args->vocab,
		.start = args->masked ? args->start : 0,
	};
}
