/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the reductions between threads against sums in double precision, and the 16-bit
 * floats against their definition. */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "allreduce.h"
#include "check.h"

/* The value of 1 + 5 + 10 (or 1 + 8 + 7) bits by the formula of the format. */
static double
value_of_bits(unsigned bits, int exponent_bits, int fraction_bits)
{
	int bias = (1 << (exponent_bits - 1)) - 1;
	unsigned exponent = bits >> fraction_bits & ((1u << exponent_bits) - 1);
	unsigned fraction = bits & ((1u << fraction_bits) - 1);
	double sign = bits >> (exponent_bits + fraction_bits) ? -1 : 1;

	if (exponent == (1u << exponent_bits) - 1)
		return fraction ? (double)NAN : sign * (double)INFINITY;
	if (exponent == 0)
		return sign * ldexp(fraction, 1 - bias - fraction_bits);
	return sign * ldexp((1u << fraction_bits) + fraction, (int)exponent - bias - fraction_bits);
}

static void
check_halves(float (*to_float)(uint16_t), uint16_t (*from_float)(float), int exponent_bits,
    int fraction_bits)
{
	for (unsigned bits = 0; bits < 65536; bits++) {
		double value = value_of_bits(bits, exponent_bits, fraction_bits);
		float number = to_float((uint16_t)bits);

		if (isnan(value)) {
			CHECK(isnan(number) && isnan(to_float(from_float(number))), "NaN %x", bits);
			continue;
		}
		CHECK((double)number == value, "%x is %g, not %g", bits, (double)number, value);
		CHECK(from_float(number) == bits, "%g becomes %x, not %x", value,
		    from_float(number), bits);
	}
	/* Halfway between two neighbours goes to the even one, a hair beside it does not. */
	for (unsigned bits = 0; bits + 1 < 0x7c00u && bits + 1 < (0x7fffu >> fraction_bits)
	     << fraction_bits; bits += 7) {
		float low = to_float((uint16_t)bits), high = to_float((uint16_t)(bits + 1));
		float middle = low + (high - low) / 2;

		if (isinf(high))
			continue;
		CHECK(from_float(middle) == bits + (bits & 1), "tie above %x", bits);
		CHECK(from_float(nextafterf(middle, INFINITY)) == bits + 1, "above tie %x", bits);
		CHECK(from_float(nextafterf(middle, -INFINITY)) == bits, "below tie %x", bits);
	}
	CHECK(isinf(to_float(from_float(3.4e38f))) || exponent_bits == 8, "overflow");
	CHECK(from_float(-0.0f) == 0x8000, "minus zero");
}

struct rank {
	struct allreduce_group *group;
	int rank;
	void *data, *gathered;
	size_t count;
	enum element_type type;
	enum reduce_op op;
	enum kernel_status status, gather_status;
};

static void *
run_rank(void *context)
{
	struct rank *rank = context;

	rank->gather_status = allgather_cpu(rank->group, rank->rank, rank->gathered, rank->data,
	    rank->count * element_size(rank->type));
	rank->status = allreduce_cpu(rank->group, rank->rank, rank->data, rank->count, rank->type,
	    rank->op);
	return NULL;
}

static double
read_value(const void *data, size_t i, enum element_type type)
{
	switch (type) {
	case ELEMENT_FP32:
		return (double)((const float *)data)[i];
	case ELEMENT_FP16:
		return value_of_bits(((const uint16_t *)data)[i], 5, 10);
	case ELEMENT_BF16:
		return value_of_bits(((const uint16_t *)data)[i], 8, 7);
	case ELEMENT_INT8:
		return ((const int8_t *)data)[i];
	case ELEMENT_INT32:
		return ((const int32_t *)data)[i];
	default:
		return (double)((const int64_t *)data)[i];
	}
}

