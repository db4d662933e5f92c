/* SPDX-License-Identifier: Apache-2.0 */
/* Native libraries: the sources that are compiled together, and what they export. */
#ifndef KCALLEES_LIBRARY_H
#define KCALLEES_LIBRARY_H

#include "exports.h"
#include "value.h"

struct library {
	uint32_t *sources;       /* the files that the maker names, and text that it holds */
	size_t count, capacity;
	struct bits files;       /* those and all they include */
	struct exports exports;
};

struct libraries {
	struct native *native;
	struct evaluator *evaluator;
	struct map by_maker;     /* function node -> struct library * */
	struct library bound;    /* all that torch and pybind11 bind in the trees */
	bool has_bound;
};

void libraries_open(struct libraries *libraries, struct native *native,
    struct evaluator *evaluator);
void libraries_close(struct libraries *libraries);

/* The library that a function makes: found, not yet defined. */
struct library *libraries_of(struct libraries *libraries, const struct code_scope *maker);

/* What the trees bind for torch.ops and extension modules; the same. */
struct library *libraries_bound(struct libraries *libraries);

/* Learn what all the libraries found so far define and export. */
void libraries_define(struct libraries *libraries);

#endif
