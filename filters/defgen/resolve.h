/* SPDX-License-Identifier: Apache-2.0 */
/* From what the user calls a model to its entry class. */
#ifndef DEFGEN_RESOLVE_H
#define DEFGEN_RESOLVE_H

#include <stdbool.h>

#include "json/json.h"
#include "source.h"

/* The entry class for `name` and its config: by the config's architectures, by the class
 * name, by the file name. NULL when there is none. */
const struct entry *resolve_model(const struct source *source, const char *name,
    const struct json *config);

/* Whether the tree may know the config's architecture by another name than it has: where the
 * config has one at all. */
bool resolve_may_rename(const struct json *config);

/* Dies naming the models there are and the closest to `name`. */
_Noreturn void resolve_fail(const struct source *source, const char *name,
    const struct json *config);

#endif
