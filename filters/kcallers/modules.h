/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of modules in a points-to graph, and what imports bind. */
#ifndef KCALLERS_MODULES_H
#define KCALLERS_MODULES_H

#include "external.h"
#include "points.h"
#include "project.h"

/* Nodes for the variables of all modules. */
void modules_open(struct points *points, struct project *project);

/* Node of a variable that the module binds. */
uint32_t module_node(const struct module *module, const char *name);

/* Let what the name is bound to flow to the node `to`. */
void module_load(struct points *points, const struct project *project,
    const struct externals *externals, struct module *module, const char *name, uint32_t to);
void module_attribute(struct points *points, const struct project *project,
    struct module *module, const char *name, uint32_t to);
void module_named(struct points *points, const struct project *project, const char *name,
    uint32_t to);
void module_from(struct points *points, const struct project *project,
    const struct import_from *from, uint32_t to);

#endif
