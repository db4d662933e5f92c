/* SPDX-License-Identifier: Apache-2.0 */
/* How near kernels came to their limits, as kroof said it of each before this program. */
#ifndef TR_LAYERS_LIMITS_H
#define TR_LAYERS_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "limits/peaks.h"
#include "trace/trace_record.h"

/* An operator by kind and sizes. Strings are interned; "" where there is none. */
struct limit_op {
	const char *family, *sizes, *bound, *how;
	const char *remark; /* why there is no share, or what it rests on */
	const char *type;   /* that its products run in */
};

enum limit_state { LIMIT_SHARE, LIMIT_RANGE, LIMIT_FLAGGED };

/* One call of it: of the kernel that kroof set the limit to. Times in us. */
struct limit_call {
	uint32_t op;
	enum limit_state state;
	double op_us;             /* of all the work of the operator */
	double low_us, limit_us;  /* two values of a range, else one */
	double win_us;            /* beyond limit and start-up; of a range the least */
	double bytes, flops;
	double experts;           /* that can have been read in the time; 0 where not told */
};

/* Times added up, in us. All zero is a valid empty sum. */
struct limit_sum {
	uint32_t calls;
	double known_us, limit_us, win_us;  /* of what has a share */
	double range_us, low_us, high_us;   /* of what has a range */
	double least_win_us;                /* of that */
};

/* Of one trace. All zero: kroof did not see it. */
struct limits {
	struct limit_call *calls;
	size_t call_count, call_capacity;
	struct limit_op *ops;
	size_t op_count, op_capacity;
	struct map op_index;
	/* the peaks that kroof took */
	const char *device; /* NULL when it knows none */
	bool measured;
	double gbps, tflops[PEAK_KINDS];
};

/* The place of the kernel's limit among the calls, from 1; 0 when the record has none. */
uint32_t limits_add(struct limits *limits, const struct trace_record *record);

/* kroof's record of the whole. */
void limits_add_whole(struct limits *limits, const struct trace_record *record);

/* `place` as limits_add gave it. */
void limits_sum(struct limit_sum *sum, const struct limits *limits, uint32_t place);

void limits_clear(struct limits *limits);
void limits_close(struct limits *limits);

#endif
