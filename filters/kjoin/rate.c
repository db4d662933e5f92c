/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes and operations from shapes. */
#include <string.h>

#include "base/intern.h"
#include "rate.h"
#include "base/text.h"

/* Bytes of an element, as torch names its types; 0 when unknown. */
static double
element_size(const char *type)
{
	static const struct {
		const char *name;
		double size;
	} sizes[] = { { "c10::BFloat16", 2 }, { "c10::Half", 2 }, { "c10::Float8", 1 },
		{ "signed char", 1 }, { "unsigned char", 1 }, { "bfloat16", 2 },
		{ "float16", 2 }, { "float8", 1 }, { "float", 4 }, { "double", 8 } };

	for (size_t i = 0; type != NULL && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (strncmp(type, sizes[i].name, strlen(sizes[i].name)) == 0)
			return sizes[i].size;
	return 0;
}

enum { RANK = 8 };

struct shape {
	double size[RANK];
	int rank;
};

static const struct json *
element(const struct json *array, int index)
{
	const struct json *value = array != NULL ? array->child : NULL;

	while (value != NULL && index-- > 0)
		value = value->next;
	return value;
}

static bool
read_shape(struct shape *shape, const struct json *dims)
{
	const struct json *size = dims != NULL && dims->type == JSON_ARRAY ? dims->child : NULL;

	for (shape->rank = 0; size != NULL; size = size->next, shape->rank++)
		if (shape->rank == RANK || !json_number(size, &shape->size[shape->rank]))
			return false;
	return shape->rank > 0;
}

static double
elements(const struct shape *shape)
{
	double count = 1;

	for (int i = 0; i < shape->rank; i++)
		count *= shape->size[i];
	return count;
}

/* Operators that multiply matrices: where their operands are, and whether the second one has
 * its inner dimension last. */
static const struct product {
	const char *name;
	int left, right;
	bool transposed;
} products[] = {
	{ "aten::mm", 0, 1, false },
	{ "aten::bmm", 0, 1, false },
	{ "aten::addmm", 1, 2, false },
	{ "aten::baddbmm", 1, 2, false },
	{ "aten::_scaled_mm", 0, 1, false },
	{ "aten::matmul", 0, 1, false },
	{ "aten::linear", 0, 1, true },
};

static bool
fill_product(struct amount *amount, const struct json *op, const struct product *product)
{
	const struct json *dims = json_get(op, "dims"), *types = json_get(op, "types");
	const char *type = json_string(element(types, product->left));
	double size = element_size(type), inner, outputs;
	struct shape left, right;
	struct text why = { 0 };

	if (size == 0 || !read_shape(&left, element(dims, product->left)) ||
	    !read_shape(&right, element(dims, product->right)) || left.rank < 2 || right.rank < 2)
		return false;
	inner = left.size[left.rank - 1];
	if (right.size[right.rank - (product->transposed ? 1 : 2)] != inner || inner == 0)
		return false;
	outputs = elements(&left) / inner *
	    right.size[right.rank - (product->transposed ? 2 : 1)];
	amount->flops = 2 * outputs * inner;
	amount->bytes = size * (elements(&left) + elements(&right)) +
	    (size < 2 ? 2 : size) * outputs;
	amount->eight_bits = size == 1;
	text_add_format(&why, "%s of M=%.0f N=%.0f K=%.0f in %s, from the trace: operands read and "
	    "product written once", product->name, elements(&left) / inner,
	    outputs / (elements(&left) / inner), inner, type);
	amount->why = intern_string(why.bytes);
	text_free(&why);
	return true;
}

bool
amount_of_product(struct amount *amount, const struct stack *stack)
{
	const struct json *op = stack->ops != NULL ? stack->ops->child : NULL;

	*amount = (struct amount){ 0 };
	for (; op != NULL; op = op->next) {
		const char *name = json_string(json_get(op, "name"));

		for (size_t i = 0; name != NULL && i < sizeof(products) / sizeof(products[0]); i++)
			if (strcmp(name, products[i].name) == 0 &&
			    fill_product(amount, op, &products[i]))
				return true;
	}
	return false;
}

bool
amount_of_definition(struct amount *amount, const struct definition *definition,
    int64_t tokens, const char *annotation)
{
	double n = (double)definition_axis(definition, "N");
	double k = (double)definition_axis(definition, "K");
	const char *type = json_string(json_get(definition->inputs != NULL
	    ? definition->inputs->child : NULL, "dtype"));
	double size = element_size(type), m = (double)tokens;
	struct text why = { 0 };

	*amount = (struct amount){ 0 };
	if (definition->op_type == NULL || strcmp(definition->op_type, "gemm") != 0 ||
	    n == 0 || k == 0 || size == 0)
		return false;
	amount->eight_bits = size == 1;
	amount->at_least = tokens == 0;
	amount->bytes = tokens == 0 ? size * n * k : size * (m * k + n * k) + 2 * m * n;
	amount->flops = 2 * m * n * k;
	if (tokens == 0)
		text_add_format(&why, "the weights of %s read once; the number of tokens is not "
		    "known", definition->name);
	else
		text_add_format(&why, "%s with M=%lld tokens as in the annotation '%s': operands "
		    "read and product written once", definition->name, (long long)tokens,
		    annotation);
	amount->why = intern_string(why.bytes);
	text_free(&why);
	return true;
}

bool
amount_of_copy(struct amount *amount, const struct work *work)
{
	*amount = (struct amount){ .why = intern_string("bytes copied, from the trace") };
	amount->bytes = (double)work->bytes;
	return work->bytes > 0;
}

double
amount_share(const struct amount *amount, double us, const struct datasheet *sheet,
    bool *memory_bound)
{
	double peak = sheet == NULL ? 0 : amount->eight_bits ? sheet->tflops_8 : sheet->tflops_16;
	double memory, arithmetic;

	*memory_bound = true;
	if (sheet == NULL || sheet->gbps == 0 || us <= 0)
		return -1;
	memory = amount->bytes / (us * 1e3) / sheet->gbps;
	arithmetic = peak > 0 ? amount->flops / (us * 1e6) / peak : 0;
	*memory_bound = memory >= arithmetic;
	return memory >= arithmetic ? memory : arithmetic;
}
