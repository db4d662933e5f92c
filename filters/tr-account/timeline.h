/* SPDX-License-Identifier: Apache-2.0 */
/* What kinds of work a device does at each instant. */
#ifndef TR_ACCOUNT_TIMELINE_H
#define TR_ACCOUNT_TIMELINE_H

#include "device.h"

/* From its time to the next instant's, the kinds whose bits are set run. */
struct instant {
	int64_t time;
	uint8_t kinds; /* bit 1 << enum work */
};

struct timeline {
	struct instant *list;
	size_t count;
};

/* ns of each kind within a window. */
struct times {
	int64_t busy;
	int64_t all[WORK_COUNT];       /* the union of its pieces */
	int64_t exclusive[WORK_COUNT]; /* where no kind before it runs */
	int64_t overlapped;            /* communication while something is computed */
};

/* To be released with timeline_close. */
struct timeline timeline_open(const struct device *device);
void timeline_close(struct timeline *timeline);

/* Of [start, end). */
struct times timeline_times(const struct timeline *timeline, int64_t start, int64_t end);

#endif
