/* SPDX-License-Identifier: Apache-2.0 */
/* Python modules, read when they are first asked for, and what names are bound in them. */
#ifndef KCALLEES_SCOPE_H
#define KCALLEES_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"
#include "python/py.h"
#include "python/tree.h"

enum binding_kind {
	BIND_FUNCTION,
	BIND_CLASS,
	BIND_MODULE,  /* import a.b as x, import a.b: `module` */
	BIND_MEMBER,  /* from a.b import c: `module`, `name` */
	BIND_VALUE,   /* x = node */
	BIND_PARAMETER
};

/* One way in which a name gets its value; a name may have several. */
struct name_binding {
	enum binding_kind kind;
	const struct py_node *node;
	const struct code_scope *scope; /* where `node` stands */
	const char *module, *name;
	struct name_binding *next;
};

/* A module, a class, or a function. Lives as long as the modules. */
struct code_scope {
	const struct py_node *node;  /* PY_MODULE, PY_CLASS, PY_FUNCTION or PY_LAMBDA */
	const struct code_scope *outer;   /* NULL for a module */
	const struct code_scope *class;   /* of a method: its class */
	const struct module *module;
	const char *path;            /* "Class.method"; "" for a module */
	struct map names;            /* -> struct name_binding * */
	struct map attributes;       /* of a class: self.x = node in its methods */
	const char **stars;          /* of a module: from x import * */
	size_t star_count, star_capacity;
};

struct module {
	const struct tree_file *file;
	struct py_file *parsed;
	struct code_scope *scope;
};

struct modules {
	const struct tree *tree;
	struct map by_name;    /* dotted name -> struct module *, all of the tree */
	struct map by_node;    /* function or class node -> struct code_scope * */
	struct arena arena;
	size_t read, problems; /* files parsed; those that could not be, or not whole */
};

void modules_open(struct modules *modules, const struct tree *tree);
void modules_close(struct modules *modules);

/* The module's scope, or NULL when it is not in the trees. */
const struct code_scope *modules_get(struct modules *modules, const char *name);

/* The scope that a function or a class makes; `outer` is the one it stands in. */
const struct code_scope *scope_of(struct modules *modules, const struct py_node *node,
    const struct code_scope *outer);

/* The first binding of the name in this very scope, or NULL. */
const struct name_binding *scope_find(const struct code_scope *scope, const char *name);
const struct name_binding *scope_find_attribute(const struct code_scope *class, const char *name);

#endif
