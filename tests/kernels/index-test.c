/* SPDX-License-Identifier: Apache-2.0 */
/* Checks index_gather against a gather written down byte by byte. */
#include <string.h>

#include "check.h"
#include "index.h"

static const size_t sizes[] = { 1, 2, 15, 16, 17, 64, 127, 128, 129, 511, 1000, 8192 };

/* One random case: any size, stride, offset, index type and stride. */
static void
check_case(uint64_t *seed, size_t row_bytes, bool wide, bool masked)
{
	size_t vocab = 1 + check_random(seed) % 40, rows = check_random(seed) % 60;
	size_t weight_stride = row_bytes + check_random(seed) % 3 * 5;
	size_t output_stride = row_bytes + check_random(seed) % 3 * 3;
	size_t index_stride = 1 + check_random(seed) % 3;
	size_t weight_offset = check_random(seed) % 16, output_offset = check_random(seed) % 16;
	size_t weight_size = (vocab - 1) * weight_stride + row_bytes;
	size_t output_size = rows ? (rows - 1) * output_stride + row_bytes : 0;
	int64_t start = masked ? (int64_t)(check_random(seed) % 1000) - 500 : 0;
	unsigned char *weights = check_alloc(weight_size, weight_offset);
	unsigned char *output = check_alloc(output_size, output_offset);
	unsigned char *wanted = check_alloc(output_size, 0);
	int32_t *narrow = (void *)check_alloc((rows ? (rows - 1) * index_stride + 1 : 0) * 4, 0);
	int64_t *broad = (void *)check_alloc((rows ? (rows - 1) * index_stride + 1 : 0) * 8, 0);
	struct index_args args = { weights, vocab, weight_stride, output, output_stride, row_bytes,
		wide ? (void *)broad : (void *)narrow, wide ? INDEX_INT64 : INDEX_INT32,
		index_stride, rows, masked, start };
	size_t bad = 12345;

	check_fill(seed, weights, weight_size);
	memset(output, 0xa5, output_size);
	memset(wanted, 0xa5, output_size);
	for (size_t i = 0; i < rows; i++) {
		/* With a mask about half of the ids fall outside, below or above. */
		int64_t id = start + (int64_t)(check_random(seed) % (masked ? 2 * vocab : vocab)) -
		    (masked ? (int64_t)vocab / 2 : 0);

		narrow[i * index_stride] = (int32_t)id;
		broad[i * index_stride] = id;
		for (size_t byte = 0; byte < row_bytes; byte++) {
			bool hit = id >= start && id < start + (int64_t)vocab;

			wanted[i * output_stride + byte] =
			    hit ? weights[(size_t)(id - start) * weight_stride + byte] : 0;
		}
	}
	CHECK(index_gather(&args, &bad) == KERNEL_OK, "row bytes %zu rows %zu", row_bytes, rows);
	CHECK(bad == 12345, "bad_row written without a bad row");
	CHECK(memcmp(output, wanted, output_size) == 0,
	    "row bytes %zu vocab %zu rows %zu strides %zu %zu", row_bytes, vocab, rows,
	    weight_stride, output_stride);
	free(weights - weight_offset);
	free(output - output_offset);
	free(wanted);
	free(narrow);
	free(broad);
}

static void
check_out_of_range(enum index_type type, int64_t id, size_t at)
{
	unsigned char weights[4 * 8], output[5 * 8];
	int32_t narrow[5] = { 0, 1, 2, 3, 0 };
	int64_t broad[5] = { 0, 1, 2, 3, 0 };
	struct index_args args = { weights, 4, 8, output, 8, 8,
		type == INDEX_INT32 ? (void *)narrow : (void *)broad, type, 1, 5, false, 0 };
	size_t bad = 99;

	memset(weights, 1, sizeof(weights));
	memset(output, 7, sizeof(output));
	narrow[at] = (int32_t)id;
	broad[at] = id;
	CHECK(index_gather(&args, &bad) == KERNEL_BAD_INDEX, "id %lld", (long long)id);
	CHECK(bad == at, "bad row %zu, not %zu", bad, at);
	for (size_t i = 0; i < 5; i++)
		CHECK(output[i * 8] == (i < at ? 1 : 7), "row %zu", i);
	CHECK(index_gather(&args, NULL) == KERNEL_BAD_INDEX, "without bad_row");
	args.masked = true;
	CHECK(index_gather(&args, NULL) == KERNEL_OK, "masked");
	CHECK(output[at * 8] == 0, "masked row is not zero");
}

static void
check_arguments(void)
{
	unsigned char weights[64], output[64];
	int32_t ids[2] = { 0, 1 };
	struct index_args good = { weights, 4, 16, output, 16, 16, ids, INDEX_INT32, 1, 2, false, 0 };
	struct index_args args = good;

	memset(weights, 3, sizeof(weights));
	CHECK(index_gather(&args, NULL) == KERNEL_OK, "plain");
	args.index_stride = 0;
	CHECK(index_gather(&args, NULL) == KERNEL_OK, "stride 0 is 1");
	args = good, args.output_stride = 15;
	CHECK(index_gather(&args, NULL) == KERNEL_BAD_ARGUMENT, "rows overlap");
	args = good, args.weight_stride = 0;
	CHECK(index_gather(&args, NULL) == KERNEL_BAD_ARGUMENT, "table rows overlap");
	args = good, args.indices = NULL;
	CHECK(index_gather(&args, NULL) == KERNEL_BAD_ARGUMENT, "no indices");
	args = good, args.output = NULL;
	CHECK(index_gather(&args, NULL) == KERNEL_BAD_ARGUMENT, "no output");
	args = (struct index_args){ 0 };
	CHECK(index_gather(&args, NULL) == KERNEL_OK, "nothing at all");
	args = good, args.vocab = 0, args.weights = NULL;
	CHECK(index_gather(&args, NULL) == KERNEL_BAD_INDEX, "empty table");
	args.masked = true;
	CHECK(index_gather(&args, NULL) == KERNEL_OK && output[0] == 0, "empty table, masked");
}

int
main(void)
{
	static const int64_t wild[] = { -1, 4, INT32_MAX, INT32_MIN };
	uint64_t seed = 1;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int round = 0; round < 40; round++)
			check_case(&seed, sizes[i], round & 1, round & 2);
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		check_out_of_range(INDEX_INT32, wild[i], i);
		check_out_of_range(INDEX_INT64, wild[i], 4);
	}
	check_out_of_range(INDEX_INT64, INT64_MIN, 0);
	check_out_of_range(INDEX_INT64, INT64_MAX, 0);
	check_out_of_range(INDEX_INT64, INT64_C(1) << 32, 2);
	check_arguments();
	return 0;
}
