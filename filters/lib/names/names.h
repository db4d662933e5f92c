/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel's name tells: the table in filters/names (a copy is built in), with a
 * user's own rows before it.
 *
 * A row says what it knows about the names it matches; for each field the first matching
 * row that says it wins, but what kind of kernel it is comes from one family alone.
 * filters/names/README.md describes the rows. */
#ifndef WARPIPE_NAMES_H
#define WARPIPE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/output.h"
#include "trace/kinds.h"

/* What the grid of a kernel counts, where it counts something. */
enum names_grid {
	NAMES_GRID_UNKNOWN,
	NAMES_GRID_TOKENS,  /* grid[0]: one block a token */
	NAMES_GRID_ROWS,    /* grid[0] times block[1]: one row of threads a token */
	NAMES_GRID_SQUARES, /* rows, where the kernel before it squares: the mean of a norm */
	NAMES_GRID_QUERIES, /* grid[0]: tiles of query tokens of one sequence */
	NAMES_GRID_COUNT
};

/* The fields of the facts, in the order in which they are explained. */
enum names_field {
	NAMES_FAMILY,
	NAMES_LIBRARY,
	NAMES_TYPE,
	NAMES_STAGE,
	NAMES_ROLES,
	NAMES_GRID,
	NAMES_SHORT,
	NAMES_FRIENDLY,
	NAMES_DESCRIPTION,
	NAMES_GENERIC,
	NAMES_FIXED,
	NAMES_TILED,
	NAMES_FIELD_COUNT
};

/* What in the name a field was told by. */
struct names_evidence {
	const char *kind; /* "namespace", "prefix", "suffix", "word", "template argument",
	                   * "habit"; NULL when the field is not known */
	const char *text; /* the part of the name */
};

/* One thing read from a name: "tile_m" is "128". */
struct names_value {
	const char *name;
	const char *text;
};

/* What the table says of one name. Valid until the next names_look_up on the same table. */
struct names_facts {
	const char *canonical;   /* cxx_name_canonical */
	const char *key;         /* cxx_name_key: equal for all spellings of one kernel */
	const char *family;      /* "unknown" when no row names one */
	const char *library;     /* where the code comes from; "unknown" */
	const char *short_name;  /* for tables; never empty */
	const char *friendly;    /* for people, "FlashAttention Forward (split-KV, BF16)" */
	const char *description; /* one sentence, or NULL */
	enum kernel_type type;
	enum stage stage;  /* what the name alone tells */
	enum names_grid grid;
	unsigned roles;          /* enum role */

	/* What was read from the name, in the order of the rows: tile_m, tile_n, tile_k,
	 * stages, cluster_m, cluster_n, mma, layout, head_dim, dtype, dtype_a ... */
	const struct names_value *values;
	size_t value_count;

	/* Tensors as in NumPy's notation, "(M, K)", "(K, N)", "->", "(M, N)"; NULL-terminated,
	 * and NULL when the name does not tell. fixed: with the sizes that this variant
	 * enforces; tiled: what one tile computes. */
	const char *const *generic;
	const char *const *fixed;
	const char *const *tiled;

	struct names_evidence evidence[NAMES_FIELD_COUNT];
};

struct names;

/* The built-in table, after the rows of `files` (NULL-terminated or NULL; first file
 * first). Dies, naming file and line, on YAML or patterns that are wrong. */
struct names *names_open(char *const *files);

/* Never NULL. A name is looked at once; its facts are kept for the next time (up to a
 * bound: a stream of ever new names does not grow the table). Names are cut at 16 KiB
 * and at a NUL. */
const struct names_facts *names_look_up(struct names *names, const char *name, size_t length);

/* Forget all names; what was told of them is no longer valid. */
void names_forget(struct names *names);

/* The stage that an annotation's text tells: "decode bs=32". */
enum stage names_annotation_stage(struct names *names, const char *text, size_t length);

/* Print which rows match, what each says, and which of it is used. */
void names_explain(struct names *names, const char *name, struct output *out);

/* Patterns that gave up on some name since names_open (catastrophic backtracking); each
 * was warned of once. */
size_t names_problems(const struct names *names);

void names_close(struct names *names);

#endif
