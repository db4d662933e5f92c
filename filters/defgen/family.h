/* SPDX-License-Identifier: Apache-2.0 */
/* Families of definitions: templates whose text lies in families/NAME.def.
 *
 * A file has one statement a line, then a line `reference` and the Python that follows:
 *
 *   op_type OP                        folder and op_type
 *   name PATTERN                      in the dataset's dialect
 *   flashinfer PATTERN                in FlashInfer's dialect (default: the same); dataset_... where
 *                                     FlashInfer's schema under that name is another one
 *   description TEXT
 *   tag TAG
 *   axis NAME [= VALUE] | TEXT        with a value: constant
 *   input NAME [AXIS, ...] DTYPE | TEXT      `scalar` in place of the shape: a number
 *   output NAME [AXIS, ...] DTYPE | TEXT
 *   constraint EXPRESSION
 *   call LINE                         a line of the Python that calls the library that has it
 *
 * $word stands for a parameter everywhere, the reference included. An axis or a tensor whose
 * words leave nothing is left out: its name is "". families/NAME.flashinfer.def takes the place
 * of NAME.def in FlashInfer's dialect. */
#ifndef DEFGEN_FAMILY_H
#define DEFGEN_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "json/json_writer.h"
#include "base/text.h"

enum { PARAMETER_LIMIT = 48 };

/* What a family's $words stand for. Names and texts are kept, not copied. */
struct parameters {
	const char *names[PARAMETER_LIMIT], *texts[PARAMETER_LIMIT];
	size_t count;
};

struct line {
	const char *text; /* after the first word */
	struct line *next;
};

/* A file of families/ that is built into the program. */
struct family_file {
	const char *name; /* "rmsnorm.def" */
	const char *text;
};

extern const struct family_file family_files[]; /* ends with a NULL name; made by make */

struct family {
	const char *name; /* of the file, without .def */
	const char *op_type, *pattern, *flashinfer, *description, *reference;
	const char *call; /* a solution to begin with; NULL: none */
	struct line *tags, *axes, *inputs, *outputs, *constraints, *calls;
	struct family *next;
};

/* All families built in; dies when a file is wrong. They live in the arena. */
struct family *families_load(struct arena *arena);
const struct family *family_find(const struct family *families, const char *name);

void parameter_set(struct parameters *parameters, const char *name, const char *text);
const char *parameter_get(const struct parameters *parameters, const char *name);

/* `pattern` with its $words replaced, in the arena. */
const char *family_fill(struct arena *arena, const char *pattern,
    const struct parameters *parameters);

/* One axis, input or output as the definition has it; strings live in the arena. */
struct axis {
	const char *name, *description;
	bool constant;
	int64_t value;
};

struct tensor {
	const char *name, *dtype, *description;
	const char *shape[8]; /* axis names */
	size_t rank;
	bool scalar;          /* a number: no shape */
};

struct axis family_axis(struct arena *arena, const struct line *line,
    const struct parameters *parameters);
struct tensor family_tensor(struct arena *arena, const struct line *line,
    const struct parameters *parameters);

/* The definition's members from "axes" to "reference"; the caller writes what is before. */
void family_write(const struct family *family, const struct parameters *parameters,
    struct json_writer *writer);

#endif
