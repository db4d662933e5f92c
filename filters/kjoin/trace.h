/* SPDX-License-Identifier: Apache-2.0 */
/* One trace in memory: the GPU's work with its layers, and the stacks it was launched from. */
#ifndef KJOIN_TRACE_H
#define KJOIN_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "json/json.h"
#include "base/map.h"
#include "limits/peaks.h"
#include "limits/steps.h"
#include "rate.h"
#include "trace/launches.h"
#include "trace/trace_record.h"

enum { NONE = -1 };

/* A Python function on a stack; strings are interned, file NULL for a built-in one. */
struct frame {
	const char *file, *function;
	int64_t line; /* where the function begins */
};

enum stack_how { STACK_LAUNCH, STACK_CAPTURE, STACK_GRAPH };

/* As tr-stacks writes it, innermost first. Lives until trace_clear. */
struct stack {
	enum stack_how how;
	struct frame *frames;
	size_t frame_count;
	const struct json *frames_json, *ops, *modules; /* arrays */
};

/* What kernels of one name have in common. Strings are interned. */
struct kernel_class {
	const char *name, *short_name, *type, *family, *library;
	const char *function; /* qualified, without template arguments: "flash::fwd_kernel" */
	const char *base;     /* its last identifier: "fwd_kernel" */
};

/* One piece of the GPU's work: a kernel, a copy or a fill. Times in microseconds. */
struct work {
	double ts, dur;
	uint32_t class;
	const char *stage;        /* interned: prefill, decode, mixed, unknown */
	const char *grid, *block; /* as JSON, interned; NULL when unknown */
	int32_t pass, layer;      /* NONE outside; layer counts within its pass */
	int32_t stream;           /* NONE when unknown */
	int32_t stack;            /* index into stacks; NONE when unknown */
	int32_t step;             /* index into steps, once ready; NONE when unknown */
	bool step_by_order;       /* told by the order of passes, not by its launch */
	uint32_t process;         /* of which rank */
	int64_t correlation;      /* NONE when unknown */
	int64_t bytes;            /* of a copy; NONE when unknown */
	struct rate rate;
	int32_t place;            /* see places.h */
};

/* A layer or pass record, as tr-layers wrote it. */
struct span_line {
	char *line; /* owned, without its newline */
	int32_t pass, layer; /* layer NONE for a pass */
	const char *stage; /* interned */
};

/* All zero is valid; trace_close when done. */
struct trace {
	struct arena arena; /* stacks */
	struct slice file, device, vendor; /* as JSON, in arena; bytes NULL when unknown */
	int64_t rank; /* NONE when unknown */
	struct work *works; /* in the order of time, once ready */
	size_t work_count, work_capacity;
	struct kernel_class *classes;
	size_t class_count, class_capacity;
	struct map class_index;
	struct stack *stacks;
	size_t stack_count, stack_capacity;
	struct span_line *spans; /* layers and passes, in their order */
	size_t span_count, span_capacity;
	struct step_patterns step_patterns;
	struct steps steps;   /* that annotations tell, and whose launch was in which */
	struct launches launches;
	bool keeps_steps;     /* the caller's: steps and launches are wanted */
	const char *device_name; /* interned; "" when unknown */
	double sms, memory;   /* of the device; 0 when unknown */
	struct peaks peaks;   /* that definitions were judged by; device NULL: none */
	struct json *limits;  /* kroof's record of the whole; NULL without one */
	struct json *summary; /* tr-layers' summary; NULL without one */
	double sum; /* of all durations */
};

/* Keep what the record tells. Dies, naming the line, when a field is missing. */
void trace_add(struct trace *trace, const struct trace_record *record);

/* All records have come: sort by time. */
void trace_ready(struct trace *trace);
void trace_clear(struct trace *trace);
void trace_close(struct trace *trace);

/* "nvidia", "amd", or NULL when the trace does not say. */
const char *trace_vendor(const struct trace *trace);

#endif
