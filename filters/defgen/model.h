/* SPDX-License-Identifier: Apache-2.0 */
/* One model evaluated: the kernels that its tree of modules reaches. */
#ifndef DEFGEN_MODEL_H
#define DEFGEN_MODEL_H

#include "layer.h"

/* Kernels of one place: the same constructor call in layer after layer. */
struct site {
	const struct kernel *kernel; /* the first of them */
	const char *path;            /* "model.layers.N.self_attn.qkv_proj" */
	struct value *owner;         /* the instance that holds it as `attribute` */
	const char *attribute;
	int64_t count;
	struct site *next;
};

struct model {
	const struct entry *entry;
	struct interp *it;
	struct value *config;
	struct site *sites, **sites_end;
	size_t site_count;
	bool built;                  /* false: not even the entry class could be found */
};

/* Evaluate one entry class. The model owns its interpreter. */
void model_evaluate(struct model *model, struct source *source,
    const struct defaults *defaults, const struct json *config, const struct entry *entry,
    struct run run);
void model_close(struct model *model);

/* Collect sites below `root`. */
void model_walk(struct model *model, struct value *root);

/* How a norm is used in the forward passes of the class that holds it. */
struct norm_use {
	bool plain, fused;
};

struct norm_use forward_norm(struct interp *it, const struct site *site);

/* False when a layer only holds its weight: the forward passes of the class read it for
 * something else than a product and never run the layer, or the constructor gives it a third
 * dimension, as for a convolution. */
bool forward_takes_product(const struct class *class, const char *attribute);

/* Whether a parameter is what some forward multiplies with: a router's weight. */
bool forward_multiplies(const struct class *class, const char *parameter);

/* Whether a norm's forward scales by one plus its weight. */
bool forward_adds_one(const struct class *class);

#endif
