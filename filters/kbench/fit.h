/* SPDX-License-Identifier: Apache-2.0 */
/* What the fits say of a row. */
#ifndef KBENCH_FIT_H
#define KBENCH_FIT_H

#include "results.h"

/* The fit that the row is part of; NULL when too few rows were measured. */
const struct fit *fit_of(const struct results *results, const struct measure *measure);

/* The share of the fitted time that does not depend on size, from 0 to 1. */
double fit_fixed_share(const struct fit *fit, const struct measure *measure);

#endif
