/* SPDX-License-Identifier: Apache-2.0 */
/* What a comparison comes to. */
#ifndef WARPIPE_VERDICT_H
#define WARPIPE_VERDICT_H

#include "base/text.h"
#include "report.h"

/* Names of enum change_verdict as records have them. */
extern const char *const verdict_names[];

/* The status (a constant) and, appended to `says`, one sentence. */
const char *verdict_find(const struct report *report, struct text *says);

#endif
