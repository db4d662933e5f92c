/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and units as reports spell them, in any locale. */
#ifndef WARPIPE_YAMLGEN_QUANTITY_H
#define WARPIPE_YAMLGEN_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>

/* "1,231,822", "12.0", " 12", "1.234,56", "1 234,5", "1'234"; "-" and nothing are 0. A comma
 * that may be either, as in "1,234", is a thousands separator unless `decimal_comma`; the point
 * in "1.234" is a decimal one unless `decimal_comma`. False when it is no number. */
bool quantity_number(const char *text, size_t length, bool decimal_comma, double *number);

/* Whether the spelling shows that commas are decimal ones: "51,5" or "1.234,56". */
bool quantity_shows_decimal_comma(const char *text, size_t length);

/* Nanoseconds in one unit of time ("ns", "usecond", "ms", ..); 0 when it is none. */
double quantity_time_unit(const char *text, size_t length);

/* A time with or without a unit of its own: "12.5us", "1.2 ms"; without one in `unit_ns`. */
bool quantity_time(const char *text, size_t length, bool decimal_comma, double unit_ns,
    double *ns);

#endif
