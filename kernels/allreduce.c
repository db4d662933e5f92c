/* SPDX-License-Identifier: Apache-2.0 */
/* all_reduce, all_gather, reduce_scatter and all_to_all between threads: the arithmetic, and the
 * meeting points. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "allreduce.h"

/* Elements that are converted, accumulated and rounded at a time. */
enum { CHUNK = 256 };

struct allreduce_group {
	int world;
	pthread_barrier_t barrier;
	const void **data; /* each rank's pointer, valid between two barriers */
	const void **parts; /* world of them a rank: where its part of each other's data begins */
};

const char *
reduce_name(enum reduce_op op)
{
	static const char *const names[REDUCE_OPS] = { "sum", "prod", "max", "min", "avg" };

	return names[op];
}

static float
combine_float(float a, float b, enum reduce_op op)
{
	switch (op) {
	case REDUCE_PROD:
		return a * b;
	case REDUCE_MAX:
		return isnan(a) || a > b ? a : b;
	case REDUCE_MIN:
		return isnan(a) || a < b ? a : b;
	default:
		return a + b;
	}
}

/* In 64 unsigned bits, so that wrapping is defined; the caller cuts the result down. */
static int64_t
combine_integer(int64_t a, int64_t b, enum reduce_op op)
{
	switch (op) {
	case REDUCE_PROD:
		return (int64_t)((uint64_t)a * (uint64_t)b);
	case REDUCE_MAX:
		return a > b ? a : b;
	case REDUCE_MIN:
		return a < b ? a : b;
	default:
		return (int64_t)((uint64_t)a + (uint64_t)b);
	}
}

static float
load_float(const void *data, size_t i, enum element_type type)
{
	switch (type) {
	case ELEMENT_FP16:
		return fp16_to_float(((const uint16_t *)data)[i]);
	case ELEMENT_BF16:
		return bf16_to_float(((const uint16_t *)data)[i]);
	default:
		return ((const float *)data)[i];
	}
}

static void
save_float(void *data, size_t i, float number, enum element_type type)
{
	switch (type) {
	case ELEMENT_FP16:
		((uint16_t *)data)[i] = fp16_from_float(number);
		break;
	case ELEMENT_BF16:
		((uint16_t *)data)[i] = bf16_from_float(number);
		break;
	default:
		((float *)data)[i] = number;
	}
}

static int64_t
load_integer(const void *data, size_t i, enum element_type type)
{
	switch (type) {
	case ELEMENT_INT8:
		return ((const int8_t *)data)[i];
	case ELEMENT_INT32:
		return ((const int32_t *)data)[i];
	default:
		return ((const int64_t *)data)[i];
	}
}

static void
save_integer(void *data, size_t i, int64_t number, enum element_type type)
{
	switch (type) {
	case ELEMENT_INT8:
		((int8_t *)data)[i] = (int8_t)number;
		break;
	case ELEMENT_INT32:
		((int32_t *)data)[i] = (int32_t)number;
		break;
	default:
		((int64_t *)data)[i] = number;
	}
}

static void
reduce_floats(const void *const *inputs, int world, void *output, size_t begin, size_t end,
    enum element_type type, enum reduce_op op)
{
	float total[CHUNK];

	for (size_t at = begin; at < end; at += CHUNK) {
		size_t count = end - at < CHUNK ? end - at : CHUNK;

		for (size_t i = 0; i < count; i++)
			total[i] = load_float(inputs[0], at + i, type);
		for (int rank = 1; rank < world; rank++)
			for (size_t i = 0; i < count; i++)
				total[i] = combine_float(total[i],
				    load_float(inputs[rank], at + i, type), op);
		for (size_t i = 0; i < count; i++)
			save_float(output, at + i,
			    op == REDUCE_AVG ? total[i] / (float)world : total[i], type);
	}
}

static void
reduce_integers(const void *const *inputs, int world, void *output, size_t begin, size_t end,
    enum element_type type, enum reduce_op op)
{
	for (size_t i = begin; i < end; i++) {
		int64_t total = load_integer(inputs[0], i, type);

		for (int rank = 1; rank < world; rank++)
			total = combine_integer(total, load_integer(inputs[rank], i, type), op);
		save_integer(output, i, op == REDUCE_AVG ? total / world : total, type);
	}
}

static enum kernel_status
reduce_range(const void *const *inputs, int world, void *output, size_t begin, size_t end,
    enum element_type type, enum reduce_op op)
{
	switch (type) {
	case ELEMENT_FP32:
	case ELEMENT_FP16:
	case ELEMENT_BF16:
		reduce_floats(inputs, world, output, begin, end, type, op);
		return KERNEL_OK;
	case ELEMENT_INT8:
	case ELEMENT_INT32:
	case ELEMENT_INT64:
		reduce_integers(inputs, world, output, begin, end, type, op);
		return KERNEL_OK;
	default:
		return KERNEL_BAD_ARGUMENT;
	}
}

