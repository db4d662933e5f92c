/* SPDX-License-Identifier: Apache-2.0 */
/* What communicates on a device, kept for matching it over ranks or written for tr-ranks. */
#ifndef TR_ACCOUNT_COMMS_H
#define TR_ACCOUNT_COMMS_H

#include "base/output.h"
#include "timeline.h"
#include "trace/collective.h"

/* The device's kernels that communicate, with what it did between them. Texts are not copied:
 * they live as long as the load. */
void comms_collect(const struct device *device, const struct timeline *timeline,
    struct member *member);

/* The same as `comms` records. */
void comms_write(const char *key, const char *device, const struct member *member,
    struct output *out);

#endif
