/* SPDX-License-Identifier: Apache-2.0 */
/* Torch's types and what an elementwise kernel moves. */
#include <stdlib.h>
#include <string.h>

#include "shapes.h"

/* In the order in which torch promotes them; the first whose name begins the type counts. */
static const struct type {
	const char *name;
	double bytes;
	int rank;
	enum peak arithmetic;
} types[] = {
	/* as plans spell them; no other begins with one of these */
	{ "bfloat16", 2, 10, PEAK_BF16 }, { "float16", 2, 10, PEAK_FP16 },
	{ "float8_", 1, 9, PEAK_FP8 }, { "float32", 4, 11, PEAK_FP32 },
	{ "float64", 8, 12, PEAK_FP64 }, { "uint8", 1, 1, PEAK_INT8 }, { "int8", 1, 1, PEAK_INT8 },
	{ "int16", 2, 2, PEAK_FP32 }, { "int32", 4, 3, PEAK_FP32 }, { "int64", 8, 4, PEAK_FP32 },
	{ "bool", 1, 0, PEAK_FP32 }, { "unsigned char", 1, 1, PEAK_INT8 },
	{ "signed char", 1, 1, PEAK_INT8 }, { "short", 2, 2, PEAK_FP32 },
	{ "int", 4, 3, PEAK_FP32 }, { "long", 8, 4, PEAK_FP32 },
	{ "c10::Float8", 1, 9, PEAK_FP8 }, { "c10::Float4", 0.5, 9, PEAK_FP4 },
	{ "c10::Half", 2, 10, PEAK_FP16 }, { "c10::BFloat16", 2, 10, PEAK_BF16 },
	{ "float", 4, 11, PEAK_FP32 }, { "double", 8, 12, PEAK_FP64 },
	{ "c10::complex<float>", 8, 13, PEAK_FP32 },
};

static const struct type *
find_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strncmp(name, types[i].name, strlen(types[i].name)) == 0)
			return &types[i];
	return NULL;
}

double
shapes_element(const char *type)
{
	const struct type *found = find_type(type);

	return found != NULL ? found->bytes : 0;
}

enum peak
shapes_arithmetic(const char *type, const char *kernel)
{
	static const char *const marks[] = { "tf32", "TF32", "s1688", "s16816" };
	const struct type *found = find_type(type);
	enum peak arithmetic = found != NULL ? found->arithmetic : PEAK_BF16;

	if (arithmetic != PEAK_FP32 || strstr(kernel, "simt") != NULL)
		return arithmetic;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(kernel, marks[i]) != NULL)
			return PEAK_TF32;
	return arithmetic;
}

double
shapes_elements(const struct argument *argument)
{
	double elements = 1;

	for (int i = 0; i < argument->rank; i++)
		elements *= argument->dims[i];
	return elements;
}

/* Those that lie in memory: an expanded dimension has stride 0. */
static double
real_elements(const struct argument *argument)
{
	double elements = 1;

	for (int i = 0; i < argument->rank; i++)
		if (!argument->has_strides || argument->strides[i] < 0 || argument->strides[i] > 0)
			elements *= argument->dims[i];
	return elements;
}

static double
bytes_of(const struct argument *argument)
{
	return real_elements(argument) * shapes_element(argument->type);
}

static bool
is_tensor(const struct argument *argument)
{
	return argument->rank > 0 && shapes_element(argument->type) > 0;
}

/* How many pointers an elementwise kernel has by its name: those of its outputs and inputs;
 * 0 when it does not say. An op's `out` is among its arguments and must not be taken for an
 * input. */
static int
pointers_of(const char *kernel)
{
	static const char *const marks[] = { "std::array<char*, ", "std::array<char *, ",
		"at::detail::Array<char*, ", "at::detail::Array<char *, " };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *at = strstr(kernel, marks[i]);

		if (at != NULL)
			return (int)strtol(at + strlen(marks[i]), NULL, 10);
	}
	return 0;
}

static bool
is_elementwise(const struct shapes *shapes)
{
	static const char *const words[] = { "elementwise", "CUDAFunctor", "pow_tensor",
		"FillFunctor", "gelu", "silu", "Softplus" };

	for (int i = 0; i < shapes->op->count; i++)
		if (shapes->op->arguments[i].nested)
			return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(shapes->kernel, words[i]) != NULL)
			return true;
	return false;
}

/* aten::eq and its like write bytes. */
static bool
compares(const char *name)
{
	static const char *const names[] = { "eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf",
		"isfinite", "bitwise_not" };
	size_t length;

	name += strncmp(name, "aten::", 6) == 0 ? 6 : 0;
	length = strlen(name);
	if (length > 0 && name[length - 1] == '_')
		length--;
	if (strncmp(name, "logical_", 8) == 0 || (strncmp(name, "__", 2) == 0 && length > 4))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return true;
	return false;
}

