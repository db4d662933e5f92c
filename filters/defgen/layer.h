/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of sglang and torch that run kernels, and the record of each that a model
 * constructs. */
#ifndef DEFGEN_LAYER_H
#define DEFGEN_LAYER_H

#include "interp.h"

enum layer_kind {
	LAYER_NORM,         /* RMSNorm */
	LAYER_GEMMA_NORM,   /* scales by 1 + weight */
	LAYER_OTHER_NORM,   /* no family: LayerNorm */
	LAYER_LINEAR,       /* (input_size, output_size) */
	LAYER_QKV,
	LAYER_MERGED,       /* (input_size, output_sizes) */
	LAYER_BATCHED,      /* no family: several products at once */
	LAYER_ATTENTION,
	LAYER_LINEAR_ATTENTION, /* gated delta net */
	LAYER_MAMBA,
	LAYER_INDEXER,
	LAYER_MOE,
	LAYER_TOPK,
	LAYER_ROPE,
	LAYER_EMBEDDING,
	LAYER_HEAD,         /* LM head */
	LAYER_LOGITS,
	LAYER_GATE,         /* a parameter that a forward multiplies with */
	LAYER_PLAIN         /* nothing of ours */
};

struct layer {
	/* How it is known: a bare name of sglang's layers, "module.name" where the bare name
	 * means other things too, or torch's full name. */
	const char *key;
	enum layer_kind kind;
	const char *parameters; /* leading parameters in order, separated by blanks */
	bool evaluate;          /* its own constructor runs too */
};

/* One construction. */
struct kernel {
	const struct layer *layer;
	struct scope arguments;
	struct value *instance;
	const char *file;
	uint32_t line;
	struct kernel *next;
};

/* An argument as a whole number; false, with *why set, when there is none. */
bool kernel_integer(const struct kernel *kernel, const char *name, int64_t *number);
struct value *kernel_argument(const struct kernel *kernel, const char *name);

#endif
