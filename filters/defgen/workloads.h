/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads of definitions, as upstream's runner takes them, and solutions to begin with. */
#ifndef DEFGEN_WORKLOADS_H
#define DEFGEN_WORKLOADS_H

#include "definition.h"

/* What one pass of a server works on, and how often such a pass occurred. */
struct pass {
	bool decode;
	int64_t sequences, tokens; /* tokens of all sequences */
	int64_t context;           /* tokens of a sequence when the pass has run */
	int64_t count;
	struct pass *next;
};

struct passes {
	struct arena arena;
	struct pass *first, **end;
	bool contexts_guessed; /* the records do not say how long sequences are */
};

/* Passes of a server's step annotations among tr-classify's records ("-" is stdin). Dies where
 * there is none. */
void passes_read(struct passes *passes, const char *path);

/* Passes of one batch of requests: what goes in, what comes out. False: no such text. */
bool passes_make(struct passes *passes, const char *text);
void passes_free(struct passes *passes);

/* Write ROOT/workloads, ROOT/blob and ROOT/solutions for all definitions. Those of which an
 * axis or an input is not understood have none and are remarked on. */
void workloads_write(struct catalogue *catalogue, const struct passes *passes,
    const char *root);

#endif
