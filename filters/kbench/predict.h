/* SPDX-License-Identifier: Apache-2.0 */
/* What index and store would launch on a chip that is not here, and how long it takes at least. */
#ifndef KBENCH_PREDICT_H
#define KBENCH_PREDICT_H

#include <stdbool.h>

#include "base/output.h"
#include "plan.h"

/* Writes a line or a record for each configuration of the wish; dies on a chip that is not listed
 * or that runs no CUDA. */
void predict(struct output *out, struct plan_wish *wish, const char *chip, bool records);

/* What index or store would launch on a chip that is not here for a configuration that was measured. */
struct predicted_launch {
	const char *variant;
	double threads, lanes, unroll, blocks, waves;
	double in_flight, needed; /* bytes of loads of a multiprocessor: at most, and to fill the memory */
	double floor_us;          /* NAN where the data may lie in the L2 */
};

/* What the chip would launch for a measured row; false when the row lacks a size that it takes. */
bool predict_measure(const struct measure *measure, const char *chip,
    struct predicted_launch *launch);

#endif
