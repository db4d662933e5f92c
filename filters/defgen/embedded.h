/* SPDX-License-Identifier: Apache-2.0 */
/* Files built into the program: families/ and data/. */
#ifndef DEFGEN_EMBEDDED_H
#define DEFGEN_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* "rmsnorm.def", "hf_defaults.json" */
	const char *text;
};

extern const struct embedded embedded_files[]; /* ends with a NULL name; made by make */

/* The file of that name; NULL when there is none. */
const struct embedded *embedded_find(const char *name);

#endif
