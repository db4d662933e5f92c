/* SPDX-License-Identifier: Apache-2.0 */
/* Table of element types, and conversions by bits: no compiler's half type is needed. */
#include <string.h>

#include "element.h"

static const struct {
	const char *name;
	size_t size;
} elements[ELEMENT_TYPES] = {
	[ELEMENT_FP32] = { "fp32", 4 },
	[ELEMENT_FP16] = { "fp16", 2 },
	[ELEMENT_BF16] = { "bf16", 2 },
	[ELEMENT_FP8] = { "fp8", 1 },
	[ELEMENT_INT8] = { "int8", 1 },
	[ELEMENT_INT32] = { "int32", 4 },
	[ELEMENT_INT64] = { "int64", 8 },
};

size_t
element_size(enum element_type type)
{
	return elements[type].size;
}

const char *
element_name(enum element_type type)
{
	return elements[type].name;
}

bool
element_parse(const char *name, enum element_type *type)
{
	for (int i = 0; i < ELEMENT_TYPES; i++) {
		if (strcmp(name, elements[i].name) == 0) {
			*type = (enum element_type)i;
			return true;
		}
	}
	return false;
}

static float
float_from_bits(uint32_t bits)
{
	float number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

static uint32_t
bits_of_float(float number)
{
	uint32_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

float
fp16_to_float(uint16_t half)
{
	uint32_t sign = (uint32_t)(half & 0x8000) << 16;
	uint32_t exponent = (half >> 10) & 0x1f;
	uint32_t fraction = half & 0x3ff;

	if (exponent == 0x1f)
		return float_from_bits(sign | 0x7f800000 | fraction << 13);
	if (exponent != 0)
		return float_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
	/* Zero or subnormal: fraction * 2^-24, exact in a float. */
	return float_from_bits(sign | bits_of_float((float)fraction * 0x1p-24f));
}

/* `bits` shifted right by `shift` (1 to 31), to the nearest, ties to even. */
static uint32_t
shift_rounding(uint32_t bits, unsigned shift)
{
	uint32_t half = UINT32_C(1) << (shift - 1);
	uint32_t odd = bits >> shift & 1;

	return (bits + half - 1 + odd) >> shift;
}

uint16_t
fp16_from_float(float number)
{
	uint32_t bits = bits_of_float(number);
	uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
	uint32_t magnitude = bits & 0x7fffffff;
	uint32_t exponent = magnitude >> 23;

	if (magnitude > 0x7f800000)
		return sign | 0x7e00;
	if (exponent >= 143)
		return sign | 0x7c00;
	/* A carry out of the fraction raises the exponent, as it must, up to infinity. */
	if (exponent >= 113)
		return (uint16_t)(sign | shift_rounding(magnitude - (UINT32_C(112) << 23), 13));
	if (exponent < 102)
		return sign;
	return (uint16_t)(sign |
	    shift_rounding((magnitude & 0x7fffff) | 0x800000, 126 - exponent));
}

float
bf16_to_float(uint16_t bits)
{
	return float_from_bits((uint32_t)bits << 16);
}

uint16_t
bf16_from_float(float number)
{
	uint32_t bits = bits_of_float(number);

	if ((bits & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float
fp8_to_float(uint8_t bits)
{
	uint32_t sign = (uint32_t)(bits & 0x80) << 24;
	uint32_t exponent = bits >> 3 & 0xf, fraction = bits & 7;

	if ((bits & 0x7f) == 0x7f)
		return float_from_bits(sign | 0x7fc00000);
	if (exponent != 0)
		return float_from_bits(sign | (exponent + 120) << 23 | fraction << 20);
	return float_from_bits(sign | bits_of_float((float)fraction * 0x1p-9f));
}

uint8_t
fp8_from_float(float number)
{
	uint32_t bits = bits_of_float(number);
	uint8_t sign = (uint8_t)(bits >> 24 & 0x80);
	uint32_t magnitude = bits & 0x7fffffff, exponent = magnitude >> 23, rounded;

	if (magnitude > 0x7f800000)
		return sign | 0x7f;
	if (exponent < 117) /* below half of the smallest subnormal, 2^-9 */
		return sign;
	if (exponent >= 121)
		rounded = magnitude >= 0x43e80000 ? 0x7e
		    : shift_rounding(magnitude - (UINT32_C(120) << 23), 20);
	else
		rounded = shift_rounding((magnitude & 0x7fffff) | 0x800000, 141 - exponent);
	return (uint8_t)(sign | (rounded > 0x7e ? 0x7e : rounded));
}
