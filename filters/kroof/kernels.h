/* SPDX-License-Identifier: Apache-2.0 */
/* The GPU work of one stream, and what is found out about each piece. */
#ifndef KROOF_KERNELS_H
#define KROOF_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "json/json.h"
#include "limits/work.h"
#include "limits/steps.h"
#include "trace/launches.h"
#include "trace/trace_record.h"

enum { NONE = -1 };

/* Where the sizes of a kernel come from, in order of trust. */
enum origin {
	ORIGIN_NONE,
	ORIGIN_EVENT,    /* the event itself: copies, collectives */
	ORIGIN_SHAPES,   /* shapes recorded where it was launched */
	ORIGIN_CAPTURE,  /* shapes recorded when its graph was captured */
	ORIGIN_PLAN,     /* the shapes of the plan's launch that it is */
	ORIGIN_NEARBY,   /* those of the same kernel between the same neighbours */
	ORIGIN_CONFIG    /* the model's config, the step's annotation, the place in the layer */
};
extern const char *const origin_names[];

/* One piece of work. */
struct item {
	enum trace_kind kind;
	const char *name, *class; /* class: "TYPE FAMILY NAME" */
	const char *grid;         /* as spelled; "" */
	double ts, us;
	int64_t index, correlation; /* NONE where unknown */
	int64_t stream, device;
	uint32_t process;         /* of which rank */
	double bytes;             /* of a copy; < 0 when unknown */
	const struct json *collective; /* or NULL */
	const struct op *plan;    /* the launch of a plan that it is; NULL */
	int64_t plan_seq;         /* its number there; NONE */
	double plan_tokens;       /* of the step that it was planned for; 0 when unknown */
	int32_t stack;            /* index into stacks; NONE */
	int32_t step;             /* index into steps; NONE */
	bool graph;               /* replayed */
	const int32_t *op_calls;  /* aligned with the stack's ops */
	int32_t op_call_count;
	/* found out */
	enum origin origin;       /* ORIGIN_NONE: nothing is known */
	struct work work;
	const char *sizes;        /* as records show them; "" */
	struct { double low, high; } experts; /* that are read; high 0 where no size says it */
	bool assumed;
	bool role;                /* hangs on the place in the layer */
	const char *note;         /* "" */
	const char *why;          /* why nothing is known; NULL */
	int32_t owner;            /* the item whose op this is a part of; itself otherwise */
	int32_t op_level;         /* of the op that owns it, in the stack; NONE */
	double op_us;             /* of the owner: all items of the op */
	struct limit limit;
	bool has_limit;
	const char *flag;         /* why no share is said though the limit is known; NULL */
	bool finding;
};

/* One argument of an operator. */
/* Of one tensor; an operator with more has no shapes. */
enum { MOST_DIMS = 8 };

struct argument {
	int rank;                 /* 0 for no tensor, or for one without dimensions */
	double dims[MOST_DIMS], strides[MOST_DIMS];
	bool has_strides, nested; /* nested: a list of tensors */
	double nested_elements;
	const char *type, *input; /* "" */
};

struct op {
	const char *name, *key;   /* key: name and shapes as spelled */
	int count;                /* arguments; 0 when none were recorded */
	const struct argument *arguments;
};

struct stack {
	bool graph, capture;
	int count;
	struct op *ops;           /* innermost first */
};

/* All zero is valid; kernels_clear makes it so between streams. */
struct kernels {
	struct arena arena;
	struct arena scratch;     /* of one record */
	struct map ops;           /* operators of stacks by their text, each kept once */
	struct item *items;       /* in the order of the stream, later by time */
	size_t count, capacity;
	struct stack *stacks;     /* by number */
	size_t stack_count, stack_capacity;
	struct steps steps;
	struct launches launches;
	const char *device;       /* "" when unknown */
	double sms, memory, world_size;
	bool amd;
	bool is_trace;            /* begins as one: rows of kjoin have their limits from there */
};

/* Keep what the record says. */
void kernels_add(struct kernels *kernels, const struct trace_record *record);

/* Of the item's work, which is known. */
void item_take_sizes(struct item *item, const struct sizes *sizes);

/* All have come: steps of the items, order by time. `positions` (count of them, the caller's)
 * gets where each item of the stream went. */
void kernels_ready(struct kernels *kernels, size_t *positions);
void kernels_clear(struct kernels *kernels);

#endif
