/* SPDX-License-Identifier: Apache-2.0 */
/* Making definitions of one model's modules; parts of emit.c that know a family well. */
#ifndef DEFGEN_EMIT_H
#define DEFGEN_EMIT_H

#include "definition.h"

struct emission {
	struct catalogue *catalogue;
	struct model *model;
	const char *name;
};

/* Note a module that becomes no definition, though it should. */
void emit_problem(struct emission *em, const struct site *site, const char *why);

/* Note a module that no family describes. */
void emit_no_family(struct emission *em, const struct site *site, const char *why);

/* A size within reason; false after a note of what is wrong with it. */
bool emit_size(struct emission *em, const struct site *site, const char *name, int64_t *size);
void emit_number(struct emission *em, struct parameters *parameters, const char *name,
    int64_t number);

/* What a site says: a truth, a number (`otherwise` where it says none), a word or NULL. */
bool site_flag(const struct site *site, const char *name);
double site_number(const struct site *site, const char *name, double otherwise);
const char *site_word(const struct site *site, const char *name);

/* One definition of this site. */
void emit_definition(struct emission *em, struct site *site, const char *family,
    const struct parameters *parameters, int64_t tp, int64_t ep);

void emit_attention(struct emission *em, struct site *site);
void emit_indexer(struct emission *em, struct site *site);
void emit_delta_net(struct emission *em, struct site *site);
void emit_mamba(struct emission *em, struct site *site);
void emit_moe(struct emission *em, struct site *site);
void emit_conv(struct emission *em, struct site *site);
void emit_gated_norm(struct emission *em, struct site *site);
void emit_batched(struct emission *em, struct site *site);
void emit_activation(struct emission *em, struct site *site);

#endif
