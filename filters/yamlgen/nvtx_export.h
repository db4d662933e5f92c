/* SPDX-License-Identifier: Apache-2.0 */
/* The NVTX ranges of an export of Nsight Systems as stages of its kernels. */
#ifndef WARPIPE_YAMLGEN_NVTX_EXPORT_H
#define WARPIPE_YAMLGEN_NVTX_EXPORT_H

#include "sqlite_reading.h"

/* Add a stage for each name of ranges: what the thread launched between begin and end of such a
 * range. A launch counts once in each stage, however deep ranges of one name stand in each
 * other, and the sums of the kernels are not touched. Only the stages that took longest are
 * kept; a remark says what is left out. Nothing without ranges or without the calls that
 * launched the kernels. `name_column`: of the kernels' table, an id in StringIds. */
void nvtx_export_read(struct reading *reading, const char *name_column);

#endif
