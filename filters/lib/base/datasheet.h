/* SPDX-License-Identifier: Apache-2.0 */
/* What vendors' data sheets say of GPUs. */
#ifndef WARPIPE_DATASHEET_H
#define WARPIPE_DATASHEET_H

/* Peaks without sparsity; 0 where the sheet does not say. */
struct datasheet {
	const char *name, *also; /* words of the device's name */
	double gbps;             /* memory bandwidth, 1e9 bytes a second */
	double tflops_16;        /* FP16 and BF16 tensor operations, 1e12 a second */
	double tflops_8;         /* FP8 */
};

/* The sheet of the device with this name, as its driver or a profile has it; NULL when it is
 * not listed. */
const struct datasheet *datasheet_find(const char *device);

#endif
