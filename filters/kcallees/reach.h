/* SPDX-License-Identifier: Apache-2.0 */
/* From a Python function through the calls of its package to what runs on the GPU. */
#ifndef KCALLEES_REACH_H
#define KCALLEES_REACH_H

#include <stdint.h>

#include "value.h"

enum link_kind {
	LINK_DIALECT, /* a decorated function: `function`, `dialect` */
	LINK_EXPORT,  /* `name` (NULL: any) of the library that `function` makes */
	LINK_OP       /* `name`, dotted, of what C++ binds: torch.ops.space.name, module.name */
};

/* Something that leads out of Python, found in the step `step`. */
struct link {
	enum link_kind kind;
	const struct code_scope *function;
	const char *dialect, *name;
	uint32_t step;
};

/* A function on the way; `from` is the step before it, an index + 1, 0 for the first. */
struct reach_step {
	const struct code_scope *function, *receiver;
	uint32_t from;
};

struct reach {
	struct evaluator *evaluator;
	struct reach_step *steps;
	size_t count, capacity;
	struct link *links;
	size_t link_count, link_capacity;
	struct map seen;
	bool cut; /* it stopped before all was reached */
};

/* Follow what the values are: functions, and the methods of classes. */
void reach_run(struct reach *reach, struct evaluator *evaluator, const struct code_values *starts);
void reach_free(struct reach *reach);

/* The dialect of a decorated function, or NULL. */
const char *function_dialect(struct evaluator *evaluator, const struct code_scope *function);

#endif
