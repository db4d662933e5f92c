/* SPDX-License-Identifier: Apache-2.0 */
/* Tracing one model after the other: the flow of values, its call graph, and the chains. */
#ifndef KCALLERS_TRACING_H
#define KCALLERS_TRACING_H

#include "base/output.h"
#include "emit.h"
#include "model.h"

/* What all models share; the project is read once. */
struct tracing {
	struct emitter *emitter;
	struct project *project;
	const struct names *names;
	const struct externals *externals;
	const struct sites *sites;
	struct output *out; /* that the emitter writes to */
	unsigned limit;
	bool edges;
	bool problems; /* some files could not be read */
};

/* Write the chains of the model so named, and why other kernels are unreached. Ends the
 * program if the trees have models, could be read, and none has that name. */
void trace_model(struct tracing *tracing, const char *name);

/* Write a `model` record for every file that names entry classes, then the chains of each, up
 * to `processes` models at a time; their order does not depend on it. Kernels that a model
 * does not reach have no records. */
void trace_every_model(struct tracing *tracing, unsigned processes);

#endif
