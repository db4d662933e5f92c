/* SPDX-License-Identifier: Apache-2.0 */
/* Where kernels are defined: C++ and CUDA sources, read by universal-ctags, and the Python
 * of the packages that hold them. */
#ifndef KCALLERS_IMPLEMENTATION_H
#define KCALLERS_IMPLEMENTATION_H

#include "records.h"

/* Set `implementation` of the kernels that have none yet and whose definition is in the
 * trees: the C++ function of that name, else the one that a torch library binds to the
 * name, else the Python function or class of a package that is a kernel source. False,
 * after a warning, when ctags could not be asked. */
bool implementations_find(struct kernels *kernels, const struct project *project,
    const struct tree *sources);

#endif
