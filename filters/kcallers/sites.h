/* SPDX-License-Identifier: Apache-2.0 */
/* Direct call sites: calls whose callee is a kernel by its name alone. */
#ifndef KCALLERS_SITES_H
#define KCALLERS_SITES_H

#include "names.h"

enum site_form {
	SITE_CALL,    /* f(...) */
	SITE_SELF,    /* self.f(...), f stored in the attribute by the same class */
	SITE_LAUNCH,  /* f[grid](...) */
	SITE_DEVICE,  /* f(...) of a function that is compiled for the device */
	SITE_FORMS
};

struct site {
	const struct instruction *instruction;
	const struct function *function;
	uint32_t kernel;  /* index */
	enum site_form form;
};

struct sites {
	struct site *list; /* by file, then position */
	size_t count, capacity;
};

void sites_find(struct sites *sites, const struct project *project, const struct names *names,
    const struct kernels *kernels);
void sites_free(struct sites *sites);

/* True when the function can only be launched, as f[grid](...). */
bool kernel_is_launched(const struct kernel *kernel);

#endif
