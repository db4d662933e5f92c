/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of kernels that no shapes tell: from the definition that their op computes and the
 * sizes that the annotation of their step tells. */
#ifndef KJOIN_RATE_DEFINED_H
#define KJOIN_RATE_DEFINED_H

#include "definitions.h"
#include "places.h"
#include "trace.h"

/* Gives such work its rate; kroof's stay. Nothing without steps or a device that is known. */
void rates_define(struct trace *trace, const struct places *places, const struct chains *chains,
    const struct definitions *definitions);

#endif
