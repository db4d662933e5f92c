/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes of one rank of a model, from its config.json and the ranks of tensor parallelism. */
#ifndef KROOF_MODEL_H
#define KROOF_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "limits/work.h"

/* All zero: no model is known. */
struct model {
	bool known;
	struct arena arena;
	struct sizes sizes;     /* those of config.tsv, d, weight_bytes, activation_bytes,
	                         * expert_bytes */
	enum peak weights;      /* what products run in by the config */
	const char *unusual;    /* a key that tells other layers than ours; NULL */
	int layers;
	char *windowed;         /* of each layer: 1, 0, or -1 when the config does not tell */
};

/* Dies, naming the file, when it is no config or its sizes do not divide by `tp`. */
void model_read(struct model *model, const char *path, int64_t tp);
void model_close(struct model *model);

#endif
