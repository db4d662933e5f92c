/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that one joined stream says: kernels by time, ops, how much is explained. */
#ifndef KJOIN_FMT_JOIN_H
#define KJOIN_FMT_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "json/reader.h"
#include "base/text.h"

enum { NO_OP = -1 };

/* How a row's kernel was explained, best first. */
enum explained {
	BY_CHAIN, BY_STACK, BY_SYMBOL, BY_NEIGHBOURS, BY_LIBRARY, UNEXPLAINED, EXPLAINED_COUNT
};
extern const char *const explained_names[]; /* as records spell them */

/* One call site, or one function of an observed stack (then call, via and guards are NULL
 * and `line` is where the function begins). */
struct frame {
	const char *call, *file, *function, *via;
	const char **guards, **receivers;
	size_t guard_count, receiver_count;
	uint32_t line;
};

/* Figures are NAN, and strings NULL, where the record has null or nothing. */
struct rate {
	double gbps, tflops, ceiling_percent;
	const char *bound, *how, *why;
};

struct place {
	int64_t op; /* index into join->ops, or NO_OP */
	struct frame *at; /* call site of the op, which may be in no op record; or NULL */
	struct frame *also_at; /* other calls of the same op: the trace ran one of them */
	size_t also_count;
	struct frame *after, *before; /* ops around it, where only they are known */
	struct frame *called_at; /* a call that the model does not reach, or NULL */
	const char *kernel, *source, *how, *why;
	bool certain; /* one of those that share the row's calls; else one of several candidates */
	uint64_t calls;
	double sum;
	struct frame *chain; /* from the kernel's call site up to the model's forward */
	size_t chain_length, chain_op;
	struct frame *stack; /* innermost first */
	size_t stack_length;
	const char *launch; /* "aten::mm [16,4096] [4096,6144]", or NULL */
	const char *definition;
	bool has_rate;
	struct rate rate;
};

struct hot {
	const char *name, *label, *type, *library, *stage;
	enum explained explained;
	uint64_t calls, layers;
	double sum, share, mean, shortest, longest; /* us */
	double limited, limit, win; /* us: its operators' time, their limit, what is to be won; NAN */
	struct place *places;
	size_t place_count;
};

struct op {
	struct frame at; /* its call site; file may be NULL */
	const char *definition;
	uint64_t calls;
	size_t kernels;
	double sum, share;
};

/* All strings and arrays live in the arena until the next join_read. */
struct join {
	const char *file, *device, *model, *forward, *tree, *method;
	int64_t rank; /* -1 when the trace does not say */
	uint64_t kernels, passes, layers;
	uint64_t frames_seen, frames_in_tree;
	double sum, busy, span, explained[EXPLAINED_COUNT];
	double certain; /* time of what has one place; NAN when the stream does not say */
	const char *ceiling_device, *ceiling_how;
	double ceiling_gbps;
	struct op *ops;
	size_t op_count, op_capacity;
	struct hot *hots;
	size_t hot_count, hot_capacity;
	size_t layer_count;
	bool keep_lines;  /* to be set before the first join_read */
	struct text lines; /* the records, with commas between them */
	struct arena arena;
};

/* The next stream, in place of what was read before; false when there is none. Dies,
 * naming file and line, on a record whose fields are wrong or contradict each other. */
bool join_read(struct join *join, struct reader *reader);

void join_free(struct join *join);

#endif
