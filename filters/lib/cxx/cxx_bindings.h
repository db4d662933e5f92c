/* SPDX-License-Identifier: Apache-2.0 */
/* Which names C++ and CUDA sources give to Python, and the code behind each. */
#ifndef WARPIPE_CXX_BINDINGS_H
#define WARPIPE_CXX_BINDINGS_H

#include "cxx/cxx_tokens.h"

enum cxx_binding_kind {
	BINDING_CODE,    /* the code stands for the name */
	BINDING_NAME,    /* the name is declared only: m.def("name(schema)") */
	BINDING_ALIAS,   /* `other` stands for the name: m.attr("name") = m.attr("other") */
	BINDING_ANSWER   /* what an object answers when it is asked for a method by name:
	                  * if (name == "run") return function */
};

struct cxx_binding {
	enum cxx_binding_kind kind;
	const char *name;  /* interned, as Python calls it; NULL: a template fills it in */
	const char *space; /* interned: TORCH_LIBRARY(space, m); NULL where none is told */
	const char *how;   /* torch-library, pybind, ffi */
	const char *other; /* interned */
	uint32_t line;
	size_t begin, end; /* tokens of the code: a function, a pointer to one, a lambda; before
	                    * it there can be a dispatch key, after it documentation. Of a NULL
	                    * name the whole source */
};

/* Hand what the source binds to `use`, in the order it is written:
 * TVM_FFI_DLL_EXPORT_TYPED_FUNC(name, function), and m.def("name", function) and
 * m.impl("name", key, function) of torch libraries, pybind11 and TVM. `how`: what binds where
 * the source does not tell. */
void cxx_bindings_read(const struct tokens *tokens, const char *how,
    void (*use)(void *context, const struct cxx_binding *binding), void *context);

/* The last name of the first function that the binding's code points to or is, interned;
 * NULL when it is a lambda or the like. */
const char *cxx_binding_function(const struct tokens *tokens, const struct cxx_binding *binding);

#endif
