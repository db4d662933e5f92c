/* SPDX-License-Identifier: Apache-2.0 */
/* Everything a chain stream says, shared parts once: call chains as one tree a kernel. */
#ifndef WARPIPE_CHAINS_H
#define WARPIPE_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "page/label.h"
#include "base/map.h"

/* One call site as a chain passes it. Strings live until the process ends. */
struct frame {
	const char *label;    /* what stands at `line`: "self.attn", no brackets in it */
	const char *file;
	const char *function; /* that holds the call */
	const char *via;
	const char **guards;  /* conditions, outermost first */
	const char **receivers;
	uint32_t line, guard_count, receiver_count;
};

/* One step of chains of a kernel; those that share their beginning share nodes. Indices
 * into chains->nodes; 0 is none. */
struct node {
	uint32_t frame;       /* index into chains->frames */
	uint32_t first, last, next;
	bool op;
};

/* An op that a kernel implements. */
struct op {
	uint32_t frame;
	uint32_t chains;
};

struct place {
	const char *file, *function;
	uint32_t line;
};

/* A call on the way whose target no static reading tells: chains may be missing there. */
struct unresolved {
	struct frame frame;
	const char *what;
};

struct kernel {
	const char *name, *source;
	const char *category;       /* see categories_derive */
	const char *implementation; /* file, or NULL */
	const char *reason;         /* why no model path reaches it, or NULL */
	uint32_t implementation_line;
	uint32_t first, last;       /* nodes of its own call sites */
	struct op *ops;
	size_t op_count, op_capacity;
	struct place *callers;      /* direct callers of one that is unreached */
	size_t caller_count, caller_capacity;
	uint64_t chains, omitted;
	bool omitted_at_least;      /* omitted is a lower bound */
	bool device_function;       /* part of kernels that call it, none itself */
};

struct chains {
	struct frame *frames;
	size_t frame_count, frame_capacity;
	struct map frame_index;     /* a frame as it was spelled -> its index */
	struct node *nodes;
	size_t node_count, node_capacity;
	struct kernel *kernels;     /* sorted by chains_sort */
	size_t kernel_count, kernel_capacity;
	struct map kernel_index;
	struct kernel *newest;      /* that the last record was about, while reading */
	struct unresolved *unresolved;
	size_t unresolved_count, unresolved_capacity;
	struct arena arena;
	uint64_t calls;             /* direct call sites of kernels */
	uint64_t chain_count;
};

/* Read the stream from the files (NULL-terminated; none: stdin). Dies, naming file and
 * line, when a record is damaged or lacks a field, and when the stream has no end record.
 * With `only` (NULL-terminated, or NULL) other kernels are passed over. */
void chains_read(struct chains *chains, char *const *files, const char *const *only);

/* Kernels of one source together, sources with more reached kernels first, kernels by
 * name; ops by file and line. */
void chains_sort(struct chains *chains);
void chains_free(struct chains *chains);

/* Fill in kernel->category: the part of the tree that most of its call sites are in
 * ("attention" of ".../srt/layers/attention/x.py"), written as a heading. */
void categories_derive(struct chains *chains);

#endif