/* Elements of the result, as torch broadcasts. */
static double
broadcast(const struct argument *const *tensors, int count)
{
	double sizes[8] = { 1, 1, 1, 1, 1, 1, 1, 1 }, elements = 1;

	for (int t = 0; t < count; t++)
		for (int i = 0; i < tensors[t]->rank; i++) {
			double size = tensors[t]->dims[tensors[t]->rank - 1 - i];

			if (size > sizes[i])
				sizes[i] = size;
			if (!(size > 0))
				return 0;
		}
	for (int i = 0; i < 8; i++)
		elements *= sizes[i];
	return elements;
}

/* The type that torch gives the result: tensors with dimensions before those without. */
static double
promoted_bytes(const struct op *op, const struct argument *const *tensors, int count)
{
	const struct type *best = NULL;

	for (int t = 0; t < count; t++) {
		const struct type *type = find_type(tensors[t]->type);

		if (type != NULL && (best == NULL || type->rank > best->rank))
			best = type;
	}
	for (int i = 0; best == NULL && i < op->count; i++)
		best = find_type(op->arguments[i].type);
	return best != NULL ? best->bytes : 4;
}

/* An operator with more is not taken for an elementwise one. */
enum { MOST_TENSORS = 16 };

static bool
elementwise(const struct shapes *shapes, double *elements, double *moved)
{
	const struct op *op = shapes->op;
	const struct argument *tensors[MOST_TENSORS];
	int count = 0, pointers = pointers_of(shapes->kernel);
	double scalars = 0, result;
	size_t length = strlen(op->name);
	bool in_place = length > 2 && op->name[length - 1] == '_' && op->name[length - 2] != '_';

	if (!is_elementwise(shapes) || op->count == 0)
		return false;
	for (int i = 0; i < op->count; i++)
		if (is_tensor(&op->arguments[i])) {
			if (count == MOST_TENSORS)
				return false;
			tensors[count++] = &op->arguments[i];
		} else if (!op->arguments[i].nested)
			scalars += shapes_element(op->arguments[i].type);
	if (pointers > 1 && count > pointers - 1)
		count = pointers - 1, scalars = 0;
	if (count == 0) {
		*elements = 1;
		*moved = scalars + 8;
		return true;
	}
	*elements = broadcast(tensors, count);
	result = compares(op->name) ? 1 : in_place ? shapes_element(tensors[0]->type)
	    : promoted_bytes(op, tensors, count);
	*moved = *elements * result + scalars;
	for (int i = 0; i < count; i++)
		*moved += bytes_of(tensors[i]);
	return true;
}

/* A number among the arguments; truth values are 0 and 1. */
static bool
input_value(const struct op *op, int i, double *value)
{
	char *end;

	if (i < 0 || i >= op->count || op->arguments[i].input[0] == '\0')
		return false;
	if (strcmp(op->arguments[i].input, "True") == 0 ||
	    strcmp(op->arguments[i].input, "False") == 0) {
		*value = op->arguments[i].input[0] == 'T';
		return true;
	}
	*value = strtod(op->arguments[i].input, &end);
	return end != op->arguments[i].input && *end == '\0';
}

static bool
any_true(const struct op *op)
{
	for (int i = 0; i < op->count; i++)
		if (strcmp(op->arguments[i].input, "True") == 0)
			return true;
	return false;
}

/* Bytes of an element of a concatenation, whose list of tensors has no types: the copying
 * kernel's name has them. */
static double
opaque_bytes(const char *kernel)
{
	const char *at = strstr(kernel, "OpaqueType<");

	if (at != NULL)
		return strtod(at + strlen("OpaqueType<"), NULL);
	return strstr(kernel, "float") != NULL ? 4 : 2;
}

bool
shapes_size(void *context, const char *name, double *value)
{
	const struct shapes *shapes = context;
	const struct op *op = shapes->op;
	const struct size *size;
	double elements = 0, moved = 0;

	if (strcmp(name, "level") == 0)
		*value = shapes->level;
	else if (strcmp(name, "opaque") == 0)
		*value = opaque_bytes(shapes->kernel);
	else if (strcmp(name, "any_true") == 0)
		*value = any_true(op);
	else if (strcmp(name, "tensors") == 0 || strcmp(name, "tensor_bytes") == 0) {
		*value = 0;
		for (int i = 0; i < op->count; i++)
			if (is_tensor(&op->arguments[i]))
				*value += name[6] == 's' ? 1 : bytes_of(&op->arguments[i]);
	} else if (strcmp(name, "last_input") == 0)
		return input_value(op, op->count - 1, value);
	else if (strncmp(name, "elementwise_", 12) == 0) {
		if (!elementwise(shapes, &elements, &moved))
			return false;
		*value = name[12] == 'n' ? elements : moved;
	} else if (shapes->step != NULL && (size = sizes_find(shapes->step, name)) != NULL)
		*value = size->low;
	else
		return false;
	return true;
}

