/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the records. */
#ifndef KCALLERS_EMIT_H
#define KCALLERS_EMIT_H

#include "json_writer.h"
#include "records.h"
#include "sites.h"

struct emitter {
	struct json_writer *writer;
	const struct kernels *kernels;
	struct arena scratch;
	size_t calls, chains, unreached;
};

/* The direct call sites, in the order of the files. */
void emit_calls(struct emitter *emitter, const struct sites *sites);

/* "key":"text of the source between begin and end, on one line" */
void emit_text(struct emitter *emitter, const char *key, const struct module *module,
    uint32_t begin, uint32_t end);

/* "guards":[conditions around the instruction, outermost first] */
void emit_guards(struct emitter *emitter, const struct module *module, uint32_t guard);

#endif
