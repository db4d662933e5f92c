/* SPDX-License-Identifier: Apache-2.0 */
/* Why a kernel reaches no op. */
#ifndef KCALLERS_UNREACHED_H
#define KCALLERS_UNREACHED_H

#include "emit.h"
#include "graph.h"
#include "sites.h"

/* Write the kernel's `unreached` record: the reason, the functions that call it, and the
 * topmost functions above those. */
void emit_unreached(struct emitter *emitter, const struct graph *graph,
    const struct sites *sites, uint32_t kernel);

#endif
