/* SPDX-License-Identifier: Apache-2.0 */
/* What value.c and evaluate.c share. */
#ifndef KCALLEES_VALUE_PARTS_H
#define KCALLEES_VALUE_PARTS_H

#include "value.h"

/* What is nested deeper than MOST_DEPTH is not known, of strings that are put together no more
 * than MOST_TEXTS are followed; the end record says that something was left out. */
enum { MOST_DEPTH = 120, MOST_TEXTS = 4 };

/* Where an expression stands. */
struct code_place {
	const struct code_scope *scope, *receiver;
};

/* Whether nothing deeper is followed; it is noted that something was left out. */
bool is_too_deep(struct evaluator *evaluator);

void values_add(struct evaluator *evaluator, struct code_values *values, struct code_value value);
void values_add_all(struct evaluator *evaluator, struct code_values *values,
    const struct code_values *more);

/* Adds what the name is, as the code there sees it. */
void evaluate_name(struct evaluator *evaluator, const char *name, struct code_place at,
    struct code_values *values);

/* Adds value.name; a NULL name is not known. */
void evaluate_attribute(struct evaluator *evaluator, const struct code_value *value,
    const char *name, struct code_values *values);

/* Adds what a call of the function gives. */
void evaluate_result(struct evaluator *evaluator, const struct code_scope *function,
    const struct code_scope *receiver, struct code_values *values);

#endif
