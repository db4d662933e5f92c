/* SPDX-License-Identifier: Apache-2.0 */
/* What formulas of operators.tsv ask of an operator's arguments. */
#ifndef KROOF_SHAPES_H
#define KROOF_SHAPES_H

#include "kernels.h"

/* One operator around one kernel. */
struct shapes {
	const struct op *op;
	const char *kernel;   /* its name */
	int level;            /* of the op in its stack, 0 innermost */
	const struct sizes *step; /* or NULL */
};

/* For struct expression_scope; the context is a struct shapes. */
bool shapes_size(void *context, const char *name, double *value);
bool shapes_call(void *context, const char *name, const double *arguments, int count,
    double *value);

/* The arithmetic that products of this torch type run in, on this kernel: 32 bits are TF32
 * only where the kernel's name says so. */
enum peak shapes_arithmetic(const char *type, const char *kernel);

/* Bytes of an element; 0 for what is no tensor. */
double shapes_element(const char *type);

double shapes_elements(const struct argument *argument);

#endif