static void
write_value(void *data, size_t i, int value, enum element_type type)
{
	switch (type) {
	case ELEMENT_FP32:
		((float *)data)[i] = (float)value / 8;
		break;
	case ELEMENT_FP16:
		((uint16_t *)data)[i] = fp16_from_float((float)value / 8);
		break;
	case ELEMENT_BF16:
		((uint16_t *)data)[i] = bf16_from_float((float)value / 8);
		break;
	case ELEMENT_INT8:
		((int8_t *)data)[i] = (int8_t)value;
		break;
	case ELEMENT_INT32:
		((int32_t *)data)[i] = value;
		break;
	default:
		((int64_t *)data)[i] = value;
	}
}

static double
combine(double a, double b, enum reduce_op op)
{
	switch (op) {
	case REDUCE_PROD:
		return a * b;
	case REDUCE_MAX:
		return a > b ? a : b;
	case REDUCE_MIN:
		return a < b ? a : b;
	default:
		return a + b;
	}
}

/* Small values: the double result is exact, and the fp32 one up to its last rounding. */
static void
check_value(double got, double wanted, enum element_type type, enum reduce_op op, int world)
{
	double tolerance = 0;

	if (op == REDUCE_AVG)
		wanted = type >= ELEMENT_INT8 ? trunc(wanted / world) : wanted / world;
	if (type == ELEMENT_INT8)
		wanted = (int8_t)(int64_t)wanted;
	if (type == ELEMENT_FP32)
		tolerance = fabs(wanted) * 1e-6;
	if (type == ELEMENT_FP16)
		tolerance = fabs(wanted) / 2048 + 1e-7;
	if (type == ELEMENT_BF16)
		tolerance = fabs(wanted) / 256;
	CHECK(fabs(got - wanted) <= tolerance, "%g, not %g (type %s, op %s)", got, wanted,
	    element_name(type), reduce_name(op));
}

static void
check_world(int world, size_t count, enum element_type type, enum reduce_op op, uint64_t *seed)
{
	struct allreduce_group *group = allreduce_group_open(world);
	size_t bytes = count * element_size(type);
	struct rank ranks[8];
	pthread_t threads[8];
	double *wanted = calloc(count + 1, sizeof(*wanted));

	CHECK(group != NULL && wanted != NULL, "out of memory");
	for (int i = 0; i < world; i++) {
		ranks[i] = (struct rank){ group, i, check_alloc(bytes, 0),
			check_alloc(bytes * (size_t)world, 0), count, type, op, KERNEL_FAILED,
			KERNEL_FAILED };
		for (size_t at = 0; at < count; at++) {
			int span = op == REDUCE_PROD ? 5 : 200;

			write_value(ranks[i].data, at, (int)(check_random(seed) % (unsigned)span) -
			    span / 2, type);
			wanted[at] = i == 0 ? read_value(ranks[i].data, at, type)
			                    : combine(wanted[at], read_value(ranks[i].data, at, type), op);
		}
	}
	for (int i = 0; i < world; i++)
		CHECK(pthread_create(&threads[i], NULL, run_rank, &ranks[i]) == 0, "thread");
	for (int i = 0; i < world; i++)
		CHECK(pthread_join(threads[i], NULL) == 0, "join");
	for (int i = 0; i < world; i++) {
		CHECK(ranks[i].status == KERNEL_OK && ranks[i].gather_status == KERNEL_OK, "status");
		CHECK(bytes == 0 || memcmp(ranks[i].data, ranks[0].data, bytes) == 0, "ranks differ");
		CHECK(bytes == 0 || memcmp(ranks[i].gathered, ranks[0].gathered,
		    bytes * (size_t)world) == 0, "gathered data differ");
	}
	for (size_t at = 0; at < count; at++)
		check_value(read_value(ranks[0].data, at, type), wanted[at], type, op, world);
	for (int i = 0; i < world; i++) {
		free(ranks[i].data);
		free(ranks[i].gathered);
	}
	free(wanted);
	allreduce_group_close(group);
}

