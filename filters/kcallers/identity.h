/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that give back what they are given: decorators, wrappers, registrars. */
#ifndef KCALLERS_IDENTITY_H
#define KCALLERS_IDENTITY_H

#include "project.h"

/* Set `returned` and `wraps` of the module's functions, and take the moves of a parameter
 * to the return value out of their code: calls pass that argument on by themselves, each
 * its own, where one return value for all callers would mix them. */
void identity_find(struct module *module);

#endif
