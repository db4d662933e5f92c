/* SPDX-License-Identifier: Apache-2.0 */
/* Element types of tensors: names, sizes, and exact conversions of the 16-bit floats. */
#ifndef KERNELS_ELEMENT_H
#define KERNELS_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum element_type {
	ELEMENT_FP32,
	ELEMENT_FP16,
	ELEMENT_BF16,
	ELEMENT_FP8, /* e4m3 */
	ELEMENT_INT8,
	ELEMENT_INT32,
	ELEMENT_INT64,
	ELEMENT_TYPES,
};

size_t element_size(enum element_type type);
const char *element_name(enum element_type type);

/* False when `name` is none of the names; *type is untouched then. */
bool element_parse(const char *name, enum element_type *type);

/* IEEE binary16 and bfloat16. To the nearest, ties to even; NaN stays NaN, overflow is
 * infinity, subnormals are kept. */
float fp16_to_float(uint16_t bits);
uint16_t fp16_from_float(float number);
float bf16_to_float(uint16_t bits);
uint16_t bf16_from_float(float number);

/* e4m3 without infinities, as caches have it (finite only): to the nearest, ties to even; what is
 * beyond 448 becomes 448, NaN 0x7f with its sign. */
float fp8_to_float(uint8_t bits);
uint8_t fp8_from_float(float number);

#endif
