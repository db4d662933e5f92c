/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue as a YAML document. */
#ifndef WARPIPE_YAMLGEN_WRITE_CATALOGUE_H
#define WARPIPE_YAMLGEN_WRITE_CATALOGUE_H

#include <stdbool.h>

#include "catalogue.h"
#include "naming.h"
#include "ncu.h"
#include "base/output.h"

/* What goes into the document besides what the names tell. */
struct catalogue_view {
	const struct ncu *ncu;  /* NULL: no `measured` */
	bool stats;             /* time, share, instances, stages */
	char *const *inputs;    /* named in the file's head; NULL-terminated, none is stdin */
};

/* Write the kernels of an ordered catalogue. Returns how many of them have counters. */
size_t write_catalogue(const struct catalogue *catalogue, struct naming *naming,
    const struct catalogue_view *view, struct output *out);

#endif
