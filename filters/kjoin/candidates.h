/* SPDX-License-Identifier: Apache-2.0 */
/* Which Python kernels may have launched a GPU function, by its name. */
#ifndef KJOIN_CANDIDATES_H
#define KJOIN_CANDIDATES_H

#include "chains.h"
#include "trace.h"

/* In the order of what they are worth. */
enum candidate_how {
	HOW_CALLEE,  /* the sources link the two */
	HOW_NAME,    /* a jitted function has this very name */
	HOW_LIBRARY, /* a library's kernel for what the Python function computes */
	HOW_SIMILAR, /* the names have their words in common */
	HOW_COUNT
};

/* What records call them, and what each is worth when kernels are put in the model's order. */
extern const char *const candidate_how_names[HOW_COUNT];
extern const int candidate_worth[HOW_COUNT];

struct candidate {
	uint32_t symbol; /* index into chains->symbols */
	enum candidate_how how;
	const char *why; /* one sentence for people; interned */
};

/* Those of one class, the best kind only. */
struct candidates {
	struct candidate *list;
	size_t count, capacity;
};

/* What the sources say: kcallees' records. All zero is valid. */
struct callees {
	struct callee *list;
	size_t count, capacity;
	struct map by_name; /* of the GPU function */
};

/* Dies when the stream is damaged or cut. `path` NULL: nothing. */
void callees_read(struct callees *callees, const char *path);
void callees_close(struct callees *callees);

/* Whether the sources say that the Python kernel launches the GPU function. */
bool callees_link(const struct callees *callees, const struct kernel_class *class,
    const char *kernel);

/* Names that stand in others with fewer letters do so by chance. */
enum { CANDIDATE_INSIDE = 6 };

/* Whether a profiler calls the jitted function `kernel` so. */
bool candidates_is_jitted(const char *name, const char *kernel);

/* Whether a kernel of that library and name may be launched from a Python kernel of the source. */
bool candidates_may_come_from(const struct kernel_class *class, const char *source);

/* Fill `found` (all zero) with symbols that have chains. */
void candidates_find(struct candidates *found, const struct kernel_class *class,
    const struct chains *chains, const struct callees *callees);

#endif
