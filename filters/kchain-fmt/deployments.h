/* SPDX-License-Identifier: Apache-2.0 */
/* What deployments launch, as kplan says, set side by side in the order of execution. */
#ifndef WARPIPE_DEPLOYMENTS_H
#define WARPIPE_DEPLOYMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "chains.h"

/* A launch, from the kernel's call site up to the model's forward. */
struct launch {
	const char *kernel, *source;
	const struct frame *frames;
	uint32_t frame_count;
	uint32_t op;              /* index into frames, frame_count if none is the model's */
	int64_t layer, repeat;    /* the first layer and how many; layer -1: outside */
	bool model;               /* in the model's forward */
	const char *shapes;       /* "32x7168, 7168x2112", of the first tensors */
	const char **conditions;  /* as written, each once */
	uint32_t condition_count;
};

/* One phase of a deployment. */
struct column {
	size_t deployment;
	size_t stream;            /* the number of the plan's stream that has it */
	const char *phase;
	struct launch *launches;
	size_t count, capacity;
};

struct deployment {
	const char *name;         /* its own, or the description */
	const char *description;  /* "DeepseekV3ForCausalLM on h200, tp 8" */
	const char *release;      /* of the framework, or NULL */
	const char **unresolved;  /* what kplan could not run */
	size_t unresolved_count, unresolved_capacity;
	size_t launches;          /* of all phases, layers alike counted each */
};

/* A launch of one or several columns, and which: NULL where a column has none. */
struct row {
	const struct launch *first;
	const struct launch **cells;
};

/* What is launched before the model's forward, in it but before its layers, ... */
enum place_in_step { BEFORE_MODEL, BEFORE_LAYERS, IN_LAYERS, AFTER_LAYERS, AFTER_MODEL };

/* Rows of one such place; IN_LAYERS: of the layers [layer, end). */
struct stretch {
	enum place_in_step place;
	int64_t layer, end;
	struct row *rows;
	size_t count, capacity;
};

struct deployments {
	struct deployment *list;
	size_t count, capacity;
	struct column *columns;
	size_t column_count, column_capacity;
	size_t stream_count;
	struct stretch *stretches;
	size_t stretch_count;
	struct arena arena;
};

/* Read plans (kplan's streams, a file or several, NULL-terminated). A file may hold several
 * deployments; streams of one that follow each other are its phases, as long as none of them comes
 * again: then it is another deployment, whatever it is called. Dies, naming file and line,
 * when a record is damaged or a stream is cut. */
void deployments_read(struct deployments *deployments, char *const *files);

/* Fill in the stretches. */
void deployments_align(struct deployments *deployments);
void deployments_free(struct deployments *deployments);

/* "Layers 4 to 59, each", or where in the step it is. */
void stretch_heading(const struct stretch *stretch, struct text *heading);

/* The launch has this kernel. */
bool deployments_have(const struct deployments *deployments, const char *kernel,
    const char *source);

#endif
