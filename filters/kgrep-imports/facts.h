/* SPDX-License-Identifier: Apache-2.0 */
/* What one file says about kernels, gathered without knowing the other files; kernels.c
 * puts the files together and decides. Strings are interned, so they outlive the file. */
#ifndef WARPIPE_FACTS_H
#define WARPIPE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/py.h"
#include "sources.h"

/* How a name is used: bits, since one is used in several ways. */
enum use {
	USE_CALL = 1,      /* f(...), f[grid](...) */
	USE_BASE = 2,      /* f.attribute */
	USE_VALUE = 4,     /* assigned, returned, put in a dict */
	USE_ARGUMENT = 8,  /* passed to a call */
	USE_TEST = 16,     /* compared with `is`, or a statement of its own */
	USE_RUN = 32,      /* an object of the class runs: called, or x.forward() */
	USE_STORE = 64,    /* assigned to: no use */
	USE_TRUTH = 128,   /* its truth decides: of a call without arguments, a question of the host */
};

/* A name imported from a source's module. */
struct import_fact {
	const char *source, *module, *name, *alias, *how, *scope;
	uint32_t line;
};

/* More than modules are deep; of a name with more parts a warning says that it is cut. */
enum { CHAIN_NAMES = 32 };

/* A use of what hangs on a module: flashinfer.norm.rmsnorm is module "flashinfer" with
 * the names norm, rmsnorm. Which of them are modules is known only when all files are. */
struct chain_fact {
	const char *module;    /* dotted */
	const char *object;    /* the imported name that `module` may also be, or NULL */
	const char *names[CHAIN_NAMES];
	uint32_t lines[CHAIN_NAMES];
	const char *scope;
	uint8_t count, use;
	bool by_assignment;    /* reached through a variable: the use is no mention */
};

/* A function that is a kernel where it is defined. */
struct definition_fact {
	const char *source, *name, *alias, *how, *scope;
	uint32_t line;
};

/* How an imported name is used. `source` is NULL for names that this file binds in
 * another way: they tell about an imported name that is handed on under its own name. */
struct use_fact {
	const char *source, *name;
	uint8_t use;
};

struct facts {
	struct import_fact *imports;
	size_t import_count, import_capacity;
	struct chain_fact *chains;
	size_t chain_count, chain_capacity;
	struct definition_fact *definitions;
	size_t definition_count, definition_capacity;
	struct use_fact *uses;
	size_t use_count, use_capacity;
	const char **modules; /* dotted names that some statement imports or imports from */
	size_t module_count, module_capacity;
};

/* Everything below appends to `facts`. */

/* Imports, uses of imported names and of modules, and decorated functions. `module`: the
 * file's own dotted name, or NULL: what a package imports from itself is no use of it. */
void uses_gather(struct facts *facts, const struct sources *sources, const struct py_file *file,
    const char *module);

/* USE_RUN for imported classes whose objects run. After uses_gather. */
void objects_gather(struct facts *facts, const struct sources *sources,
    const struct py_file *file);

/* Functions that call into what a loader returned. */
void loaders_gather(struct facts *facts, const struct sources *sources,
    const struct py_file *file);

void facts_add_use(struct facts *facts, const char *source, const char *name, uint8_t use);
void facts_add_definition(struct facts *facts, struct definition_fact definition);
void facts_free(struct facts *facts);

/* PascalCase, leading underscores aside: a class by convention. */
bool name_is_class(const char *name);

/* The dotted name of a file in its own package: as far up as folders have an __init__.py.
 * That of the tree may be longer, where one package is kept within another's folders. */
const char *package_module(const char *path);

#endif
