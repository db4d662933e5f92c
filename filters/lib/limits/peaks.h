/* SPDX-License-Identifier: Apache-2.0 */
/* The peaks of GPUs by exact device, as their vendors state them (peaks.tsv), without
 * sparsity. */
#ifndef WARPIPE_PEAKS_H
#define WARPIPE_PEAKS_H

#include <stdbool.h>
#include <stddef.h>

#include "limits/table.h"

/* Types that products are calculated in; fp32 and fp64 on the vector units. */
enum peak { PEAK_FP64, PEAK_FP32, PEAK_TF32, PEAK_BF16, PEAK_FP16, PEAK_FP8, PEAK_INT8, PEAK_FP4,
	PEAK_KINDS };
extern const char *const peak_names[PEAK_KINDS];

/* 0 where the device has none or nobody says. */
struct peaks {
	const char *device;      /* the row's */
	const char *arch;        /* "sm_90", "gfx942" */
	double sms;              /* or compute units */
	double memory_gb;
	double gbps;             /* of the device's memory, 1e9 bytes a second */
	double l2_mb, llc_mb;    /* caches */
	double tflops[PEAK_KINDS];
	double link_gbps;        /* to other GPUs, one direction */
	double host_gbps;
	const char *unsure;      /* what nobody has confirmed; "" when nothing */
	const char *source;
	const char *found_by;    /* "name" or what told the device instead */
	bool measured_memory;    /* gbps and these tflops were measured, not stated */
	bool measured[PEAK_KINDS];
};

/* What is known of a device; NULL and 0 where not. */
struct peaks_device {
	const char *name;
	double sms, memory_bytes;
};

/* All zero is not valid; peaks_close when done. */
struct peaks_list {
	struct table table;
};
struct peaks_list peaks_open(void);
void peaks_close(struct peaks_list *list);

/* The row of this device: by its whole name; a device without a name of its own (empty, or
 * "AMD Radeon Graphics") by compute units and memory, if all rows that fit agree. False when
 * there is none: never the nearest name, no part of a board (MIG), no laptop's. Strings live
 * as long as the list. */
bool peaks_find(const struct peaks_list *list, const struct peaks_device *device,
    struct peaks *peaks);

/* The row of a chip as people say it: "H200", "h200", "MI300X", "L40S" or the whole name. */
bool peaks_of_chip(const struct peaks_list *list, const char *chip, struct peaks *peaks);

#endif
