/* SPDX-License-Identifier: Apache-2.0 */
/* The little that is asked of NVIDIA's management library, opened at run time. */
#ifndef KBENCH_NVML_H
#define KBENCH_NVML_H

struct nvml;

/* The device at a PCI address ("0000:1b:00.0"); NULL where the library or it is missing. */
struct nvml *nvml_open(const char *pci_address);
void nvml_close(struct nvml *nvml);

/* MHz of the multiprocessors, now and at most; 0 when it does not tell. */
unsigned nvml_clock(struct nvml *nvml);
unsigned nvml_largest_clock(struct nvml *nvml);

#endif
