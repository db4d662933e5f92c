/* SPDX-License-Identifier: Apache-2.0 */
/* NVML through dlopen; the types and constants of its ABI that are used are given here. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nvml.h"

enum { NVML_SUCCESS = 0, NVML_CLOCK_SM = 1 };

struct nvml {
	void *device;
	int (*get_clock)(void *device, int type, unsigned *mhz);
	int (*get_largest_clock)(void *device, int type, unsigned *mhz);
};

/* ISO C has no conversion from object to function pointers; POSIX has dlsym. */
static void
find(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);

	memcpy(function, &symbol, sizeof(symbol));
}

struct nvml *
nvml_open(const char *pci_address)
{
	void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	int (*initialise)(void);
	int (*get_device)(const char *address, void **device);
	struct nvml *nvml;
	void *device;

	if (library == NULL)
		return NULL;
	find(library, "nvmlInit_v2", &initialise);
	find(library, "nvmlDeviceGetHandleByPciBusId_v2", &get_device);
	if (initialise == NULL || get_device == NULL || initialise() != NVML_SUCCESS ||
	    get_device(pci_address, &device) != NVML_SUCCESS)
		return NULL;
	nvml = memory_alloc_zero(1, sizeof(*nvml));
	nvml->device = device;
	find(library, "nvmlDeviceGetClockInfo", &nvml->get_clock);
	find(library, "nvmlDeviceGetMaxClockInfo", &nvml->get_largest_clock);
	return nvml;
}

void
nvml_close(struct nvml *nvml)
{
	free(nvml);
}

unsigned
nvml_clock(struct nvml *nvml)
{
	unsigned mhz = 0;

	if (nvml == NULL || nvml->get_clock == NULL ||
	    nvml->get_clock(nvml->device, NVML_CLOCK_SM, &mhz) != NVML_SUCCESS)
		return 0;
	return mhz;
}

unsigned
nvml_largest_clock(struct nvml *nvml)
{
	unsigned mhz = 0;

	if (nvml == NULL || nvml->get_largest_clock == NULL ||
	    nvml->get_largest_clock(nvml->device, NVML_CLOCK_SM, &mhz) != NVML_SUCCESS)
		return 0;
	return mhz;
}
