/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with places for values: "CUTLASS GEMM ([{unit}][, {DTYPE}])". */
#ifndef WARPIPE_NAMES_TEMPLATE_H
#define WARPIPE_NAMES_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "names/names.h"
#include "base/text.h"

/* Append the template with its {values} put in. A part in square brackets is left out when
 * one of its values is not known, and what that leaves of a list is tidied: "(, BF16)" is
 * "(BF16)", and " ()" is nothing; false, with nothing appended, when a value outside of
 * brackets is not known. {NAME} in capitals is the value of `name` in capitals; [[ is a
 * bracket. */
bool names_template_render(struct text *out, const char *template,
    const struct names_value *values, size_t count);

/* NULL when the template is well formed, else what is wrong with it. */
const char *names_template_check(const char *template);

#endif
