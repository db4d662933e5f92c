/* SPDX-License-Identifier: Apache-2.0 */
/* How figures are written for people and for programs. */
#ifndef WARPIPE_NUMBER_H
#define WARPIPE_NUMBER_H

#include <stdint.h>

/* Microseconds as JSON and CSV have them: rounded to nanoseconds, no zeros after. Valid
 * until the buffer is used again. */
struct number {
	char text[40];
};
const char *number_us(struct number *number, double us);

/* Whole nanoseconds as microseconds, exactly: 1500 is "1.5". */
const char *number_ns(struct number *number, int64_t ns);

/* "4.91 s", "12.3 ms", "871 us". */
const char *number_human(struct number *number, double us);

/* A part of a whole in percent with one digit: "12.3%"; never "0.0%" of what is there and
 * never "100.0%" of what is not all. */
const char *number_percent(struct number *number, double part, double whole);

#endif
