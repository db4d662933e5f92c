/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for yajl, which does not look whether it got any: ours dies when there is none. */
#ifndef WARPIPE_YAJL_MEMORY_H
#define WARPIPE_YAJL_MEMORY_H

#include <yajl/yajl_common.h>

extern yajl_alloc_funcs yajl_memory;

#endif
