/* SPDX-License-Identifier: Apache-2.0 */
/* getopt_long driven by a program's own table of options. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/text.h"

enum { KEY_HELP = 'h', KEY_VERSION = 0x10000, KEY_OPTIONS };

/* The help text of one option begins in this column. */
enum { HELP_COLUMN = 26 };

static const struct option_spec common_options[] = {
	{ KEY_HELP, "help", NULL, "print this help" },
	{ KEY_VERSION, "version", NULL, "print the version" },
	{ 0 },
};

static void
print_option(struct output *out, const struct option_spec *spec)
{
	struct text left = { 0 };

	if (spec->help == NULL)
		return;
	text_add_string(&left, "  ");
	if (spec->key < 256)
		text_add_format(&left, "-%c%s", spec->key, spec->name ? ", " : "");
	if (spec->name != NULL)
		text_add_format(&left, "--%s", spec->name);
	if (spec->value != NULL)
		text_add_format(&left, " %s", spec->value);
	output_format(out, "%-*s %s\n", HELP_COLUMN, left.bytes, spec->help);
	text_free(&left);
}

static _Noreturn void
print_help(const struct program *program)
{
	struct output *out = output_stdout();
	const struct option_spec *spec;

	output_format(out, "usage: %s %s\n%s\n\n", program->name, program->usage,
	    program->sentence);
	for (spec = program->options; spec->key != 0; spec++)
		print_option(out, spec);
	for (spec = common_options; spec->key != 0; spec++)
		print_option(out, spec);
	output_format(out, "\nexample: %s\nexit status: %s\n", program->example,
	    program->status ? program->status
	                    : "0 done, 1 done with findings, 2 failed (discard the output)");
	output_close(out);
	exit(STATUS_DONE);
}

static _Noreturn void
print_version(const struct program *program)
{
	struct output *out = output_stdout();

	output_format(out, "%s %s\n", program->name, VERSION);
	output_close(out);
	exit(STATUS_DONE);
}

/* One option a line, tab-separated: letter, long name, value, help: from which the
 * completions of shells are generated. */
static _Noreturn void
print_options(const struct program *program)
{
	struct output *out = output_stdout();

	for (const struct option_spec *spec = program->options; spec->key != 0; spec++)
		output_format(out, "%.*s\t%s\t%s\t%s\n", spec->key < 256,
		    (const char[]){ (char)spec->key, '\0' }, spec->name ? spec->name : "",
		    spec->value ? spec->value : "", spec->help ? spec->help : "");
	output_close(out);
	exit(STATUS_DONE);
}

void
options_begin(struct option_scan *scan, const struct program *program, int argc, char **argv)
{
	const struct option_spec *spec;
	struct text letters = { 0 };
	size_t count = 0, next = 0;

	error_set_program(program->name);
	*scan = (struct option_scan){ .program = program, .argc = argc, .argv = argv };
	for (spec = program->options; spec->key != 0; spec++)
		count++;
	scan->long_options = memory_alloc_zero(count + 4, sizeof(*scan->long_options));
	/* A leading ':' makes getopt tell a missing argument from an unknown option. */
	text_add_string(&letters, ":h");
	for (spec = program->options; spec->key != 0; spec++) {
		if (spec->key < 256)
			text_add_format(&letters, "%c%s", spec->key, spec->value ? ":" : "");
		if (spec->name != NULL)
			scan->long_options[next++] = (struct option){ spec->name,
				spec->value ? required_argument : no_argument, NULL, spec->key };
	}
	scan->long_options[next++] = (struct option){ "help", no_argument, NULL, KEY_HELP };
	scan->long_options[next++] = (struct option){ "version", no_argument, NULL, KEY_VERSION };
	scan->long_options[next++] =
	    (struct option){ "print-options", no_argument, NULL, KEY_OPTIONS };
	scan->short_options = letters.bytes;
	opterr = 0;
	optind = 1;
}

int
options_next(struct option_scan *scan)
{
	int key = getopt_long(scan->argc, scan->argv, scan->short_options, scan->long_options,
	    NULL);

	scan->value = optarg;
	switch (key) {
	case KEY_HELP:
		print_help(scan->program);
	case KEY_VERSION:
		print_version(scan->program);
	case KEY_OPTIONS:
		print_options(scan->program);
	case ':':
		options_fail(scan, "option '%s' needs a value", scan->argv[optind - 1]);
	case '?':
		if (optopt > 0 && optopt < 256)
			options_fail(scan, "unknown option '-%c'", optopt);
		options_fail(scan, "unknown option '%s'", scan->argv[optind - 1]);
	case -1:
		scan->operands = scan->argv + optind;
		scan->operand_count = scan->argc - optind;
		free(scan->long_options);
		free(scan->short_options);
		return OPTION_END;
	default:
		return key;
	}
}

void
options_fail(const struct option_scan *scan, const char *format, ...)
{
	struct text message = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_add_arguments(&message, format, arguments);
	va_end(arguments);
	die("%s (try '%s --help')", message.bytes, scan->program->name);
}

long long
options_integer(const struct option_scan *scan, long long low, long long high)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(scan->value, &end, 10);
	if (errno != 0 || end == scan->value || *end != '\0' || number < low || number > high)
		options_fail(scan, "'%s' is not a whole number from %lld to %lld", scan->value,
		    low, high);
	return number;
}

double
options_number(const struct option_scan *scan, double low, double high)
{
	char *end;
	double number = strtod(scan->value, &end);

	if (end == scan->value || *end != '\0' || !(number >= low && number <= high))
		options_fail(scan, "'%s' is not a number from %g to %g", scan->value, low, high);
	return number;
}

int
options_choice(const struct option_scan *scan, const char *const *choices)
{
	struct text list = { 0 };

	for (int i = 0; choices[i] != NULL; i++) {
		if (strcmp(scan->value, choices[i]) == 0) {
			text_free(&list);
			return i;
		}
		text_add_format(&list, "%s%s", i ? ", " : "", choices[i]);
	}
	options_fail(scan, "'%s' is none of %s", scan->value, list.bytes);
}
