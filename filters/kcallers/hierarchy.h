/* SPDX-License-Identifier: Apache-2.0 */
/* Base classes and method resolution order. */
#ifndef KCALLERS_HIERARCHY_H
#define KCALLERS_HIERARCHY_H

#include "names.h"

/* Sets mro, subclasses, flags and externals of every class. */
void hierarchy_resolve(struct project *project, const struct names *names);

/* True when the class or a base of it derives from this name outside the tree. */
bool class_has_external(const struct class *class, const char *path);

/* True when its fields are the members of an enum. */
bool class_is_enum(const struct class *class);

#endif
