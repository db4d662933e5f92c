/* SPDX-License-Identifier: Apache-2.0 */
/* What binds a name in a scope of Python, and which scopes a name is looked for in.
 *
 * The rule is section 4.2 of the Python reference, "Naming and binding". A module, the body of
 * a class, a function or lambda with its parameters, and a comprehension are scopes. A name is
 * bound in a scope by what stands anywhere in it, in whatever branch and order:
 *
 *     import a.b             binds a           def x, class x, type x = T
 *     import a.b as x        binds x           x = v, x: T, x: T = v, x += v, (x := v)
 *     from a import x        from a import *   for x in v, with v as x, x, *y = v
 *     except T as x          case x            del x
 *
 * Decorators, defaults, annotations and bases belong to the scope around a definition, as does
 * a := in a comprehension. After `global x` a function's x is that of the module, after
 * `nonlocal x` that of the function around. A name that the scope does not bind is looked for
 * in the scopes around it, innermost first, but for those of classes: see py_scope_is_seen. */
#ifndef WARPIPE_BINDINGS_H
#define WARPIPE_BINDINGS_H

#include <stdbool.h>

#include "python/py.h"

enum py_binds {
	PY_BINDS_PARAMETER,   /* node: the PY_PARAMETER; value: its default or NULL */
	PY_BINDS_DEFINITION,  /* node: the PY_FUNCTION or PY_CLASS */
	PY_BINDS_IMPORT,      /* node: the PY_ALIAS; import, module */
	PY_BINDS_ALL,         /* from a import *: the same, and the name is "*" */
	PY_BINDS_VALUE,       /* to value itself, NULL for a bare x: T; also each name of
	                       * a, b = v, w to its own */
	PY_BINDS_PART,        /* to something that comes out of value: by for, with, +=, or
	                       * as one of several names */
	PY_BINDS_OTHER,       /* except, case, type, del */
	PY_BINDS_ELSEWHERE,   /* the words `global x` and `nonlocal x` themselves */
	PY_BINDS_ITEM         /* x[key] = value: no binding, but x holds value from then on */
};

/* One place where a name is bound. Valid during the visit; strings are interned. */
struct py_binding {
	enum py_binds how;
	const char *name;
	const struct py_node *node;   /* the statement or clause, unless said otherwise above */
	const struct py_node *value;
	const struct py_node *import; /* the PY_IMPORT or PY_IMPORT_FROM */
	const char *module;           /* of `import`: what the name stands for, "a" or "a.b" */
	bool global, nonlocal;        /* bound not here, but there */
	bool types_only;              /* below `if TYPE_CHECKING:`, where no program comes */
};

typedef void py_binding_visit(void *context, const struct py_binding *binding);

/* Visit all bindings of the scope that the node makes: first its parameters and the names it
 * declares to be bound elsewhere, then the rest as written. Those of a module are followed by
 * what the functions in it bind there (`global` is set). The node: PY_MODULE, PY_CLASS,
 * PY_FUNCTION, PY_LAMBDA or PY_COMPREHENSION. */
void py_bindings(const struct py_node *scope, py_binding_visit *visit, void *context);

/* What one alias of an import statement binds. */
struct py_binding py_import_binding(const struct py_node *import, const struct py_node *alias);

/* Whether code whose own scope is `from` sees the names that the scope `around`, itself or
 * one around it, binds: what a class binds is seen by its own body alone. */
bool py_scope_is_seen(const struct py_node *around, const struct py_node *from);

/* 1 when an `if` with this test runs its body only for type checkers, -1 when only its else
 * branch, 0 when it has nothing to do with them. */
int py_type_checking(const struct py_node *test);

#endif
