/* SPDX-License-Identifier: Apache-2.0 */
/* Callee records. */
#ifndef KCALLEES_EMIT_H
#define KCALLEES_EMIT_H

#include "dialect.h"
#include "json/json_writer.h"
#include "library.h"
#include "reach.h"
#include "records.h"

struct emitter {
	struct json_writer *writer;
	struct evaluator *evaluator;
	struct libraries *libraries;
	struct map written;  /* kernel, source, gpu, scope, file */
	struct map searches; /* (library, unit) -> struct search * */
	size_t callees;
	bool cut; /* some search stopped before all was reached */
};

/* What the kernel reaches, found by `reach`. Returns how many records were written. */
size_t emit_callees(struct emitter *emitter, const struct kernel *kernel,
    const struct reach *reach);

void emit_end(struct emitter *emitter, const struct kernels *kernels, size_t linked,
    size_t problems);
void emit_close(struct emitter *emitter);

#endif
