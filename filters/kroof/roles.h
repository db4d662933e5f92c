/* SPDX-License-Identifier: Apache-2.0 */
/* The work of kernels by their place in the layers of a step (roles.tsv), for those whose
 * shapes no trace recorded. */
#ifndef KROOF_ROLES_H
#define KROOF_ROLES_H

#include "kernels.h"
#include "model.h"

struct roles {
	struct table table;
	regex_t *patterns;
};
struct roles roles_open(void);
void roles_close(struct roles *roles);

/* Gives the items of all steps that have no work yet theirs, and helpers their owners. Places
 * are believed only in steps whose layers are the config's. */
void roles_read(struct kernels *kernels, const struct model *model, const struct roles *roles,
    const struct families *families);

#endif
