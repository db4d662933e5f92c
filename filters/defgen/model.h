/* SPDX-License-Identifier: Apache-2.0 */
/* One model constructed by its own code: the modules that result, as records of the driver
 * `modules` of a dry run (filters/lib/dryrun/python/drivers/modules.py). */
#ifndef DEFGEN_MODEL_H
#define DEFGEN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "json/json.h"

/* Ranks that share a model. */
struct run {
	int64_t tp, ep;
};

/* Modules of one place: alike but for the layer they are of. */
struct site {
	const char *role;   /* "linear", "norm", ... : what kernels they run; "other": none of ours */
	const char *path;   /* "model.layers.N.self_attn.qkv_proj" */
	const char *class;
	const char *file;   /* of the call that constructed them; "" and 0 when unknown */
	uint32_t line;
	int64_t count;      /* modules */
	int64_t parameters; /* elements of one of them, of this rank */
	const struct json *layers; /* indices of the layers they are of */
	const struct json *sizes;  /* what the role has to say */
	const char *quantized;     /* by what, or NULL */
	bool covered;       /* a definition was made of it */
	struct site *next;
};

/* Something that could not be evaluated or that has no family. */
struct finding {
	enum finding_kind {
		FINDING_UNSUPPORTED, /* the model's list of kernels may lack something */
		FINDING_NO_FAMILY,   /* a kernel that no family of definitions describes */
		FINDING_ASSUMED      /* what the run took to be so */
	} kind;
	const char *file;
	uint32_t line;
	const char *what, *why;
	struct finding *next;
};

struct model {
	struct arena arena; /* owns what the fields point to */
	struct run run;
	const char *name, *real_name; /* of the tree's folder, as given and as it is */
	struct site *sites, **sites_end;
	struct finding *findings, **findings_end;
	const char *class;  /* that was constructed; NULL: none */
	int64_t layers;     /* that the config says; 0 when it does not */
	const struct json *layer_classes; /* class of each layer, in order */
};

/* What to construct. The strings stay the caller's. */
struct model_request {
	const char *tree;
	const char *entry;          /* class to take when the config names none */
	const struct json *config;  /* an object */
	bool invented;              /* fill in sizes of a small model where no class has any */
	struct run run;
	double timeout;             /* seconds */
};

/* Constructs models of one tree one after another; they share the imports of the tree. Zeroed
 * to begin with. */
struct constructor {
	struct dryrun *run;
	char *request;
};

void model_construct(struct constructor *constructor, struct model *model,
    const struct model_request *request);
void constructor_close(struct constructor *constructor);
void model_close(struct model *model);

#endif
