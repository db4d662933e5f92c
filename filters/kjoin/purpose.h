/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel is for, and whether an op's name says that it is for the same. */
#ifndef KJOIN_PURPOSE_H
#define KJOIN_PURPOSE_H

#include <stdbool.h>

#include "trace.h"

/* What modules are named after. */
enum purpose_part { PURPOSE_ATTENTION, PURPOSE_FEED_FORWARD };

/* Whether the call's attribute ("self.attn") names a module that is this part of a layer. */
bool purpose_named(const char *call, enum purpose_part part);

/* Whether the kernel's type or family is one that ops are named after. */
bool purpose_known(const struct kernel_class *class);

/* Whether the op's call ("self.attn", "self.experts") has the name of the same purpose. */
bool purpose_fits(const struct kernel_class *class, const char *call);

#endif
