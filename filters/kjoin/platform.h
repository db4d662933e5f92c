/* SPDX-License-Identifier: Apache-2.0 */
/* Which hardware a call chain is for, as far as its code says so. */
#ifndef KJOIN_PLATFORM_H
#define KJOIN_PLATFORM_H

#include <stdbool.h>

#include "chains.h"

/* Whether a guard of these frames cannot hold on this vendor's GPU ("_is_npu", "not _is_cuda"),
 * or a file or function on the way is another platform's by its name (ascend_backend.py,
 * forward_cpu). `vendor`: nvidia or amd. */
bool platform_excludes(const char *vendor, const struct chain_frame *frames, size_t count);

enum platform_truth { PLATFORM_FALSE, PLATFORM_TRUE, PLATFORM_UNKNOWN };

/* What a condition, as Python spells it, comes to on this vendor's GPU. */
enum platform_truth platform_condition(const char *vendor, const char *condition);

#endif