/* The numbers in "[1, 2]" or "1"; how many. */
static int
read_list(const char *text, double *numbers, int most)
{
	int count = 0;
	char *end;

	while (*text != '\0' && count < most) {
		double number = strtod(text, &end);

		if (end == text) {
			text++;
			continue;
		}
		numbers[count++] = number;
		text = end;
	}
	return count;
}

/* Elements that a reduction of argument 0 over the listed dimensions leaves. */
static double
kept_elements(const struct op *op, int list)
{
	const struct argument *tensor = &op->arguments[0];
	double dims[8], elements = 1;
	int count = list < op->count ? read_list(op->arguments[list].input, dims, 8) : 0;

	if (count == 0)
		return 1;
	for (int i = 0; i < tensor->rank; i++) {
		bool reduced = false;

		for (int j = 0; j < count; j++)
			if ((int)dims[j] == i || (int)dims[j] + tensor->rank == i)
				reduced = true;
		elements *= reduced ? 1 : tensor->dims[i];
	}
	return elements;
}

/* Positions that a convolution of argument 0 with argument 1 has in its output. */
static bool
positions(const struct op *op, const int *at, double *value)
{
	const struct argument *x, *w;
	double lists[3][8];

	if (op->count < 2)
		return false;
	x = &op->arguments[0];
	w = &op->arguments[1];
	for (int i = 0; i < 3; i++)
		if (at[i] >= op->count || x->rank < 3 || w->rank != x->rank ||
		    read_list(op->arguments[at[i]].input, lists[i], 8) < x->rank - 2)
			return false;
	*value = 1;
	for (int i = 0; i < x->rank - 2; i++) {
		double span = x->dims[2 + i] + 2 * lists[0][i] -
		    lists[2][i] * (w->dims[2 + i] - 1) - 1;

		if (!(lists[1][i] > 0) || span < 0)
			return false;
		*value *= (double)(int64_t)(span / lists[1][i]) + 1;
	}
	return true;
}

static bool
any_count(const struct op *op, double elements)
{
	for (int i = 0; i < op->count; i++)
		if (is_tensor(&op->arguments[i]) &&
		    !(shapes_elements(&op->arguments[i]) < elements) &&
		    !(shapes_elements(&op->arguments[i]) > elements))
			return true;
	return false;
}

/* Functions of one argument of the operator. */
static bool
argument_value(const struct argument *argument, const char *name, int j, double *value)
{
	int rank = argument->rank;

	/* of a tensor whose type nobody knows there are no bytes */
	if (rank > 0 && !argument->nested && argument->type[0] != '\0' &&
	    find_type(argument->type) == NULL && (strcmp(name, "el") == 0 ||
	    strcmp(name, "bytes") == 0))
		return false;
	if (strcmp(name, "rank") == 0)
		*value = rank;
	else if (strcmp(name, "el") == 0)
		*value = shapes_element(argument->type);
	else if (strcmp(name, "total") == 0)
		*value = argument->nested_elements;
	else if (strcmp(name, "bytes") == 0) /* what is not there has none */
		*value = is_tensor(argument) ? bytes_of(argument) : 0;
	else if (rank == 0)
		return false;
	else if (strcmp(name, "count") == 0)
		*value = shapes_elements(argument);
	else if (strcmp(name, "real") == 0)
		*value = real_elements(argument);
	else if (strcmp(name, "rows") == 0)
		*value = argument->dims[rank - 1] > 0
		    ? shapes_elements(argument) / argument->dims[rank - 1] : 0;
	else if (strcmp(name, "dim") == 0 && j >= -rank && j < rank)
		*value = argument->dims[j < 0 ? j + rank : j];
	else if (strcmp(name, "tail") == 0 && j <= rank) {
		*value = 1;
		for (int i = j; i < rank; i++)
			*value *= argument->dims[i];
	} else
		return false;
	return true;
}

bool
shapes_call(void *context, const char *name, const double *arguments, int count, double *value)
{
	const struct shapes *shapes = context;
	const struct op *op = shapes->op;
	int at[3] = { 0 };

	for (int i = 0; i < count && i < 3; i++)
		at[i] = (int)arguments[i];
	if (strcmp(name, "positions") == 0)
		return positions(op, at, value);
	if (strcmp(name, "any_count") == 0) {
		*value = any_count(op, arguments[0]);
		return true;
	}
	if (strcmp(name, "in") == 0)
		return input_value(op, at[0], value);
	if (strcmp(name, "has_input") == 0) {
		double ignored;

		*value = input_value(op, at[0], &ignored);
		return true;
	}
	if (strcmp(name, "kept") == 0 && op->count > 0) {
		*value = kept_elements(op, at[0]);
		return true;
	}
	if (at[0] >= op->count && strcmp(name, "bytes") == 0) {
		*value = 0;
		return true;
	}
	return at[0] >= 0 && at[0] < op->count &&
	    argument_value(&op->arguments[at[0]], name, at[1], value);
}
