/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the table of kernel names, as names.c works with them. */
#ifndef WARPIPE_NAMES_ROW_H
#define WARPIPE_NAMES_ROW_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "names/names.h"
#include "names/names_need.h"

/* One of a row's regular expressions. Those that look for kernels match whole words only,
 * see filters/names/README.md. */
struct names_pattern {
	struct names_pattern *next;
	struct names_pattern *alternatives; /* tried one by one; NULL where it is tried as a whole */
	const char *text;
	pcre2_code *code; /* NULL until it is asked, see names_pattern_code */
	struct names_need need;
	size_t line;
	bool words;   /* matches whole words only */
	bool gave_up; /* it was warned of */
};

/* NULL, or 0 in `says`, for what a row does not say. */
struct names_row {
	struct names_row *next;
	const char *file;
	size_t line;

	/* A name matches when each list that is there has a pattern that matches, and none of
	 * `unless` does. */
	struct names_pattern *match;      /* on the canonical name */
	struct names_pattern *function;   /* on the name without template arguments */
	struct names_pattern *raw;        /* on the name as it came */
	struct names_pattern *unless;     /* on the canonical name */
	struct names_pattern *annotation; /* the row is about annotations */

	struct names_pattern *read; /* named groups are values; all that match are read */
	struct names_value *spell;  /* how the row's letters are spelled: "t" is "bf16" */
	size_t spell_count;

	const char *family, *library;
	const char *evidence; /* "habit": what the row says is a convention, no proof */
	/* Templates, see names_template.h. */
	const char *short_name, *friendly, *description;
	bool says_type, says_stage, says_grid;
	enum kernel_type type;
	enum stage stage;
	enum names_grid grid;
	unsigned roles;
	const char **generic, **fixed, **tiled; /* NULL-terminated; templates, too */
};

/* One text of YAML: a file of the built-in table. */
struct names_source {
	const char *file;
	const char *text;
};

/* The built-in table, in order; ends with a NULL file. Made from filters/names at build
 * time. */
extern const struct names_source names_builtin[];

struct names_rows {
	struct names_row *first;
	struct names_row **last;
	/* Functions whose first class among their template arguments is the kernel proper. */
	struct names_pattern *launchers;
	/* Spellings of number types in all libraries: "BFloat16" is "bf16". */
	struct names_value *dtypes;
	size_t dtype_count, dtype_capacity;
	struct names_literals literals; /* of the patterns */
	struct arena arena;
};

/* Dies when lists and maps stand deeper in each other than a table's do, before libyaml spends
 * time on them that grows with the square of the depth. */
void names_rows_check(const char *file, const char *text, size_t length);

/* Append the rows of a YAML text. Dies, naming file and line, when it is not right. */
void names_rows_read(struct names_rows *rows, const char *file, const char *text,
    size_t length);
void names_rows_free(struct names_rows *rows);

#endif
