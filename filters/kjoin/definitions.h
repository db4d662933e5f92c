/* SPDX-License-Identifier: Apache-2.0 */
/* The flashinfer-trace definitions of the model's kernels, by where they were constructed. */
#ifndef KJOIN_DEFINITIONS_H
#define KJOIN_DEFINITIONS_H

#include "base/arena.h"
#include "chains.h"
#include "json/json.h"

/* Strings are interned. */
struct definition {
	const char *name, *op_type;
	const char *path;  /* of the module, "model.layers.N.self_attn.qkv_proj" */
	const char *part;  /* its last component */
	const char *file;  /* where it was constructed */
	const char *stage; /* prefill or decode; NULL for both */
	const struct json *axes, *inputs, *outputs;
};

/* All zero is valid. */
struct definitions {
	struct arena arena;
	struct definition *list;
	size_t count, capacity;
};

/* Read records of kind "definition": name, op_type, stage, path, file, axes, inputs, outputs.
 * Dies when one is damaged. `path` NULL: nothing. */
void definitions_read(struct definitions *definitions, const char *path);

/* What the op that this site calls computes in this stage, the one most like `hint` where
 * several are; NULL when none is known. */
const struct definition *definitions_find(const struct definitions *definitions,
    const struct site *site, const char *stage, const char *hint);

void definitions_close(struct definitions *definitions);

#endif
