/* SPDX-License-Identifier: Apache-2.0 */
/* The call chains of kcallers: how each Python kernel is reached from the model's forward. */
#ifndef KJOIN_CHAINS_H
#define KJOIN_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "graph.h"
#include "json/json.h"
#include "base/map.h"
#include "json/reader.h"

/* One call site. Strings are interned. */
struct chain_frame {
	const char *call, *file, *function;
	const char *name; /* the function without its class */
	int64_t line;
	int64_t def; /* first line of the function; 0 when the stream does not tell */
	const struct json *asks; /* the conditions it stands under: an array, or NULL */
};

/* From the kernel's call site (frames[0]) up to the model's forward (the last). */
struct chain {
	const char *kernel, *source; /* interned */
	struct chain_frame *frames;
	uint32_t frame_count;
	uint32_t op;            /* index of the op's frame; frame_count when a plan's has none */
	int32_t site;           /* index into sites; NONE when it is impossible */
	const struct json *json; /* the frames, for the output */
	bool impossible;        /* a guard or a file above the op is for other hardware */
	bool doubtful;          /* one below the op is: another path may lead there */
	bool planned;           /* a launch of the plan: it was run, not found in the code */
};

/* Where the model calls an op. */
struct site {
	const char *call, *file, *function; /* interned */
	int64_t line;
	int32_t chain; /* one that leads there */
	int32_t in;    /* its function, in graph */
	const char *op; /* interned: equal for calls of one attribute in one class */
};

/* A top-level forward. */
struct root {
	const char *file, *function; /* interned */
	int32_t in; /* its number in graph */
};

/* What a Python kernel is called. */
struct symbol {
	const char *kernel, *source; /* interned */
	int32_t *chains; /* indexes */
	size_t chain_count, chain_capacity;
	size_t possible; /* of these, not impossible: they go first, not doubtful ones before */
	const struct json *call; /* a call record, for kernels that no chain begins with, or NULL */
};

/* All zero is valid. */
struct chains {
	struct arena arena;
	struct chain *list;
	size_t count, capacity;
	size_t known; /* of these, kcallers'; those of the plan come after them */
	struct site *sites; /* once ready */
	size_t site_count, site_capacity;
	struct root *roots;
	size_t root_count, root_capacity;
	struct symbol *symbols;
	size_t symbol_count, symbol_capacity;
	struct map symbol_index, site_index, root_index;
	struct graph graph; /* above the ops */
};

/* Read kcallers' stream; dies when it is damaged or cut. `path` NULL: nothing. */
void chains_read(struct chains *chains, const char *path);

/* After chains_read: keep the frames of a plan's launch as a chain; its index. Such a chain is in
 * no symbol, root or graph. Its `op` may be null: then it has no site. */
int32_t chains_add_planned(struct chains *chains, const struct record *record);

/* Drop what is for other hardware than this vendor's (NULL: unknown, drop nothing) and find
 * the sites. May be called again. */
void chains_ready(struct chains *chains, const char *vendor);

/* The kernel's symbol; NULL when nothing calls it. */
const struct symbol *chains_symbol(const struct chains *chains, const char *kernel,
    const char *source);

/* Whether what this member of a frame's `asks` tests must not hold. */
bool ask_is_negated(const struct json *ask);

void chains_close(struct chains *chains);

#endif
