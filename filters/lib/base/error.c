/* SPDX-License-Identifier: Apache-2.0 */
/* Prints "program: message" lines to stderr. */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* What glibc and musl made of argv[0]: for what goes wrong before options_begin. */
extern char *program_invocation_short_name;

static const char *program_name;

void
error_set_program(const char *name)
{
	program_name = name;
}

/* A message is one line, whatever bytes are in the names that it tells; a terminal obeys
 * none of them. */
static void
print_line(const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '\n')
			fputs("\\n", stderr);
		else if (byte < 0x20 || byte == 0x7f)
			fprintf(stderr, "\\x%02x", byte);
		else
			fputc(byte, stderr);
	}
}

static void
print_message(const char *format, va_list arguments, int error)
{
	size_t length = strlen(format);
	char text[4096];

	/* Memory may be what is lacking: it is cut, not allocated. */
	vsnprintf(text, sizeof(text), format, arguments);
	flockfile(stderr); /* one line stays one line when threads complain together */
	fprintf(stderr, "%s: ", program_name ? program_name : program_invocation_short_name);
	print_line(text);
	if (length > 0 && format[length - 1] == ':')
		fprintf(stderr, " %s", strerror(error));
	fputc('\n', stderr);
	funlockfile(stderr);
}

/* One thread at a time: a program that several threads end says why once. */
static void
die_alone(void)
{
	static atomic_flag dying = ATOMIC_FLAG_INIT;
	static _Thread_local bool is_me;

	while (!is_me && atomic_flag_test_and_set(&dying))
		pause();
	is_me = true;
}

void
die(const char *format, ...)
{
	int error = errno;
	va_list arguments;

	die_alone();

	va_start(arguments, format);
	print_message(format, arguments, error);
	va_end(arguments);
	exit(STATUS_FAILED);
}

void
warn(const char *format, ...)
{
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	print_message(format, arguments, error);
	va_end(arguments);
}
