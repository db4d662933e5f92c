/* SPDX-License-Identifier: Apache-2.0 */
/* Which modules the model's own files import, directly or not. */
#ifndef KCALLERS_CLOSURE_H
#define KCALLERS_CLOSURE_H

#include "model.h"

/* Set module->used: for the model's own modules and for all that these import, anywhere
 * in their code (in functions and under `if TYPE_CHECKING:`, too). What lies outside,
 * and tests, cannot pass a value to the model that its own code does not know of. */
void closure_mark(struct project *project, const struct model *model);

#endif
