/* SPDX-License-Identifier: Apache-2.0 */
/* Peaks that kbench measured on a device, in place of its vendor's. */
#ifndef KROOF_MEASURED_H
#define KROOF_MEASURED_H

#include "base/arena.h"
#include "limits/peaks.h"

/* All zero: none were given. */
struct measured {
	struct arena arena;
	const char *device;          /* the file's; NULL when it does not say */
	double gbps;                 /* 0 where not measured */
	double tflops[PEAK_KINDS];
	double link_gbps, host_gbps;
};

/* Reads kbench's records: of the ceilings measured (not stated) the largest copy or read, and
 * those called gemm with a type, link and host. Dies when the file has none. */
void measured_read(struct measured *measured, const char *path);

/* Puts them over what the data sheet says. */
void measured_apply(const struct measured *measured, struct peaks *peaks);
void measured_close(struct measured *measured);

#endif