struct exchange {
	struct allreduce_group *group;
	int rank, world;
	bool good;
};

/* Element i of rank r's message is 1000 r + i. */
static void *
run_exchange(void *context)
{
	enum { PART = 37 };
	struct exchange *rank = context;
	size_t count = (size_t)rank->world * PART;
	int32_t *mine = (void *)check_alloc(count * 4, 0), *out = (void *)check_alloc(count * 4, 0);
	int32_t begin = rank->rank * PART, world = rank->world;

	for (size_t i = 0; i < count; i++)
		mine[i] = 1000 * rank->rank + (int32_t)i;
	rank->good = reduce_scatter_cpu(rank->group, rank->rank, out, mine, PART, ELEMENT_INT32,
	    REDUCE_SUM) == KERNEL_OK;
	for (int32_t i = 0; i < PART; i++)
		rank->good = rank->good &&
		    out[i] == 1000 * (world * (world - 1) / 2) + world * (begin + i);
	rank->good = alltoall_cpu(rank->group, rank->rank, out, mine, PART * 4) == KERNEL_OK &&
	    rank->good;
	for (int32_t i = 0; i < world * PART; i++)
		rank->good = rank->good && out[i] == 1000 * (i / PART) + begin + i % PART;
	free(mine);
	free(out);
	return NULL;
}

static void
check_exchange(int world)
{
	struct allreduce_group *group = allreduce_group_open(world);
	struct exchange ranks[8];
	pthread_t threads[8];

	for (int i = 0; i < world; i++) {
		ranks[i] = (struct exchange){ group, i, world, false };
		CHECK(pthread_create(&threads[i], NULL, run_exchange, &ranks[i]) == 0, "thread");
	}
	for (int i = 0; i < world; i++)
		CHECK(pthread_join(threads[i], NULL) == 0 && ranks[i].good, "rank %d of %d", i, world);
	allreduce_group_close(group);
}

static void
check_nan(void)
{
	float a = NAN, b = 1, out;
	const void *inputs[2] = { &a, &b }, *turned[2] = { &b, &a };

	for (int op = 0; op < REDUCE_OPS; op++) {
		CHECK(allreduce_reference(inputs, 2, &out, 1, ELEMENT_FP32, (enum reduce_op)op) ==
		    KERNEL_OK && isnan(out), "NaN first, %d", op);
		CHECK(allreduce_reference(turned, 2, &out, 1, ELEMENT_FP32, (enum reduce_op)op) ==
		    KERNEL_OK && isnan(out), "NaN last, %d", op);
	}
	CHECK(allreduce_reference(inputs, 2, &out, 1, ELEMENT_FP8, REDUCE_SUM) ==
	    KERNEL_BAD_ARGUMENT, "fp8");
	CHECK(allreduce_reference(inputs, 0, &out, 1, ELEMENT_FP32, REDUCE_SUM) ==
	    KERNEL_BAD_ARGUMENT, "no ranks");
	CHECK(allreduce_group_open(0) == NULL, "group of none");
}

int
main(void)
{
	static const size_t counts[] = { 0, 1, 2, 31, 33, 127, 1000 };
	static const enum element_type types[] = { ELEMENT_FP32, ELEMENT_FP16, ELEMENT_BF16,
		ELEMENT_INT8, ELEMENT_INT32, ELEMENT_INT64 };
	uint64_t seed = 4;

	check_halves(fp16_to_float, fp16_from_float, 5, 10);
	check_halves(bf16_to_float, bf16_from_float, 8, 7);
	for (int world = 1; world <= 8; world = world < 3 ? world + 1 : world + 5)
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			for (int op = 0; op < REDUCE_OPS; op++)
				for (size_t j = 0; j < sizeof(counts) / sizeof(counts[0]); j++)
					check_world(world, counts[j], types[i], (enum reduce_op)op, &seed);
	for (int world = 1; world <= 8; world++)
		check_exchange(world);
	check_nan();
	return 0;
}
