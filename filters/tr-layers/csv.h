/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of comma-separated values (RFC 4180). */
#ifndef TR_LAYERS_CSV_H
#define TR_LAYERS_CSV_H

#include <stdint.h>

#include "base/output.h"
#include "limits.h"

/* Quoted where it must be. What a spreadsheet would take for a formula gets an apostrophe. */
void csv_text(struct output *out, const char *text);

/* A comma, then the nanoseconds as microseconds. */
void csv_ns(struct output *out, int64_t ns);

/* A comma, then the number. */
void csv_integer(struct output *out, int64_t number);

/* A comma before each: time with a share, its limit, what is to be won. Empty without any. */
#define CSV_LIMIT_COLUMNS ",limited_us,limit_us,win_us"
void csv_limit(struct output *out, const struct limit_sum *sum);

#endif
