/* SPDX-License-Identifier: Apache-2.0 */
/* Two catalogues side by side. */
#ifndef WARPIPE_YAMLGEN_DIFFERENCE_H
#define WARPIPE_YAMLGEN_DIFFERENCE_H

#include <stdbool.h>

#include "base/output.h"
#include "catalogue.h"
#include "naming.h"

enum difference_format { DIFFERENCE_TABLE, DIFFERENCE_CSV, DIFFERENCE_MARKDOWN };

/* Write what changed from `before` to `after`: the whole, each label, each kernel by the key
 * that it has in all tools. True when the whole, or a label that has a hundredth of it, takes
 * more than `threshold` percent longer. Both catalogues are ordered. */
bool difference_write(const struct catalogue *before, const struct catalogue *after,
    struct naming *naming, double threshold, enum difference_format format, struct output *out);

#endif
