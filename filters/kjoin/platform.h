/* SPDX-License-Identifier: Apache-2.0 */
/* Which hardware a call chain is for, as far as its code says so. */
#ifndef KJOIN_PLATFORM_H
#define KJOIN_PLATFORM_H

#include <stdbool.h>

#include "base/map.h"
#include "chains.h"

/* One vendor's platform. */
struct platform {
	const char *vendor; /* nvidia or amd; the caller's */
	struct map words;   /* of names -> the vendor that they tell, see platforms.txt */
};

void platform_open(struct platform *platform, const char *vendor);
void platform_close(struct platform *platform);

/* Whether a condition of these frames cannot hold on this platform ("_is_npu", "not _is_cuda"),
 * or a file or function on the way is another platform's by its name (ascend_backend.py,
 * forward_cpu). */
bool platform_excludes(const struct platform *platform, const struct chain_frame *frames,
    size_t count);

#endif