enum kernel_status
allreduce_reference(const void *const *inputs, int world, void *output, size_t count,
    enum element_type type, enum reduce_op op)
{
	if (world < 1)
		return KERNEL_BAD_ARGUMENT;
	return reduce_range(inputs, world, output, 0, count, type, op);
}

struct allreduce_group *
allreduce_group_open(int world)
{
	struct allreduce_group *group;

	if (world < 1)
		return NULL;
	group = calloc(1, sizeof(*group));
	if (group == NULL)
		return NULL;
	group->world = world;
	group->data = calloc((size_t)world, sizeof(*group->data));
	if (group->data == NULL)
		goto free_group;
	group->parts = calloc((size_t)world * (size_t)world, sizeof(*group->parts));
	if (group->parts == NULL)
		goto free_data;
	if (pthread_barrier_init(&group->barrier, NULL, (unsigned)world) != 0)
		goto free_parts;
	return group;

free_parts:
	free(group->parts);
free_data:
	free(group->data);
free_group:
	free(group);
	return NULL;
}

void
allreduce_group_close(struct allreduce_group *group)
{
	if (group == NULL)
		return;
	pthread_barrier_destroy(&group->barrier);
	free(group->parts);
	free(group->data);
	free(group);
}

/* The first element of rank's share when `count` is dealt out in lines of 64 bytes, so that
 * no two ranks write into one line. */
static size_t
share_begin(size_t count, int rank, int world, size_t size)
{
	size_t line = 64 / size, lines = (count + line - 1) / line;
	size_t begin = lines / (size_t)world * (size_t)rank;
	size_t extra = lines % (size_t)world;

	begin += (size_t)rank < extra ? (size_t)rank : extra;
	return begin * line < count ? begin * line : count;
}

enum kernel_status
allreduce_cpu(struct allreduce_group *group, int rank, void *data, size_t count,
    enum element_type type, enum reduce_op op)
{
	size_t size = element_size(type);
	size_t begin = share_begin(count, rank, group->world, size);
	size_t end = share_begin(count, rank + 1, group->world, size);
	enum kernel_status status;

	group->data[rank] = data;
	pthread_barrier_wait(&group->barrier);
	/* Reduce-scatter: each rank owns one share; nobody else writes it until the next
	 * barrier, so it may be reduced in place. */
	status = reduce_range(group->data, group->world, data, begin, end, type, op);
	pthread_barrier_wait(&group->barrier);
	if (status == KERNEL_OK) {
		for (int i = 0; i < group->world; i++) {
			size_t from = share_begin(count, i, group->world, size);
			size_t to = share_begin(count, i + 1, group->world, size);

			if (i != rank && to > from)
				memcpy((char *)data + from * size,
				    (const char *)group->data[i] + from * size, (to - from) * size);
		}
	}
	pthread_barrier_wait(&group->barrier);
	return status;
}

enum kernel_status
oneshot_cpu(struct allreduce_group *group, int rank, void *output, const void *input,
    size_t count, enum element_type type, enum reduce_op op)
{
	enum kernel_status status;

	group->data[rank] = input;
	pthread_barrier_wait(&group->barrier);
	status = reduce_range(group->data, group->world, output, 0, count, type, op);
	/* Messages may change only once all ranks have read them. */
	pthread_barrier_wait(&group->barrier);
	return status;
}

enum kernel_status
allgather_cpu(struct allreduce_group *group, int rank, void *output, const void *input,
    size_t bytes)
{
	group->data[rank] = input;
	pthread_barrier_wait(&group->barrier);
	for (int i = 0; i < group->world; i++) {
		char *target = (char *)output + (size_t)i * bytes;

		if (bytes > 0 && target != group->data[i])
			memcpy(target, group->data[i], bytes);
	}
	pthread_barrier_wait(&group->barrier);
	return KERNEL_OK;
}

enum kernel_status
reduce_scatter_cpu(struct allreduce_group *group, int rank, void *output, const void *input,
    size_t count, enum element_type type, enum reduce_op op)
{
	const void **parts = group->parts + (size_t)rank * (size_t)group->world;
	enum kernel_status status;

	group->data[rank] = input;
	pthread_barrier_wait(&group->barrier);
	for (int i = 0; i < group->world; i++)
		parts[i] = (const char *)group->data[i] +
		    (size_t)rank * count * element_size(type);
	status = reduce_range(parts, group->world, output, 0, count, type, op);
	pthread_barrier_wait(&group->barrier);
	return status;
}

enum kernel_status
alltoall_cpu(struct allreduce_group *group, int rank, void *output, const void *input,
    size_t bytes)
{
	group->data[rank] = input;
	pthread_barrier_wait(&group->barrier);
	for (int i = 0; i < group->world; i++)
		if (bytes > 0)
			memcpy((char *)output + (size_t)i * bytes,
			    (const char *)group->data[i] + (size_t)rank * bytes, bytes);
	pthread_barrier_wait(&group->barrier);
	return KERNEL_OK;
}
