/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the kernels themselves. */
#ifndef DEFGEN_KERNELS_H
#define DEFGEN_KERNELS_H

#include "json/json_writer.h"
#include "model.h"

/* One record a site. */
void kernels_write(const struct model *model, const char *name, struct json_writer *writer);

#endif
