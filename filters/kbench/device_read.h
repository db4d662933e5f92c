/* SPDX-License-Identifier: Apache-2.0 */
/* Two kernels of kbench's own: one that reads everything and one that does nothing. */
#ifndef KBENCH_DEVICE_READ_H
#define KBENCH_DEVICE_READ_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads `bytes` bytes (what is left of whole words of 16 bytes) of device memory, aligned to
 * 16; empties the L2 of what was there. `sink` is 16 bytes of device memory. 0 is success. */
int device_read(const void *source, size_t bytes, void *sink, void *stream);

int device_nothing(void *stream);

#ifdef __cplusplus
}
#endif

#endif
