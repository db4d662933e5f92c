/* SPDX-License-Identifier: Apache-2.0 */
/* What every name can be bound to, without following a call: imports through any number
 * of modules, aliases, either branch of a condition, attributes of `self`. Enough to find
 * base classes and the direct call sites of kernels. */
#ifndef KCALLERS_NAMES_H
#define KCALLERS_NAMES_H

#include "points.h"
#include "project.h"
#include "records.h"

struct names {
	struct points points;
	struct project *project;
	const struct kernels *kernels;
	const struct externals *externals;
	uint32_t *variables; /* module id -> node of its first variable */
	uint32_t *registers; /* function id -> node of its register 0 */
};

/* Resolves the names of a whole project. */
void names_open(struct names *names, struct project *project, const struct kernels *kernels,
    const struct externals *externals);
void names_close(struct names *names);

/* Node of a function's register. */
uint32_t names_node(const struct names *names, const struct function *function,
    uint32_t value);

/* The class that a dotted name spells in the module, NULL when it is none. */
struct class *names_class(const struct names *names, const struct module *module,
    const char *dotted);

#endif
