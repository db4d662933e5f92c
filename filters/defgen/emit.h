/* SPDX-License-Identifier: Apache-2.0 */
/* Making definitions of one model's kernels; parts of emit.c that know a family well. */
#ifndef DEFGEN_EMIT_H
#define DEFGEN_EMIT_H

#include "definition.h"

struct emission {
	struct catalogue *catalogue;
	struct model *model;
	const char *name;
};

/* Note a kernel that becomes no definition. */
void emit_problem(struct emission *em, const struct site *site, const char *why);

/* Note a kernel that was evaluated, but that no family describes. */
void emit_no_family(struct emission *em, const struct site *site, const char *why);

/* The value as a size within reason; false after a note of what is wrong with it. */
bool emit_size(struct emission *em, const struct site *site, const char *name,
    const struct value *value, int64_t *size);
void emit_number(struct emission *em, struct parameters *parameters, const char *name,
    int64_t number);

/* One definition of this kernel. */
void emit_definition(struct emission *em, const struct site *site, const char *family,
    const struct parameters *parameters, int64_t tp, int64_t ep);

void emit_attention(struct emission *em, const struct site *site);
void emit_indexer(struct emission *em, const struct site *site);
void emit_delta_net(struct emission *em, const struct site *site);
void emit_mamba(struct emission *em, const struct site *site);
void emit_moe(struct emission *em, const struct site *site);

#endif
