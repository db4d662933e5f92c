/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on stderr and the three exit statuses every program keeps to. */
#ifndef WARPIPE_ERROR_H
#define WARPIPE_ERROR_H

#define PRINTF_LIKE(at, first) __attribute__((__format__(__printf__, at, first)))

enum status {
	STATUS_DONE = 0,     /* done */
	STATUS_FINDINGS = 1, /* done with findings: the output is complete */
	STATUS_FAILED = 2,   /* failed: discard the output */
};

/* Name put before every message; `name` is kept, not copied. */
void error_set_program(const char *name);

/* Print "program: message" and exit with STATUS_FAILED. A format that ends in ':'
 * gets strerror(errno) appended. */
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

/* The same message without the exit. */
void warn(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
