/* SPDX-License-Identifier: Apache-2.0 */
/* In plain words: which limit binds a row, and what would move it. */
#ifndef KBENCH_EXPLAIN_H
#define KBENCH_EXPLAIN_H

#include "results.h"
#include "base/text.h"

/* "latency", "bandwidth", "mixed", or "unknown" without a fit that holds. */
const char *explain_bound(const struct results *results, const struct measure *measure);

/* Two or three sentences, appended. */
void explain_measure(struct text *text, const struct results *results,
    const struct measure *measure);

/* "1.5 KiB"; bytes below 1 KiB as they are. */
void explain_bytes(struct text *text, double bytes);

#endif
