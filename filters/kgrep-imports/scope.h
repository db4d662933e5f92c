/* SPDX-License-Identifier: Apache-2.0 */
/* Python's scopes, as far as imported names go: which names a module, class or function
 * binds to modules and imported names, and which of them hide an outer one. */
#ifndef WARPIPE_SCOPE_H
#define WARPIPE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"
#include "python/py.h"

/* One binding of a name; a name can have several (try/except, if/else), all are kept. */
struct import_binding {
	const char *name;
	const char *module;    /* dotted name it may stand for, NULL when no import says so */
	const char *symbol;    /* imported from a source: the name there, else NULL */
	const char *source;    /* of symbol */
	bool by_assignment;    /* x = flashinfer.norm */
};

struct import_scope {
	const struct py_node *node; /* see py_bindings */
	struct import_scope *parent;
	struct import_binding *bindings;
	size_t count, capacity;
	const char *qualified; /* "Class.method", "<module>"; made when first asked for */
	const char *star;      /* module of a source that `import *` brought in, or NULL */
	const char *star_source;
	uint32_t star_line;
};

/* What the scope functions need to know about the file. */
struct scope_context {
	struct facts *facts;
	const struct sources *sources;
	const char *module;    /* of the file, or NULL */
	struct import_scope *top;
	uint64_t bound[16];    /* see scope_may_bind */
};

/* Bind what `scope->node` binds in its own scope, and note the imports as facts. What only
 * type checkers read is left out. The caller sets node and parent. */
void scope_open(struct scope_context *context, struct import_scope *scope);
void scope_close(struct import_scope *scope);

/* False when no import of a source binds this name anywhere in the file so far: saves most
 * look-ups, since most names are no kernels. */
bool scope_may_bind(const struct scope_context *context, const char *name);

/* The innermost scope that binds the name as seen from `scope`, or NULL. */
const struct import_scope *scope_find(struct import_scope *scope, const char *name);

const char *scope_qualified(struct import_scope *scope);

/* The source of a module as this file sees it: NULL for its own package. */
const char *scope_source(const struct scope_context *context, const char *module);

/* What an expression made of dots and names stands for, as seen from the scope, with the
 * first binding that is a module taken; NULL when it is no dotted name. */
const char *scope_resolve(struct import_scope *scope, const struct py_node *expression);

#endif
