/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: one table per program gives its options, its --help and its
 * completions. */
#ifndef WARPIPE_OPTIONS_H
#define WARPIPE_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"

/* One option. A table ends with an all-zero row; --help and --version are added. */
struct option_spec {
	int key;           /* what options_next returns: the short letter, or > 255 for an
	                    * option that has only a long name */
	const char *name;  /* long name without dashes, or NULL */
	const char *value; /* what its argument is called in --help; NULL: takes none */
	const char *help;  /* a few words, no full stop; NULL: another option's words name it */
};

/* What --help says. Printed: usage, sentence, options, example, exit status. */
struct program {
	const char *name;
	const char *usage;    /* after the name: "[-k] [FILE...]" */
	const char *sentence; /* what the program does, one sentence */
	const struct option_spec *options;
	const char *example;  /* one runnable line */
	const char *status;   /* "0 done, 1 ..., 2 failed"; NULL for the usual text */
};

/* Walks over argv. `value` is the argument of the option that options_next returned;
 * when it returns OPTION_END, `operands` points to what is left, NULL-terminated. */
struct option_scan {
	const struct program *program;
	int argc;
	char **argv;
	struct option *long_options;
	char *short_options;
	const char *value;
	char **operands;
	int operand_count;
};

enum { OPTION_END = -1 };

/* Sets the program's name for messages, too. argv may be reordered. */
void options_begin(struct option_scan *scan, const struct program *program, int argc,
    char **argv);

/* The next option's key or OPTION_END. Handles --help and --version itself (exit 0);
 * exits with 2 on an unknown option or a missing argument. */
int options_next(struct option_scan *scan);

/* The current option's value as a number within [low, high]; exits with 2 otherwise. */
long long options_integer(const struct option_scan *scan, long long low, long long high);
double options_number(const struct option_scan *scan, double low, double high);

/* The index of the current option's value in `choices` (NULL-terminated); exits with 2,
 * naming the choices, when it is none of them. */
int options_choice(const struct option_scan *scan, const char *const *choices);

/* "name: message (try 'name --help')" and exit 2. */
_Noreturn void options_fail(const struct option_scan *scan, const char *format, ...)
    PRINTF_LIKE(2, 3);

#endif
