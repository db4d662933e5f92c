/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the records. */
#ifndef KCALLERS_EMIT_H
#define KCALLERS_EMIT_H

#include "chains.h"
#include "json/json_writer.h"
#include "records.h"
#include "sites.h"

struct emitter {
	struct json_writer *writer;
	const struct kernels *kernels;
	const struct project *project;
	bool *wanted;      /* by kernel: whether it is asked for */
	const char *model; /* the file of its top classes, where several models are traced */
	struct arena scratch;
	size_t calls, chains, omitted, unreached, ops, unresolved;
	bool cut; /* something was left out, so that `omitted` is a lower bound */
};

/* A model of which chains follow: its file and top classes. */
void emit_model(struct emitter *emitter, const struct model *model, const char *file);

/* The direct call sites, in the order of the files. */
void emit_calls(struct emitter *emitter, const struct sites *sites);

/* At most `limit` chains for each call site of the kernel and op it reaches, and how many
 * more there are. */
void emit_chains(struct emitter *emitter, struct chains *chains, uint32_t kernel,
    unsigned limit);

/* Begins a record of this kind, about the kernel. */
void emit_kernel(struct emitter *emitter, const char *kind, const struct kernel *kernel);

/* The parts of records: "call", "file", "line", "function" of a call site. */
void emit_place(struct emitter *emitter, const struct function *function,
    const struct instruction *site);
void emit_implementation(struct emitter *emitter, const struct kernel *kernel);

/* "key":"text of the source between begin and end, on one line" */
void emit_text(struct emitter *emitter, const char *key, const struct module *module,
    uint32_t begin, uint32_t end);

/* "guards":[conditions around the instruction, outermost first],"asks":[the same, taken
 * apart, and of a step of a chain those that chose what it calls] */
void emit_guards(struct emitter *emitter, const struct module *module, uint32_t guard,
    const struct choices *choices, const struct step *step);

/* Calls between the model's own functions, in code that the model reaches. */
void emit_edges(struct emitter *emitter, const struct graph *graph);

/* What no static reading resolves, in functions that the model reaches. */
void emit_unresolved(struct emitter *emitter, const struct graph *graph);

/* The last record, with the counts of all others. */
void emit_end(struct emitter *emitter, const struct project *project, size_t problems);
void emit_close(struct emitter *emitter);

#endif
