/* SPDX-License-Identifier: Apache-2.0 */
/* This kbench and another one in turns: what the machine does meanwhile happens to both. */
#ifndef KBENCH_AGAINST_H
#define KBENCH_AGAINST_H

#include <stdbool.h>

#include "base/output.h"

/* Runs itself and `other` with the arguments of argv (without --against and its value), in pairs,
 * and writes a line for each row and, with `records`, a verdict. Returns how many rows are slower here.
 * Dies when one of them cannot be run. */
int against(struct output *out, char *const *argv, const char *other, bool records);

#endif
